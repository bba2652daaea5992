/** A world as the journal left it: rows, states, attempts. The frame itself is evaluated anew; no memo is persisted. */

import type { Json } from "../../plan/types.ts";
import type { TaskRequest } from "../executors/executor.ts";
import { isQuestion } from "../requests/answers.ts";
import { addressKey } from "../store/rules.ts";
import type { AttemptRecord, Journal, TaskRecord, Write } from "../store/store.ts";
import { triedAgain } from "./again.ts";
import { WAITING_KINDS } from "./leaf.ts";
import { progressOf } from "./loop.ts";
import { askedOf, isOnce } from "./once.ts";
import { CANCELLED, type Failure } from "./recovery.ts";
import type { TaskEntry } from "./states.ts";
import { isStepperKind } from "./stepper.ts";
import type { World } from "./world.ts";

/** What a resume has to do before the first frame. */
export interface Restored {
  /** Attempts that ran when their owner died. Their processes must be ended before anything is retried. */
  readonly lost: readonly AttemptRecord[];
  /** That they are lost, for the first commit. */
  readonly writes: readonly Write[];
  /** Entries with a retry to come, at `nextAt`. */
  readonly retries: readonly TaskEntry[];
}

/** Fills a world that is not begun yet. */
export function restore(world: World, journal: Journal, now: number): Restored {
  world.state.state.put(new Map(Object.entries(journal.state)));
  for (const row of journal.outputs) world.rows.add(row.table, row, row.value);
  const attempts = new Map<string, AttemptRecord[]>();
  for (const attempt of journal.attempts) {
    const key = addressKey(attempt);
    const known = attempts.get(key);
    if (known) known.push(attempt);
    else attempts.set(key, [attempt]);
  }
  const lost: AttemptRecord[] = [];
  const changed: TaskEntry[] = [];
  const retries: TaskEntry[] = [];
  const again = triedAgain(journal.tasks, world.index);
  for (const record of journal.tasks) {
    for (const { usage, startedAt, endedAt } of attempts.get(addressKey(record)) ?? [])
      world.budgets.spend(record.node, usage, (endedAt ?? startedAt) - startedAt);
    if (record.state === "unmounted") continue;
    const entry = entryOf(world, record, again);
    const chain = (attempts.get(entry.key) ?? []).sort((a, b) => a.attempt - b.attempt);
    count(entry, chain);
    const last = chain.at(-1);
    if (record.state === "running" && !isStepperKind(record.kind)) {
      const running = chain.filter(({ state }) => state === "running");
      lost.push(...running);
      entry.base += running.length;
      const message = "its process ended before it did";
      const once = isOnce(world.index, record.node);
      const reason = once ? (askedOf(message) as unknown as Json) : { code: "LOST", message };
      world.setState(entry, "waiting", reason, false, once ? null : now);
    } else if (
      record.state === "waiting" &&
      (WAITING_KINDS.has(record.kind) || record.kind === "stop" || isQuestion(record))
    ) {
      world.setState(entry, "waiting", record.reason, false);
    } else if (record.state === "waiting") {
      world.setState(entry, "waiting", record.reason, false, last ? nextTry(last, now) : now);
    }
    if (entry.nextAt !== null) {
      if (entry.request) retries.push(entry);
      else world.setState(entry, "pending", null, false);
    }
    // What began and is not mounted any more ends with the first frame.
    const isStage = record.kind === "phase" || record.kind === "step";
    if (entry.stored?.state !== entry.state || (isStage && entry.state === "running")) changed.push(entry);
  }
  knowLoops(world, journal.tasks);
  for (const decision of journal.decisions) if (decision.approved) world.agreed.add(addressKey(decision));
  // What is as the journal has it is no change of the first frame.
  world.states.touched.clear();
  for (const entry of changed) world.states.touch(entry);
  const writes = lost.map((attempt): Write => ({ type: "attempt", ...attempt, state: "lost", endedAt: now }));
  return { lost, writes, retries };
}

/** When it was to be tried again; where the clock was put back since, no later than after the whole pause. */
function nextTry({ nextAt, endedAt }: AttemptRecord, now: number): number {
  if (nextAt === null) return now;
  return Math.min(nextAt, now + Math.max(0, nextAt - (endedAt ?? nextAt)));
}

function entryOf(world: World, record: TaskRecord, again: ReturnType<typeof triedAgain>): TaskEntry {
  const { nodeId, scope, iteration } = record;
  const entry = world.states.at({ nodeId, scope, iteration }, record.node, record.kind);
  entry.table = record.table;
  entry.stored = { mounted: true, state: record.state, reason: JSON.stringify(record.reason) };
  const { code, continued, failure } = (record.reason ?? {}) as {
    readonly code?: string;
    readonly continued?: boolean;
    readonly failure?: Failure;
  };
  // Its end has begun: nothing but that goes on.
  if (failure?.outside && failure.code === CANCELLED) world.cancelled ??= failure.message;
  const afresh = again.get(record);
  if (afresh !== undefined) {
    const progress = record.kind === "loop" ? progressJson(record) : (afresh as unknown as Json);
    if (progress !== null) world.setState(entry, "running", progress, false);
    return entry;
  }
  switch (record.state) {
    case "finished":
    case "skipped":
    case "cancelled": {
      // A run that is taken up again has not gone on as a new one yet: that is decided once more.
      if (record.kind === "continue-as-new") break;
      // A phase or a step that was not gone through with begins again where its turn comes again.
      const isStage = record.kind === "phase" || record.kind === "step";
      world.setState(entry, record.state, record.reason, !isStage || record.state !== "cancelled");
      break;
    }
    case "failed":
      // What failed for good is tried again.
      if (continued) world.setState(entry, "failed", record.reason, true);
      else if (code === "DENIED" || isDoneWith(record.kind)) {
        // What a person denied stays denied; what is done in every outcome has been done.
        world.setState(entry, "failed", record.reason, false);
        world.failed ??= entry;
      } else if (record.kind === "loop") world.setState(entry, "running", progressJson(record), false);
      break;
    case "running":
      if (isStepperKind(record.kind)) world.setState(entry, "running", record.reason, false);
      break;
    case "pending":
    case "waiting":
    case "unmounted":
      break;
    default:
      record.state satisfies never;
  }
  return entry;
}

/** What has done what it does in every outcome, and what failed with such inside. */
const isDoneWith = (kind: TaskRecord["kind"]): boolean =>
  kind === "try" || kind === "saga" || kind === "parallel";

function progressJson(record: TaskRecord): { readonly phase: string; readonly iteration: number } {
  return { ...progressOf({ reason: record.reason } as TaskEntry) };
}

/** Attempts made, and which of them do not count against the retries of the present chain. */
function count(entry: TaskEntry, chain: readonly AttemptRecord[]): void {
  for (const { attempt, state, nextAt } of chain) {
    entry.attempts = attempt;
    if (state === "finished") entry.rounds++;
    if (state === "finished" || (state === "failed" && nextAt === null)) entry.base = attempt;
    else if (state === "lost" || state === "cancelled" || state === "suspended") entry.base++;
  }
  const last = chain.at(-1);
  entry.request = last && last.attempt > entry.base - 1 ? (last.request as unknown as TaskRequest) : null;
}

/** Which loops are around nodes that may not be mounted any more. */
function knowLoops(world: World, tasks: readonly TaskRecord[]): void {
  const ids = new Map<string, Set<string>>();
  for (const { kind, node, nodeId } of tasks)
    if (kind === "loop") ids.set(node, (ids.get(node) ?? new Set()).add(nodeId));
  for (const { node, nodeId } of tasks) {
    const loops = world.index.nodes.get(node)?.loops ?? [];
    const names = loops.map((loop) => [...(ids.get(loop) ?? [])]);
    if (names.every((of) => of.length === 1)) world.knowLoops(nodeId, names.flat());
  }
}
