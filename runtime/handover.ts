/**
 * Runs that take the place of one that has ended: what they begin with, and how they are begun.
 *
 * The last commit of a run says which run takes its place, and with what. Everything after it can be done again by whoever
 * takes the old run up: the new run is made from the old one's journal, in one commit, unless it is there already.
 */
import { randomBytes } from "node:crypto";
import { CONTINUATION } from "../plan/continuation.ts";
import type { Json, Plan } from "../plan/types.ts";
import {
  begin,
  type Carried,
  givenFirst,
  type KeptEvent,
  keptEvents,
  originOf,
  RUN_CARRIED,
} from "./carried.ts";
import type { Continuation } from "./continuation.ts";
import { RefusedError } from "./engine.ts";
import { type HostSource, recordHost, secretsOf } from "./host.ts";
import { progressOf } from "./interpreter/loop.ts";
import { SIGNAL_DUPLICATE, SIGNAL_RECEIVED, Signals } from "./interpreter/signals.ts";
import type { TaskEntry } from "./interpreter/states.ts";
import { isStepperKind } from "./interpreter/stepper.ts";
import { everyTransition } from "./store/paged.ts";
import { addressKey } from "./store/rules.ts";
import type {
  AttemptRecord,
  Journal,
  RunReader,
  RunRecord,
  Store,
  TaskRecord,
  TransitionRecord,
} from "./store/store.ts";

/** What a run begins with that takes the place of another: its record, and what is carried over. */
export interface HandedOn {
  readonly run: RunRecord;
  readonly carried: Carried;
}

/** A run that has ended, by the name of its directory. */
export interface Ended {
  readonly runId: string;
  /** Number of the store that it is in. */
  readonly store: number;
  readonly reader: RunReader;
  readonly journal: Journal;
}

/** What the run begins with that takes the place of one that has ended. */
export async function handOn(
  plan: Plan,
  from: Ended,
  continuation: Continuation,
  host: HostSource,
): Promise<HandedOn> {
  const { reader, journal } = from;
  const old = journal.run as RunRecord;
  const events: KeptEvent[] = [];
  for await (const event of keptEvents(reader)) if (event.type !== RUN_CARRIED) events.push(event);
  const given = await givenFirst(reader);
  const origin = { how: "continue", runId: from.runId, store: from.store, again: [] } as const;
  if (continuation.reason === "loop") {
    const run = { ...old, runId: continuation.next, updatedAt: continuation.at };
    const carried = await everything(from, continuation, events);
    return {
      run,
      carried: { ...carried, given, origin: { ...origin, frame: journal.lastFrame?.frame ?? null } },
    };
  }
  const seed = randomBytes(16).toString("hex");
  const run: RunRecord = {
    ...old,
    runId: continuation.next,
    input: withContinuation(from.runId, old.input, continuation),
    createdAt: continuation.at,
    updatedAt: continuation.at,
    seed,
    host: recordHost(
      plan,
      host,
      seed,
      secretsOf(old).map(({ name }) => name),
    ),
  };
  const nothing = { tasks: [], attempts: [], outputs: [], decisions: [], transitions: [], frame: null };
  return {
    run,
    carried: {
      origin: { ...origin, frame: null },
      ...nothing,
      events: unusedSignals(events, journal),
      given,
    },
  };
}

/** What was given to the first run, and why this one is there: with the names of the public library. */
function withContinuation(runId: string, input: Json, { iteration, state, at }: Continuation): Json {
  const given =
    typeof input === "object" && input !== null && !Array.isArray(input) ? input : { value: input };
  return {
    ...given,
    [CONTINUATION]: { parentRunId: runId, reason: "explicit", iteration, payload: state, timestampMs: at },
  };
}

/** A signal that nobody waited for is kept until somebody does (SEMANTICS 39), in whichever run that is. */
function unusedSignals(events: readonly KeptEvent[], { tasks }: Journal): readonly KeptEvent[] {
  const signals = new Signals();
  for (const event of events) signals.learn(event);
  for (const { kind, reason } of tasks) if (kind === "wait") signals.use(signalOf(reason));
  // Where it does not fit there, what came after it under its correlation id is in its place.
  return signals
    .unused()
    .flatMap(({ number, data }): readonly KeptEvent[] => [
      { type: SIGNAL_RECEIVED, data },
      ...signals.doublesOf(number).map((one) => ({ type: SIGNAL_DUPLICATE, data: one.data })),
    ]);
}

const signalOf = (reason: Json): number =>
  Number((reason as { readonly signal?: Json } | null)?.signal ?? Number.NaN);

/**
 * A loop goes on where it was: with the rows, what became of each node, decisions, state, signals and what was read of files.
 * What only tells how it came about (frames, events, prompts, earlier values of state) stays with the run that ended.
 */
async function everything(
  { reader, journal }: { readonly reader: RunReader; readonly journal: Journal },
  loop: Continuation,
  events: readonly KeptEvent[],
): Promise<Omit<Carried, "origin" | "given">> {
  const { lastFrame: frame, outputs, decisions } = journal;
  const tasks = journal.tasks.filter(({ state }) => state !== "pending").map((task) => sinceHere(task, loop));
  const states = new Map(tasks.map((task) => [addressKey(task), task]));
  const attempts = journal.attempts.map((one) => withoutRequest(one, states.get(addressKey(one))));
  const last = new Map<string, TransitionRecord>();
  for await (const transition of everyTransition(reader))
    if (transition.store === "state") last.set(transition.key, transition);
  const transitions = [...last.values()]
    .sort((a, b) => a.seq - b.seq)
    .map((one, at) => ({ ...one, seq: at + 1, old: null }));
  return { frame, tasks, attempts, outputs, decisions, transitions, events };
}

/** Of loops that have begun, the iteration from which the new run counts. */
function sinceHere(task: TaskRecord, loop: Continuation): TaskRecord {
  if (task.kind !== "loop" || task.state !== "running") return task;
  const progress = progressOf({ reason: task.reason } as TaskEntry);
  const isNext = addressKey(task) === addressKey(loop);
  // Of any other loop the iteration that is open has been counted.
  const since = progress.phase === "before" || isNext ? progress.iteration : progress.iteration + 1;
  return { ...task, reason: { ...progress, since } };
}

/** What an attempt was asked is needed only for what is to be tried again; what it used up counts against budgets. */
function withoutRequest(attempt: AttemptRecord, task: TaskRecord | undefined): AttemptRecord {
  const isOver = task !== undefined && task.state !== "waiting" && !isStepperKind(task.kind);
  return isOver ? { ...attempt, request: null, error: null } : attempt;
}

/**
 * Begins the run that takes the place of one that has ended, in one commit, unless it has begun already.
 * @param store that of the new run
 * @throws RefusedError where there is another run of that name; StoreError
 */
export async function beginNext(
  plan: Plan,
  from: Ended,
  continuation: Continuation,
  store: Store,
  host: HostSource,
): Promise<void> {
  const { next } = continuation;
  if ((await store.journal()).run) {
    const origin = await originOf(store);
    if (origin?.how === "continue" && origin.runId === from.runId) return;
    throw new RefusedError(
      `run ${from.runId} goes on as ${next}, and there is another run of that name: move it out of the way, and resume ${from.runId}`,
    );
  }
  const { run, carried } = await handOn(plan, from, continuation, host);
  await begin(store, { run, planText: from.journal.plan ?? "", carried }, next, continuation.at);
}
