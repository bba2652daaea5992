/** Doing nodes of a run once more: the run is taken back to the state it is in now, without what they gave. */
import path from "node:path";
import { nearest } from "../../plan/suggest.ts";
import type { Plan } from "../../plan/types.ts";
import { type Carried, type CarriedData, type Origin, originOf } from "../carried.ts";
import { RefusedError } from "../engine.ts";
import { dropCached } from "../executors/index.ts";
import { isOnce } from "../interpreter/once.ts";
import { PlanIndex } from "../interpreter/plan-index.ts";
import { CANCELLED, type Failure } from "../interpreter/recovery.ts";
import { SIGNAL_REJECTED } from "../interpreter/signals.ts";
import { isStepperKind } from "../interpreter/stepper.ts";
import { recorded, UnknownNodeError, upTo } from "../replay/index.ts";
import { Diverged, Replayer } from "../replay/replay.ts";
import { cacheDirectory } from "../runs.ts";
import { addressKey, showAddress } from "../store/rules.ts";
import type { RunReader, TaskRecord } from "../store/store.ts";
import { before, isThere, readingStore, type StoreOf } from "./lineage.ts";
import { Readers } from "./readers.ts";
import { type Reset, RetryError, resetOf } from "./reset.ts";
import { type TakenBack, takingBack } from "./rewind.ts";
import { ended, type PastState, stateNow } from "./state.ts";

export interface RetryOptions {
  readonly root: string;
  /** Also what read a row that is taken back, and what read theirs. Default false. */
  readonly dependents?: boolean;
}

export interface Retried {
  readonly runId: string;
  /** Done once more, as people write addresses. */
  readonly again: readonly string[];
  /** Undone with them: later iterations, later parts of a try. They are done anew where the plan still has them. */
  readonly undone: readonly string[];
  /** Those of both with `sideEffect="once"`. */
  readonly repeats: readonly string[];
}

/**
 * Takes back what a node gave, so that whoever resumes the run does it once more (reset.ts says what else goes).
 * @param node its id, or its whole address where it was done more than once (`work@2`, `work@@outer=0@2`)
 * @throws UnknownRunError, UnknownNodeError; RetryError where the node has not ended or is none that is done;
 *   RefusedError where the run can't be replayed; StoreError, `LOCKED` while a process attends to the run
 */
export function retry(runId: string, node: string, options: RetryOptions): Promise<Retried & TakenBack> {
  const root = path.resolve(options.root);
  return takingBack(root, runId, async (store, number) => {
    const readers = options.dependents ? await readersBefore(root, store, { runId, store: number }) : null;
    const { past, reset, target } = await stateWithout(store, { runId, store: number }, node, readers);
    for (const { request } of past.carried.attempts.filter((one) => addressKey(one) === addressKey(target)))
      dropCached(cacheDirectory(root), request);
    return { past, result: resultOf(runId, past, reset) };
  });
}

/** What was read in the stores that a store comes from, the first one first. */
async function readersBefore(root: string, store: RunReader, of: StoreOf): Promise<Readers> {
  const readers = new Readers();
  const learn = async (origin: CarriedData | null, at: StoreOf): Promise<void> => {
    if (!origin || origin.at === null) return;
    const last = origin.at;
    const from = before(at, origin);
    if (!isThere(root, from))
      throw new RefusedError(
        `who read what before frame ${last} stands in ${from.runId === at.runId ? "an earlier store of the run" : `run ${from.runId}`}, which is not there; ` +
          "retry each node by itself, without dependents",
      );
    await readingStore(root, from, async (reader) => {
      const { plan, recording, run } = await recorded(reader);
      await learn(await originOf(reader), from);
      readers.know(recording.journal.outputs);
      const replayer = new Replayer(plan, recording, run);
      replayer.watch = (present, starts) => readers.look(present, starts);
      await upTo(replayer, last);
    });
  };
  await learn(await originOf(store), of);
  return readers;
}

interface Without {
  readonly past: PastState & { readonly before: readonly TaskRecord[] };
  readonly reset: Reset;
  /** The node that was named. */
  readonly target: TaskRecord;
}

/** The state that a run is in, without what a node gave. @throws as `retry` */
export async function stateWithout(
  reader: RunReader,
  of: { readonly runId: string; readonly store: number },
  node: string,
  readers: Readers | null,
  given?: Plan,
): Promise<Without> {
  const { plan, recording, run } = await recorded(reader, given);
  const { journal } = recording;
  const target = targetOf(plan, journal.tasks, node);
  const replayer = new Replayer(plan, recording, run);
  readers?.know(journal.outputs);
  if (readers) replayer.watch = (present, starts) => readers.look(present, starts);
  await replayed(replayer, of.runId);
  const reset = resetOf(target, {
    index: new PlanIndex(plan),
    tasks: journal.tasks.filter(({ state }) => state !== "unmounted"),
    loopsOf: (nodeId) => replayer.world?.loopsOf(nodeId) ?? [],
    readersOf: (task) => readers?.of(task, journal.tasks) ?? [],
  });
  const origin: Origin = {
    how: "retry",
    ...of,
    frame: journal.lastFrame?.frame ?? null,
    again: namesOf(journal.tasks, reset.again, reset.gone.has(addressKey(target)) ? target : undefined),
  };
  const carried = without(await stateNow(reader, recording, origin), reset, target);
  const over = carried.tasks.find(isCancelled);
  if (over)
    throw new RetryError(
      `run ${of.runId} was cancelled, and ${showAddress(over)} has done what is done in every outcome: ` +
        `take the run back to before that with \`smithers rewind ${of.runId} --frame N\``,
    );
  const past = { plan, planText: journal.plan ?? "", run, carried, repeats: [], before: journal.tasks };
  return { past, reset, target };
}

function resultOf(
  runId: string,
  { plan, carried, before }: Without["past"],
  { again, gone }: Reset,
): Retried {
  const index = new PlanIndex(plan);
  const taken = before.filter((task) => again.has(addressKey(task)) || gone.has(addressKey(task)));
  return {
    runId,
    again: carried.origin.again,
    undone: taken
      .filter((task) => gone.has(addressKey(task)) && !isStepperKind(task.kind))
      .map(showAddress)
      .filter((name) => !carried.origin.again.includes(name)),
    repeats: taken.filter(({ node }) => isOnce(index, node)).map(showAddress),
  };
}

const namesOf = (
  tasks: readonly TaskRecord[],
  keys: ReadonlySet<string>,
  more: TaskRecord | undefined,
): readonly string[] =>
  tasks.filter((task) => keys.has(addressKey(task)) || task === more).map((task) => showAddress(task));

async function replayed(replayer: Replayer, runId: string): Promise<void> {
  try {
    await replayer.replay();
  } catch (error) {
    if (!(error instanceof Diverged)) throw error;
    const { frame, what } = error.divergence;
    throw new RefusedError(
      `run ${runId} can't be replayed, so nobody knows what to take back: in frame ${frame}, ${what} differs from the journal`,
    );
  }
}

/** @throws UnknownNodeError, RetryError */
function targetOf(plan: Plan, all: readonly TaskRecord[], name: string): TaskRecord {
  const tasks = all.filter(({ state }) => state !== "unmounted");
  const exact = tasks.filter((task) => showAddress(task) === name || `${showAddress(task)}@0` === name);
  const named = tasks.filter(({ nodeId, node }) => nodeId === name || node === name);
  const found =
    exact.length === 1 && !(named.length > 1 && exact[0]?.nodeId === name && !name.endsWith("@0"))
      ? exact
      : named;
  const [target, second] = found;
  if (!target) {
    const near = nearest(name, tasks.map(showAddress));
    throw new UnknownNodeError(
      plan.nodes[name]
        ? `${name} was not mounted in this run`
        : `the run has no node ${name}${near === null ? "" : `: did you mean ${near}?`}`,
    );
  }
  if (second) {
    const names = found.map((task) => (task.iteration === 0 ? `${showAddress(task)}@0` : showAddress(task)));
    throw new RetryError(`${name} was mounted ${found.length} times: name one of ${names.join(", ")}`);
  }
  if (isStepperKind(target.kind))
    throw new RetryError(`${name} is a ${target.kind}: name a task in it, with which it goes back`);
  switch (target.state) {
    case "finished":
    case "failed":
    case "skipped":
    case "cancelled":
      return target;
    case "pending":
    case "running":
    case "waiting":
    case "unmounted":
      throw new RetryError(
        `${name} has not ended, so there is nothing to take back: it is ${target.state}. \`smithers resume\` goes on with the run`,
      );
    default:
      return target.state satisfies never;
  }
}

function isCancelled({ reason }: TaskRecord): boolean {
  const { failure } = (reason ?? {}) as { readonly failure?: Failure };
  return failure?.outside === true && failure.code === CANCELLED;
}

const MESSAGE = "its node is done once more";

/** The state as if what is taken back had given nothing. */
function without(now: Carried, { again, gone, back }: Reset, target: TaskRecord): Carried {
  const stays = (record: Parameters<typeof addressKey>[0]): boolean => {
    const key = addressKey(record);
    return !again.has(key) && !gone.has(key);
  };
  const { reason } = target;
  const signal =
    typeof reason === "object" && reason !== null && "signal" in reason ? reason.signal : undefined;
  return {
    ...now,
    tasks: now.tasks.flatMap((task): readonly TaskRecord[] => {
      const key = addressKey(task);
      if (gone.has(key)) return [];
      if (again.has(key)) return [{ ...task, state: "pending", reason: null }];
      const progress = back.get(key);
      return [progress === undefined ? task : { ...task, state: "running", reason: progress }];
    }),
    attempts: now.attempts.flatMap((attempt) => {
      const key = addressKey(attempt);
      if (gone.has(key)) return [];
      const isLeft = again.has(key) && attempt.state === "running";
      return [isLeft ? ended(attempt, attempt.startedAt) : attempt];
    }),
    outputs: now.outputs.filter(stays),
    decisions: now.decisions.filter(stays),
    // The signal that it had is used up: it waits for another one.
    events:
      signal === undefined
        ? now.events
        : [...now.events, { type: SIGNAL_REJECTED, data: { signal, message: MESSAGE, retried: true } }],
  };
}
