/** What a run does right now, as a tree: the plan's, with what its events tell of each node. Holds facts; draws nothing. */
import { printable } from "../../../plan/index.ts";
import { childrenOf, nodeName } from "../../../plan/tree.ts";
import type { Node, Plan } from "../../../plan/types.ts";
import { fitsWildcard } from "../../../plan/wildcard.ts";
import type { EventRecord } from "../../../runtime/index.ts";
import { stageText } from "../../../runtime/stages.ts";
import { addUsd } from "../../../runtime/usage/money.ts";
import { addressOf } from "../address.ts";
import { wantedOf } from "../progress.ts";

export type LiveState = "pending" | "running" | "waiting" | "finished" | "failed" | "skipped" | "cancelled";

/** A node at an address, as far as events told of it. */
export interface LiveTask {
  readonly name: string;
  state: LiveState;
  /** Unix time, milliseconds, at which the attempt under way started; null when none is. */
  since: number | null;
  /** Of all attempts that have ended, milliseconds. */
  tookMs: number;
  attempts: number;
  tokens: number;
  /** US dollars, as far as they are known. */
  costUsd: number;
  /** Why it waits, or failed. */
  note: string;
}

export interface LiveNode {
  /** A container's kind and id, or the name of a leaf that nothing is known of yet. */
  readonly label: string;
  readonly leaf: boolean;
  /** Of a leaf: the last iteration at each of its ids, in the order in which they began. */
  readonly tasks: Map<string, LiveTask>;
  readonly children: readonly LiveNode[];
  /** What a phase or a step told of itself last; null for others, and before it began. */
  stage: { readonly text: string; readonly state: LiveState } | null;
}

/** How a phase or a step stands after what it told. */
const STAGES: Readonly<Record<string, LiveState>> = {
  started: "running",
  finished: "finished",
  skipped: "skipped",
  cancelled: "cancelled",
};

const LEAVES: ReadonlySet<Node["kind"]> = new Set([
  "task",
  "approval",
  "timer",
  "wait",
  "human",
  "subflow",
  "continue-as-new",
  "stop",
  "end",
]);

export class LiveTree {
  readonly root: LiveNode;
  readonly #byKey = new Map<string, LiveNode>();
  /** Leaves by the pattern of their id. */
  readonly #patterns: { readonly pattern: string; readonly node: LiveNode }[] = [];
  readonly #byAddress = new Map<string, LiveTask>();

  constructor(plan: Plan) {
    const children = childrenOf(plan.nodes);
    const build = (key: string): LiveNode[] => {
      const node = plan.nodes[key] as Node;
      const below = (children.get(key) ?? []).flatMap(build);
      // What has no name and no kind of its own for people: what it holds stands in its place.
      if (node.kind === "group" || node.kind === "block") return below;
      const name = nodeName(key, node);
      const leaf = LEAVES.has(node.kind);
      const id = typeof node.id === "string" ? `  ${node.id}` : "";
      const called = "name" in node && typeof node.name === "string" ? node.name : null;
      const isStage = node.kind === "phase" || node.kind === "step";
      const live = {
        label: printable(leaf ? name : isStage ? `${node.kind} ${called ?? name}` : `${node.kind}${id}`),
        leaf,
        tasks: new Map(),
        children: below,
        stage: null,
      };
      this.#byKey.set(key, live);
      if (leaf) this.#patterns.push({ pattern: name.replaceAll("{}", "*"), node: live });
      return [live];
    };
    const [root, ...others] = build(plan.root);
    this.root =
      root && others.length === 0
        ? root
        : {
            label: "",
            leaf: false,
            tasks: new Map(),
            children: [root, ...others].filter((one) => one !== undefined),
            stage: null,
          };
  }

  event(event: EventRecord): void {
    const { type, at, data } = event;
    if (type === "run.continued") {
      if (data.reason === "explicit") this.#beginAnew();
      return;
    }
    if (typeof data.nodeId !== "string") return;
    const [kind, what] = type.split(".");
    if (kind === "phase" || kind === "step") {
      const node = typeof data.node === "string" ? this.#byKey.get(data.node) : undefined;
      const state = STAGES[what ?? ""];
      if (node && state)
        node.stage = {
          text: data.name === undefined ? node.label : printable(stageText(kind, data)),
          state,
        };
      return;
    }
    const task = this.#task(data);
    if (!task) return;
    if (type === "task.started") {
      task.state = "running";
      task.since = at;
      task.note = "";
      task.attempts = typeof data.attempt === "number" ? data.attempt : task.attempts + 1;
    } else if (type === "agent.usage") {
      task.tokens += tokensOf(data);
      if (typeof data.costUsd === "number") task.costUsd = addUsd(task.costUsd, data.costUsd);
    }
    const told = toldBy(event);
    if (!told) return;
    if (task.since !== null) task.tookMs += Math.max(0, at - task.since);
    task.since = null;
    task.state = told.state;
    task.note = told.note;
  }

  /** Another run takes the place of this one, in which nothing is done yet. */
  #beginAnew(): void {
    this.#byAddress.clear();
    for (const { node } of this.#patterns) node.tasks.clear();
  }

  #task(data: EventRecord["data"]): LiveTask | null {
    const address = addressOf(data);
    const known = this.#byAddress.get(address);
    if (known) return known;
    const id = String(data.nodeId);
    const node =
      (typeof data.node === "string" ? this.#byKey.get(data.node) : undefined) ??
      this.#patterns.find(({ pattern }) => fitsWildcard(pattern, id))?.node;
    if (!node) return null;
    const task: LiveTask = {
      name: printable(address),
      state: "pending",
      since: null,
      tookMs: 0,
      attempts: 0,
      tokens: 0,
      costUsd: 0,
      note: "",
    };
    this.#byAddress.set(address, task);
    node.tasks.set(id, task);
    return task;
  }
}

function tokensOf(data: EventRecord["data"]): number {
  return ["inputTokens", "outputTokens", "cacheReadTokens", "cacheWriteTokens"].reduce(
    (sum, key) => sum + (typeof data[key] === "number" ? data[key] : 0),
    0,
  );
}

/** What an event says of a node that does not run any more, or has never run; null where it says nothing of that. */
function toldBy({ type, data }: EventRecord): { readonly state: LiveState; readonly note: string } | null {
  const text = (key: string): string => (typeof data[key] === "string" ? printable(data[key]) : "");
  switch (type) {
    case "task.finished":
    case "signal.delivered":
    case "timer.fired":
    case "end.reached":
      return { state: "finished", note: "" };
    case "task.failed":
      return { state: "failed", note: errorText(text("code"), text("message")) };
    case "task.retrying":
      return { state: "waiting", note: `again after ${errorText(text("code"), text("message"))}` };
    case "task.skipped":
      return { state: "skipped", note: "" };
    case "task.interrupted":
    case "task.cancelled":
      return { state: "cancelled", note: "" };
    case "task.left":
      return { state: "waiting", note: text("message") };
    case "approval.requested":
    case "human.asked":
      return { state: "waiting", note: `for ${printable(wantedOf(data))}: ${text("title")}` };
    case "human.accepted":
      return { state: "finished", note: `answered by ${text("by")}` };
    case "approval.decided":
      return data.approved === true
        ? { state: "finished", note: `approved by ${text("decidedBy")}` }
        : { state: "failed", note: `denied by ${text("decidedBy")}` };
    case "signal.awaited":
      return { state: "waiting", note: `for the signal ${text("event")}` };
    case "stop.reached":
      return { state: "waiting", note: `pauses the run: ${text("reason")}` };
    case "timer.set":
      return { state: "waiting", note: `until ${text("until")}` };
    default:
      return null;
  }
}

/** The first line of an error. */
function errorText(code: string, message: string): string {
  return [code, message.split("\n")[0] ?? ""].filter((part) => part !== "").join(": ");
}
