/** Why a node is not running, and what would unblock it: read off the world of a run's last frame. */
import { cellInWords, codeText } from "../../plan/render/words.ts";
import { nearest } from "../../plan/suggest.ts";
import type { Json, Plan, Role } from "../../plan/types.ts";
import { describeLeaf, walk } from "../frame.ts";
import { childQuestions } from "../interpreter/children.ts";
import { waitingOf } from "../interpreter/deliver.ts";
import { Instance, Slot } from "../interpreter/instance.ts";
import { Parallel } from "../interpreter/kinds.ts";
import { isUnderWay, Leaf } from "../interpreter/leaf.ts";
import { asked } from "../interpreter/people.ts";
import { type Failure, planOf, roleOf } from "../interpreter/recovery.ts";
import { childId } from "../interpreter/run-id.ts";
import { Stage } from "../interpreter/stage.ts";
import type { TaskEntry } from "../interpreter/states.ts";
import { closerOf, isClosing, mayBegin, Stepper } from "../interpreter/stepper.ts";
import { Try } from "../interpreter/try.ts";
import type { Unit } from "../interpreter/unit.ts";
import type { World } from "../interpreter/world.ts";
import { answerCommands, asksOf, fieldsOf, isQuestion, signalCommand } from "../requests/answers.ts";
import { isStageRecord, stageText } from "../stages.ts";
import { addressKey, showAddress } from "../store/rules.ts";
import type { Journal, RunRecord, TaskRecord } from "../store/store.ts";

export interface Reason {
  /** The node's address as people write it; of one that is not mounted its id, else its plan key. */
  readonly node: string;
  readonly state: string;
  /** What holds it, the nearest cause first. */
  readonly because: readonly string[];
  /** What a person could do; null where it moves by itself, or never will. */
  readonly next: string | null;
}

/** Nothing of that name in the plan or among what was mounted. */
export class UnknownNodeError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "UnknownNodeError";
  }
}

interface Known {
  readonly plan: Plan;
  readonly world: World;
  readonly journal: Journal;
  /** Child runs that no attempt holds, as they are now, by the key of their node's address. */
  readonly children?: ReadonlyMap<string, RunRecord>;
  /** Its name here, which an imported run may not know itself by. */
  readonly runId: string;
  /** Whether a process attends to the run. */
  readonly attended: boolean;
}

/** The run's reasons in document order; of one node only where it is named, by its id, its address or its plan key. */
export function reasonsOf(known: Known, wanted: string | undefined): readonly Reason[] {
  const leaves: Leaf[] = [];
  walk(known.world.root, (unit) => {
    if (unit instanceof Leaf && unit.mounted) leaves.push(unit);
  });
  if (wanted === undefined)
    return leaves.filter(({ settled }) => !settled).map((leaf) => ofLeaf(known, leaf));
  const meant = leaves.filter((leaf) => isNamed(leaf, wanted));
  if (meant.length > 0) return meant.map((leaf) => ofLeaf(known, leaf));
  const around = steppersNamed(known.world, wanted);
  if (around.length > 0) return around.map(ofContainer);
  const past = known.journal.tasks.filter(
    (task) =>
      task.kind !== "loop" &&
      !isStageRecord(task) &&
      (task.nodeId === wanted || task.node === wanted || showAddress(task) === wanted),
  );
  if (past.length > 0)
    return past.map((task) => ({
      node: showAddress(task),
      state: task.state,
      because: [...endOf(task), "it is not mounted any more"],
      next: null,
    }));
  return [ofOthers(known, wanted, leaves)];
}

/** What became of a task that is not mounted any more, where it did not end well. */
function endOf({ reason, state }: Pick<TaskRecord, "reason" | "state">): readonly string[] {
  if (state !== "failed" && state !== "cancelled") return [];
  const { code, message, caught } = fieldsOf(reason);
  const what = typeof message === "string" ? [`${String(code)}: ${message.split("\n")[0]}`] : [];
  return typeof caught === "string" ? [...what, `${caught} dealt with it`] : what;
}

function isNamed(leaf: Leaf, wanted: string): boolean {
  const { entry, plan } = leaf;
  return plan.key === wanted || entry?.address.nodeId === wanted || nameOf(leaf) === wanted;
}

const nameOf = ({ entry, plan }: Leaf): string => (entry ? showAddress(entry.address) : plan.key);

function ofLeaf(known: Known, leaf: Leaf): Reason {
  const node = nameOf(leaf);
  const { state, waitsFor } = describeLeaf(leaf);
  const run = known.runId;
  const because = [...causesOf(known, leaf, state, waitsFor), ...stageAround(leaf)];
  const waiting = leaf.entry?.state === "waiting" ? leaf.entry : null;
  const hasChanged = changeOf(known, leaf) !== null;
  const answer = waiting && !hasChanged ? answerTo(run, node, leaf, waiting) : null;
  const failed = known.world.failed ?? null;
  const ended = failed && !leaf.settled && state !== "running" && leaf.entry !== failed;
  return {
    node,
    state,
    because: ended
      ? [...because, `the run has failed: ${showAddress(failed.address)}; nothing new starts`]
      : because,
    next: answer ?? (failed || hasChanged || isLeft(known) ? `smithers resume ${run}` : null),
  };
}

/** The first command that answers what a node waits for; null where nobody is asked. */
function answerTo(run: string, node: string, { kind }: Leaf, asked: TaskEntry): string | null {
  if (kind === "wait") return signalCommand(run, waitingOf(asked));
  const [question] = childQuestions(asked);
  if (question)
    return (
      answerCommands(childId(run, question.child), showAddress(question), question.asks)[0]?.command ?? null
    );
  if (!isQuestion(asked)) return null;
  return answerCommands(run, node, asksOf(asked.reason))[0]?.command ?? null;
}

/** Nothing goes on before somebody takes the run up again. */
function isLeft({ journal, world, attended }: Known): boolean {
  const status = journal.run?.status;
  // One that was cancelled and has done what it does in every outcome can't go on.
  if (world.cancelled !== null && world.root.unwinding === 0) return false;
  return !attended && (status === "running" || status === "paused" || status === "cancelled");
}

/** Why a part of a try or a saga is not mounted. */
function partOf(world: World, role: Role, key: string): string {
  const entry = [...world.states.entries.values()].find(
    (one) => one.node === key && (one.kind === "try" || one.kind === "saga"),
  );
  const { phase, failure, error } = (entry?.reason ?? {}) as { readonly [part: string]: Json };
  const cause = (failure ?? error) as Failure | undefined;
  const failed = cause ? `${cause.nodeId} failed: ${cause.code}: ${cause.message.split("\n")[0]}` : null;
  const where = entry ? showAddress(entry.address) : key;
  switch (role) {
    case "catch":
    case "compensation":
      if (failed === null) return `it is the ${role} of ${where}, which is mounted after a failure only`;
      return role === "catch"
        ? `it is the catch of ${where}, which was not for this (${failed})`
        : `its action in ${where} has done nothing that is to be undone (${failed})`;
    case "try":
    case "action":
      return failed === null
        ? `${where} is ${String(phase ?? "not begun")}`
        : `${where} went on without it: ${failed}`;
    case "finally":
      return `${where} has not begun`;
    default:
      return role satisfies never;
  }
}

function causesOf(known: Known, leaf: Leaf, state: string, waitsFor: string | null): readonly string[] {
  const { entry } = leaf;
  switch (state) {
    case "running": {
      if (!known.attended) return ["it was under way when the run's process ended"];
      const attempt = known.journal.attempts.findLast(
        (one) => entry && showAddress(one) === showAddress(entry.address),
      );
      return attempt
        ? [`attempt ${attempt.attempt} has been under way since ${new Date(attempt.startedAt).toISOString()}`]
        : [];
    }
    case "ready":
      return [known.attended ? fullAround(leaf) : `it is ready; ${heldIn(known)}`];
    case "waiting":
      return waitsFor === null
        ? toolAsked(entry)
        : leaf.kind === "subflow"
          ? [changeOf(known, leaf) ?? waitsFor]
          : [`it waits for ${cellInWords(waitsFor)}`, ...producers(known, waitsFor)];
    case "blocked":
    case "failed":
      return waitsFor === null ? [] : [waitsFor];
    case "skipped":
      return entry?.state === "skipped"
        ? ["its skipIf holds, or it was denied"]
        : ["its loop closed before its turn came"];
    case "pending":
      if (!isClosing(leaf) && !mayBegin(leaf))
        return [`${known.world.cancelled}: nothing starts but what is done in every outcome`];
      return isClosing(leaf) ? [closingOf(leaf)] : turnOf(leaf);
    default:
      return [];
  }
}

/** What became of a child run since it was left; null where it is as it was, and of other nodes. */
function changeOf({ children }: Known, { entry }: Leaf): string | null {
  const child = entry && children?.get(addressKey(entry.address));
  if (!child || child.status === "waiting") return null;
  const { runId, status, reason } = child;
  if (status === "running") return `run ${runId} goes on by itself`;
  return `run ${runId} is ${status} by now${reason === null ? "" : `: ${reason}`}`;
}

/** Why nothing has come of what may start. */
function heldIn({ journal: { run } }: Known): string {
  if (!run || run.status === "running") return "the run's process ended";
  return `the run is ${run.status}${run.reason === null ? "" : `: ${run.reason}`}`;
}

/** The call of a tool that people are asked about, with what it was given. */
function toolAsked(entry: TaskEntry | null): readonly string[] {
  if (!entry || !isQuestion(entry) || asked(entry).asks !== "tool") return [];
  const { title, summary } = asked(entry);
  return [`${title} ${summary}`];
}

/** Why nothing more starts where a node is. */
function closingOf(leaf: Leaf): string {
  const closer = closerOf(leaf);
  if (closer?.kind === "loop") return "its loop is closing: nothing more starts in it";
  if (closer) return `${closer.nodeId} around it is closing: nothing more starts in it`;
  const { ended } = leaf.world;
  return ended ? `${showAddress(ended.address)} ended the run` : "nothing more starts around it";
}

/** The nearest phase or step around a node that is under way: `in phase Implement (2 of 3)`. */
function stageAround({ parent }: Leaf): readonly string[] {
  for (let unit = parent; unit; unit = unit.parent)
    if (unit instanceof Stage && unit.entry?.state === "running")
      return [`in ${stageText(unit.kind, fieldsOf(unit.entry.reason))}`];
  return [];
}

/** What has to settle before the turn of a unit comes: the nearest sequence in which something before it has not. */
function turnOf(unit: Unit): readonly string[] {
  const found: string[] = [];
  for (let at: Unit = unit; at.parent; at = at.parent) {
    const { parent } = at;
    if (parent instanceof Try) found.push(...partsBefore(parent, at));
    if (parent.mode !== "sequence") continue;
    const before = parent.children.find((child) => child.index < at.index && !child.settled);
    if (before) found.push(`its turn comes after ${openIn(before)}`);
  }
  return found;
}

/** Which part of a try has to end before this one begins. */
function partsBefore({ nodeId, progress: { phase } }: Try, part: Unit): readonly string[] {
  const role = roleOf(planOf(part));
  return role === phase || phase === "closed" ? [] : [`its turn comes after the ${phase} of ${nodeId}`];
}

/** What of a unit is still open, in a few words. */
function openIn(unit: Unit): string {
  const open: string[] = [];
  walk(unit, (at) => {
    if (at instanceof Leaf && at.mounted && !at.settled)
      open.push(`${nameOf(at)} (${describeLeaf(at).state})`);
    else if (at.hold)
      open.push(
        `${at.hold.where}, which ${at.hold.kind === "pending" ? `waits for ${cellInWords(at.hold.cell)}` : "is in error"}`,
      );
  });
  if (open.length === 0) return unit instanceof Instance ? unit.plan.key : "what stands before it";
  const more = open.length - 2;
  return more > 0 ? `${open.slice(0, 2).join(", ")} and ${more} more` : open.join(", ");
}

function fullAround(leaf: Leaf): string {
  for (let unit: Unit | null = leaf.parent; unit; unit = unit.parent)
    if (unit instanceof Parallel && unit.running >= unit.lanes.limit())
      return `it is ready; ${unit.plan.key} runs ${unit.running} of at most ${unit.lanes.limit()} at once`;
  const { budgets, states } = leaf.world;
  const runs = (key: string): boolean => states.entries.get(key)?.state === "running";
  const budget = leaf.kind === "agent" ? budgets.fullAround(leaf, runs) : null;
  if (budget !== null)
    return `it is ready; calls under way may use up what is left of the budget of ${budget}`;
  return "it is ready; as many attempts are under way as the run may have at once";
}

/** The nodes behind a cell that is waited for, and how they stand. */
function producers({ world, plan }: Known, cell: string): readonly string[] {
  const [, outputs, nodeId] = /^(outputs\.[^@]*@|node )(.+)$/s.exec(cell) ?? [];
  if (nodeId === undefined) return [];
  // A loop gives no row, but its end can be waited for.
  const entries = [...world.states.entries.values()].filter(
    ({ address, kind }) => address.nodeId === nodeId && (kind !== "loop" || outputs === "node "),
  );
  if (entries.length === 0) {
    const open = [...world.containers.called(nodeId)].filter((unit) => !unit.settled || !unit.hasTurn);
    if (open.length > 0)
      return open.flatMap((unit) =>
        unit.hasTurn
          ? [`open in ${nodeId}: ${openIn(unit)}`]
          : turnOf(unit).map((why) => `${nodeId}: ${why}`),
      );
    const is = Object.entries(plan.nodes).some(([key, node]) => key === nodeId || node.id === nodeId);
    return [is ? `${nodeId} is not mounted now` : `no node with the id ${nodeId} has been mounted so far`];
  }
  return entries.map(
    (entry) => `${showAddress(entry.address)} is ${isUnderWay(entry) ? "under way" : entry.state}`,
  );
}

/** A container, a loop, or a node that is not mounted. */
function ofOthers(known: Known, wanted: string, leaves: readonly Leaf[]): Reason {
  const { plan, world } = known;
  const found = Object.entries(plan.nodes).find(([key, { id }]) => key === wanted || id === wanted);
  if (!found) {
    const names = [...Object.keys(plan.nodes), ...leaves.map(nameOf)];
    const near = nearest(wanted, names);
    throw new UnknownNodeError(
      `the plan has no node ${wanted}${near === null ? "" : `: did you mean ${near}?`}`,
    );
  }
  const [key] = found;
  let unit: Unit | null = null;
  walk(world.root, (at) => {
    if (at instanceof Instance && at.mounted && at.plan.key === key) unit ??= at;
  });
  const mounted = unit as Instance | null;
  if (mounted) return { ...ofContainer(mounted), node: wanted };
  return { node: wanted, state: "not mounted", because: [whyUnmounted(known, key)], next: null };
}

/** Loops, tries, sagas, phases and what else has a course of its own, as far as they are mounted. */
function steppersNamed({ root }: World, wanted: string): readonly Stepper[] {
  const found: Stepper[] = [];
  walk(root, (unit) => {
    if (!(unit instanceof Stepper) || !unit.mounted || !unit.entry) return;
    const { address } = unit.entry;
    if ([unit.plan.key, address.nodeId, showAddress(address)].includes(wanted)) found.push(unit);
  });
  return found;
}

/** Something that holds others. */
function ofContainer(unit: Instance): Reason {
  const { entry = null } = unit instanceof Stepper ? unit : {};
  const node = entry ? showAddress(entry.address) : unit.plan.key;
  const open = unit.settled ? [] : unit.active ? [`open in it: ${openIn(unit)}`] : turnOf(unit);
  if (unit instanceof Stage && entry) {
    const named = entry.reason === null ? [] : [stageText(unit.kind, fieldsOf(entry.reason))];
    return { node, state: entry.state, because: [...named, ...open], next: null };
  }
  const ended = entry?.state === "failed" || entry?.state === "cancelled" ? entry.state : "settled";
  const state = unit.settled ? ended : unit.active ? "open" : "pending";
  const because = entry && unit.settled ? endOf(entry) : open;
  return { node, state, because, next: null };
}

/** The outermost node around one, itself included, that is not mounted, with its condition. */
function whyUnmounted({ plan, world }: Known, key: string): string {
  const chain: string[] = [];
  for (let at: string | undefined = key; at !== undefined; at = plan.nodes[at]?.parent) chain.unshift(at);
  const mounted = new Set<string>();
  const held = new Map<string, string>();
  walk(world.root, (unit) => {
    if (unit instanceof Instance && unit.mounted) mounted.add(unit.plan.key);
    if (unit instanceof Slot && unit.hold)
      held.set(
        unit.plan.key,
        unit.hold.kind === "pending"
          ? `it waits for ${cellInWords(unit.hold.cell)}`
          : unit.hold.error.message,
      );
  });
  const first = chain.find((at) => !mounted.has(at)) ?? key;
  const node = plan.nodes[first];
  const subject = first === key ? "its" : `${first} around it is not mounted: the`;
  const hold = held.get(first);
  const because = hold === undefined ? "" : ` (${hold})`;
  if (node?.each) return `${subject} list ${codeText(node.each.of)} has no item for it${because}`;
  if (node?.if !== undefined) return `${subject} condition does not hold: ${codeText(node.if)}${because}`;
  if (node?.else !== undefined)
    return `${subject} condition holds, and it is mounted otherwise: ${codeText(node.else)}${because}`;
  const parent = node?.parent;
  if (parent !== undefined && plan.nodes[parent]?.kind === "loop")
    return `the loop ${parent} has not begun an iteration with it`;
  if (node?.kind === "sequence" && node.role !== undefined && parent !== undefined)
    return partOf(world, node.role, parent);
  return `${first} is not mounted now`;
}
