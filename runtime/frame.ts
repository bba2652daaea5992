/** A frame as people and tests see it: what is mounted, each task's state, prompt and policies, what holds a place. */
import type { Json, LoopNode, NodeKind, ParallelNode, StageNode } from "../plan/types.ts";
import { Instance } from "./interpreter/instance.ts";
import { isLaned } from "./interpreter/lanes.ts";
import { Leaf } from "./interpreter/leaf.ts";
import { Loop } from "./interpreter/loop.ts";
import {
  agentsOf,
  childInput,
  dependenciesOf,
  depsAsked,
  numberOf,
  payloadOf,
  promptText,
  tableFor,
} from "./interpreter/request.ts";
import type { Stage } from "./interpreter/stage.ts";
import type { TaskEntry } from "./interpreter/states.ts";
import { isClosing, type LeafKind } from "./interpreter/stepper.ts";
import type { Hold, Unit } from "./interpreter/unit.ts";
import type { World } from "./interpreter/world.ts";
import type { Address } from "./store/store.ts";
import type { Cell } from "./values/cell.ts";
import { toJson } from "./values/json.ts";
import { addressAt } from "./values/place.ts";

export interface PreviewTask {
  readonly nodeId: string;
  /** Enclosing loops but the innermost, as `outer=0`; "" outside nested loops. */
  readonly scope: string;
  readonly iteration: number;
  /** Key of the plan node. */
  readonly node: string;
  readonly kind: LeafKind;
  /** `pending`: its turn has not come; `waiting`: it has, but something is missing (`waitsFor`); `blocked`: in error. */
  readonly state:
    | "pending"
    | "ready"
    | "running"
    | "waiting"
    | "blocked"
    | "finished"
    | "failed"
    | "skipped"
    | "cancelled";
  /** The cell a waiting task waits for, or why a blocked or failed one is; null otherwise. */
  readonly waitsFor: string | null;
  readonly output: string | null;
  readonly prompt: string | null;
  readonly payload: Json;
  /** What a person is asked; null for other kinds. */
  readonly request: { readonly title: string; readonly summary: string } | null;
  /** Name of the agent, as in the plan's `agents`; a list where others stand in for it, in that order; null without. */
  readonly agent: string | readonly string[] | null;
  /** Ids that `dependsOn` names. */
  readonly dependsOn: readonly string[];
  /** Rows that `deps` asks for: local name → table and node id. */
  readonly deps: { readonly [name: string]: { readonly table: string; readonly nodeId: string } };
  /** False where none is given; null where it has no value yet. */
  readonly skipIf: boolean | null;
  readonly retries: number;
  readonly timeoutMs: number | null;
  /** Id of the innermost loop. */
  readonly loop: string | null;
  /** Id, else plan key, of the nearest Parallel around it. */
  readonly parallel: string | null;
  readonly label: string | null;
  readonly meta: Json;
  readonly continueOnFail: boolean;
  readonly heartbeatTimeoutMs: number | null;
  readonly retryPolicy: Json;
  /** Corrections of an answer that fails its schema; null for other kinds. */
  readonly maxSchemaRetries: number | null;
  /** Only of approvals: what a denial does. */
  readonly onDeny: "fail" | "continue" | "skip" | null;
  readonly onUnmount: "finish" | "cancel";
  /** Fields above that have no value here: field → what they wait for, or the error. */
  readonly missing: { readonly [field: string]: string };
}

export interface PreviewFrame {
  /** Mounted tasks in document order. */
  readonly tasks: readonly PreviewTask[];
  /** Conditions, `each` sources, loops that wait or are in error. */
  readonly held: readonly { readonly where: string; readonly waitsFor: string; readonly error: boolean }[];
  /** What would fail the run: a guard, two nodes at one address; null when nothing does. */
  readonly fatal: { readonly code: string; readonly message: string; readonly node: string } | null;
  readonly finished: boolean;
  /** What `ctx.state` holds; left out while it holds nothing. */
  readonly state?: { readonly [key: string]: Json };
  /** What `ctx.vol` holds; left out while it holds nothing. */
  readonly vol?: { readonly [key: string]: Json };
  /** Rows that don't fit their tables, or of an address that has one already; they are taken as they are. */
  readonly warnings: readonly string[];
  /** The mounted tree: containers, loops and tasks; groups, conditions and eaches are what they mount. */
  readonly tree: readonly PreviewNode[];
}

export interface PreviewNode {
  readonly kind: Exclude<NodeKind, "group" | "block">;
  /** The author's id; of tasks and loops also the one made for them. */
  readonly id: string | null;
  /** Key of the plan node. */
  readonly node: string;
  /** Index in `tasks`; null for containers. */
  readonly task: number | null;
  readonly loop: PreviewLoop | null;
  /** Of a parallel; null without. */
  readonly maxConcurrency: number | null;
  /** Only of phases and steps. */
  readonly stage?: PreviewStage;
  readonly children: readonly PreviewNode[];
}

export interface PreviewStage {
  /** null where it has no value yet. */
  readonly name: string | null;
  readonly state: "pending" | "running" | "finished" | "skipped" | "cancelled";
}

export interface PreviewLoop {
  /** The one shown, from 0. */
  readonly iteration: number;
  /** `before`: its turn has not come; `closing`: nothing more starts in it. */
  readonly phase: "before" | "open" | "closing" | "closed";
  /** Whether `until` holds now; null where it has no value. */
  readonly until: boolean | null;
  readonly maxIterations: number | null;
  readonly onMaxReached: "return-last" | "fail";
}

/** Describes a world as it stands. */
export function frameOf(world: World, warnings: readonly string[] = []): PreviewFrame {
  const tasks: PreviewTask[] = [];
  const held: { where: string; waitsFor: string; error: boolean }[] = [];
  walk(world.root, (unit) => {
    if (unit.hold)
      held.push({ where: unit.hold.where, waitsFor: reasonOf(unit.hold), error: unit.hold.kind === "error" });
  });
  const tree = treeOf(world.root, tasks);
  const fatal = world.fatal ?? failureOf(world.failed);
  const { state, vol } = world.state;
  return {
    tasks,
    held,
    fatal,
    finished: world.finished || world.ended !== null,
    ...kept({ state: state.entries(), vol: vol.entries() }),
    warnings,
    tree,
  };
}

/** The stores that hold something. */
function kept(stores: Required<Pick<PreviewFrame, "state" | "vol">>): Pick<PreviewFrame, "state" | "vol"> {
  return Object.fromEntries(Object.entries(stores).filter(([, held]) => Object.keys(held).length > 0));
}

/** What a unit mounts; every task is described on the way. */
function treeOf(unit: Unit, tasks: PreviewTask[]): readonly PreviewNode[] {
  if (unit instanceof Leaf) {
    if (!unit.mounted) return [];
    const task = describeLeaf(unit);
    const at = tasks.push(task) - 1;
    return [{ ...BARE, kind: unit.node.kind, id: task.nodeId, node: unit.plan.key, task: at, children: [] }];
  }
  const children = unit.children.flatMap((child) => treeOf(child, tasks));
  if (!(unit instanceof Instance)) return children;
  if (!unit.mounted) return [];
  const { key, node } = unit.plan;
  switch (node.kind) {
    case "group":
    case "block":
      return children;
    case "loop": {
      const loop = unit instanceof Loop ? unit : null;
      return [
        {
          ...BARE,
          kind: node.kind,
          id: loop?.nodeId ?? null,
          node: key,
          loop: loop ? loopOf(loop, node) : null,
          children,
        },
      ];
    }
    case "workflow":
    case "sequence":
    case "parallel":
    case "branch":
    case "worktree":
    case "try":
    case "saga":
    case "aspects":
      return [
        {
          ...BARE,
          kind: node.kind,
          id: idOf(unit),
          node: key,
          maxConcurrency: node.kind === "parallel" ? concurrencyOf(unit, node) : null,
          children,
        },
      ];
    case "phase":
    case "step":
      return [
        {
          ...BARE,
          kind: node.kind,
          id: idOf(unit),
          node: key,
          stage: stageOf(unit as Stage, node),
          children,
        },
      ];
    case "effect":
      return [{ ...BARE, kind: node.kind, id: idOf(unit), node: key, children: [] }];
    case "task":
    case "approval":
    case "timer":
    case "wait":
    case "human":
    case "subflow":
    case "continue-as-new":
    case "stop":
    case "end":
      return [];
    default:
      return node satisfies never;
  }
}

const BARE = { task: null, loop: null, maxConcurrency: null } as const;

function concurrencyOf(unit: Instance, node: ParallelNode): number | null {
  const max = unit.ask((reader) => unit.scope.field(node.maxConcurrency, reader));
  return max.kind === "value" && typeof max.value === "number" ? max.value : null;
}

function stageOf(stage: Stage, node: StageNode): PreviewStage {
  const name = stage.ask((reader) => stage.scope.field(node.name, reader));
  const state = stage.entry?.state;
  return {
    name: name.kind === "value" ? String(name.value) : null,
    state:
      state === "running" || state === "finished" || state === "skipped" || state === "cancelled"
        ? state
        : "pending",
  };
}

function loopOf(loop: Loop, node: LoopNode): PreviewLoop {
  const { phase, iteration } = loop.progress;
  const max = loop.ask((reader) => loop.scope.field(node.maxIterations, reader));
  const until = node.until === undefined ? null : loop.holds();
  return {
    iteration: phase === "closed" ? Math.max(0, iteration - 1) : iteration,
    phase,
    until,
    maxIterations: max.kind === "value" && typeof max.value === "number" ? max.value : null,
    onMaxReached: node.onMaxReached ?? "return-last",
  };
}

function idOf(unit: Instance): string | null {
  const id = unit.ask((reader) => unit.scope.field(unit.plan.node.id, reader));
  return id.kind === "value" && id.value !== undefined && id.value !== null ? String(id.value) : null;
}

/** All mounted units in document order. */
export function walk(unit: Unit, visit: (unit: Unit) => void): void {
  visit(unit);
  for (const child of unit.children) walk(child, visit);
}

/** One task of a frame. */
export function describeLeaf(leaf: Leaf): PreviewTask {
  const { node, entry } = leaf;
  const missing: { [field: string]: string } = {};
  const get = <T>(field: string, fallback: T, question: (reader: Cell) => T): T => {
    const outcome = leaf.ask(question);
    if (outcome.kind === "value") return outcome.value as T;
    missing[field] = outcome.kind === "pending" ? outcome.cell : outcome.error.message;
    return fallback;
  };
  const address =
    entry?.address ?? get("nodeId", unnamed(leaf), (reader) => addressAt(leaf.id(reader), leaf.scope.place));
  const task = node.kind === "task" ? node : null;
  const asked = node.kind === "task" || node.kind === "human" ? node.prompt : undefined;
  const skip = node.skipIf;
  const timeout = get("timeoutMs", Number.NaN, (reader) => numberOf(leaf, "timeoutMs", Number.NaN, reader));
  return {
    ...address,
    node: leaf.plan.key,
    kind: leaf.kind,
    ...stateOf(leaf),
    output: get("output", null, (reader) => tableFor(leaf, reader)),
    prompt: asked === undefined ? null : get("prompt", null, (reader) => promptText(leaf, asked, reader)),
    payload:
      node.kind === "subflow"
        ? get<Json>("payload", null, (reader) => childInput(leaf, node, reader))
        : task?.payload === undefined
          ? null
          : get<Json>("payload", null, (reader) => payloadOf(leaf, task, reader)),
    request: leaf.kind === "approval" ? get("request", null, (reader) => requestOf(leaf, reader)) : null,
    agent:
      task?.agent === undefined
        ? null
        : get<string | readonly string[] | null>("agent", null, (reader) => {
            const names = agentsOf(leaf, task, reader);
            return names.length === 1 ? (names[0] as string) : names;
          }),
    dependsOn: get<readonly string[]>("dependsOn", [], (reader) => dependenciesOf(leaf, reader)),
    deps: get<PreviewTask["deps"]>("deps", {}, (reader) => Object.fromEntries(depsAsked(leaf, reader))),
    skipIf:
      skip === undefined
        ? false
        : get("skipIf", null, (reader) => Boolean(leaf.scope.evaluate(skip, reader))),
    retries: get("retries", 0, (reader) => numberOf(leaf, "retries", leaf.kind === "agent" ? 3 : 0, reader)),
    timeoutMs: Number.isNaN(timeout) ? null : timeout,
    loop: leaf.scope.place.loops.at(-1) ?? null,
    parallel: parallelOf(leaf),
    label: get<string | null>("label", null, (reader) => textField(leaf, node.label, reader)),
    meta: get<Json>("meta", null, (reader) => dataField(leaf, "meta", reader)),
    continueOnFail: get("continueOnFail", false, (reader) =>
      Boolean(leaf.scope.field(node.continueOnFail, reader)),
    ),
    heartbeatTimeoutMs: get<number | null>("heartbeatTimeoutMs", null, (reader) => {
      const value = numberOf(leaf, "heartbeatTimeoutMs", Number.NaN, reader);
      return Number.isNaN(value) ? null : value;
    }),
    retryPolicy: get<Json>("retryPolicy", null, (reader) => dataField(leaf, "retryPolicy", reader)),
    maxSchemaRetries:
      leaf.kind === "agent"
        ? get<number | null>("maxSchemaRetries", null, (reader) =>
            numberOf(leaf, "maxSchemaRetries", 3, reader),
          )
        : null,
    onDeny: node.kind === "approval" ? (node.onDeny ?? "fail") : null,
    onUnmount: node.onUnmount ?? "finish",
    missing,
  };
}

function textField(leaf: Leaf, field: unknown, reader: Cell): string | null {
  const value = leaf.scope.field(field, reader);
  return value === undefined || value === null || value === false ? null : String(value);
}

function dataField(leaf: Leaf, name: "meta" | "retryPolicy", reader: Cell): Json {
  const value = leaf.scope.field(leaf.node[name], reader);
  return value === undefined ? null : toJson(value, `${name} of ${leaf.plan.key}`);
}

function stateOf(leaf: Leaf): { readonly state: PreviewTask["state"]; readonly waitsFor: string | null } {
  const { entry } = leaf;
  if (leaf.hold)
    return { state: leaf.hold.kind === "pending" ? "waiting" : "blocked", waitsFor: reasonOf(leaf.hold) };
  switch (entry?.state) {
    case "finished":
    case "skipped":
    case "cancelled":
      return { state: entry.state, waitsFor: null };
    case "failed":
      return { state: "failed", waitsFor: messageOf(entry.reason) };
    case "running":
      return { state: "running", waitsFor: null };
    case "waiting":
      return { state: "waiting", waitsFor: entry.nextAt === null ? outsideOf(leaf) : retryOf(entry) };
    default:
  }
  if (leaf.ready) return { state: "ready", waitsFor: null };
  if (leaf.blocked) return { state: "waiting", waitsFor: reasonOf(leaf.blocked) };
  // A task of a loop that was closed before its turn came never starts.
  if (isClosing(leaf)) return { state: "skipped", waitsFor: null };
  return { state: "pending", waitsFor: null };
}

/** Of a task that is to be tried again. */
function retryOf({ nextAt, reason }: TaskEntry): string {
  return `its next attempt at ${new Date(nextAt ?? 0).toISOString()}, after: ${messageOf(reason)}`;
}

/** What in the world a node waits for whose turn has come; null for what is started here. */
function outsideOf(leaf: Leaf): string | null {
  const { node } = leaf;
  const text = (field: unknown): string => {
    const outcome = leaf.ask((reader) => leaf.scope.field(field, reader));
    if (outcome.kind !== "value") return "?";
    return outcome.value instanceof Date ? outcome.value.toISOString() : String(outcome.value);
  };
  switch (node.kind) {
    case "task":
      return null;
    case "approval":
      return "a decision";
    case "continue-as-new":
      return "a new run";
    case "stop":
      return "the run to be taken up again";
    case "end":
      return null;
    case "timer":
      if (node.every !== undefined) return `the next of every ${text(node.every)}`;
      return node.duration === undefined ? `the time ${text(node.at)}` : `${text(node.duration)} to pass`;
    case "wait":
      return `the event ${text(node.event)}`;
    case "human":
      return "a person's answer";
    case "subflow":
      return messageOf(leaf.entry?.reason ?? null) || "its run";
    default:
      return node satisfies never;
  }
}

function parallelOf(leaf: Leaf): string | null {
  for (let unit: Unit | null = leaf.parent; unit; unit = unit.parent) {
    if (isLaned(unit)) return idOf(unit) ?? unit.plan.key;
  }
  return null;
}

function requestOf(leaf: Leaf, reader: Cell): PreviewTask["request"] {
  if (leaf.node.kind !== "approval") return null;
  const { title, summary } = leaf.node;
  return {
    title: title === undefined ? "" : promptText(leaf, title, reader),
    summary: summary === undefined ? "" : promptText(leaf, summary, reader),
  };
}

function reasonOf(hold: Hold): string {
  return hold.kind === "pending" ? hold.cell : hold.error.message;
}

/** A task that failed for good ends the run. */
function failureOf(failed: TaskEntry | null): PreviewFrame["fatal"] {
  if (!failed) return null;
  const message = `${failed.address.nodeId} failed: ${messageOf(failed.reason)}`;
  return { code: "TASK_FAILED", message, node: failed.node };
}

function messageOf(reason: Json): string {
  const { message } = (reason ?? {}) as { readonly message?: Json };
  return typeof message === "string" ? message : "";
}

const unnamed = (leaf: Leaf): Address => addressAt(leaf.plan.key, leaf.scope.place);
