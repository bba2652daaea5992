/** One run from its first commit, or from the last one before a crash, to where it stops. */
import type { Json, Plan } from "../plan/types.ts";
import { keptEvents } from "./carried.ts";
import { continuationOf } from "./continuation.ts";
import type { Leave } from "./executors/executor.ts";
import { type HostSource, type HostValues, knownHost, workingDirectory } from "./host.ts";
import { parseInput } from "./input.ts";
import { childQuestions } from "./interpreter/children.ts";
import { runFrames } from "./interpreter/frames.ts";
import { EFFECT_CLEANED, EFFECT_RAN } from "./interpreter/handlers.ts";
import { spentOf, watchClock } from "./interpreter/limits.ts";
import type { Ask } from "./interpreter/people.ts";
import { Prepared } from "./interpreter/prepared.ts";
import { restore } from "./interpreter/restore.ts";
import {
  type End,
  type Fact,
  FILE_READ,
  type InboxRequest,
  Run,
  type Services,
  type StopRequest,
} from "./interpreter/run.ts";
import { World } from "./interpreter/world.ts";
import { observeFiles } from "./observing.ts";
import { type AskedSignal, askedSignal, asksOf, isQuestion } from "./requests/answers.ts";
import { addressKey } from "./store/rules.ts";
import type { Address, AttemptRecord, Journal, RunRecord, RunStatus, Store } from "./store/store.ts";
import { type LostUsage, toldUsage, withUsage } from "./usage/told.ts";
import { type RunTotals, totalsOf } from "./usage/totals.ts";
import { type FileRecord, type FileSource, ProjectFiles } from "./values/files.ts";

export interface RunResult {
  readonly runId: string;
  readonly status: RunStatus;
  /** Why it failed, or what it waits for; null otherwise. */
  readonly reason: string | null;
  /** What people are asked and have not answered. */
  readonly waitingFor: readonly Question[];
  /** Signals that its nodes wait for. */
  readonly listeningFor: readonly AskedSignal[];
  /** Rows in completion order. */
  readonly outputs: { readonly [table: string]: readonly ResultRow[] };
  readonly totals: RunTotals;
  /** The run that took the place of this one, which has finished; null where there is none. */
  readonly continuedAs: string | null;
  /** What it came to, in the words of the node that ended it; left out of one that ran to its end. */
  readonly summary?: Json;
}

/** A node that waits for people, and for what: a decision (`approval`, `start`), or more than one. */
export interface Question extends Address {
  readonly asks: "approval" | NonNullable<Ask["asks"]>;
  /** The run that asks, where it is one that a node holds: its name within this one. */
  readonly child?: string;
}

/** A row's fields with where it comes from; a value that is no object stands in `value`. */
export interface ResultRow {
  readonly [field: string]: Json;
  readonly nodeId: string;
  readonly iteration: number;
}

/** What a run asks of the machine it is on. */
export interface Machine {
  /** For the host values of the plan. */
  readonly host: HostSource;
  /** What `ctx.fs` reads. */
  readonly files: FileSource;
  /** Ends what still lives of an attempt whose owner died. */
  readonly endAttempt?: (attempt: AttemptRecord) => void;
  /** What such an attempt had used. Default: as its events tell. */
  readonly lostUsage?: LostUsage;
}

/** How the world outside reaches a run under way. */
export interface Doors extends Machine {
  /** Called when the run is ready for what other processes ask; the returned function ends it. */
  readonly open?: ((take: (request: InboxRequest, done: () => void) => void) => () => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Asked before the first frame. */
  readonly stop?: StopRequest;
  /** Aborted with a `Leave`, by whatever holds the run. */
  readonly leave?: AbortSignal | undefined;
}

/** Refused before anything was written or started (exit code 4). */
export class RefusedError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "RefusedError";
  }
}

/** Starts a run in an empty store. `record.input` must be as given; it is parsed here once more. */
export async function startRun(
  plan: Plan,
  record: RunRecord,
  services: Services,
  doors: Doors,
): Promise<RunResult> {
  return finish(newRun(plan, record, services, doors), doors);
}

/** A run before its first frame. */
export function newRun(plan: Plan, record: RunRecord, services: Services, doors: Machine): Run {
  const { values } = knownHost(record, doors.host);
  const prepared = Prepared.of(plan, services.prepared);
  const world = worldOf(plan, record, { ...services, prepared }, values, new ProjectFiles(doors.files));
  const run = new Run(plan, world, services, record);
  run.frame = -1;
  run.writes.push({ type: "plan", digest: plan.digest, text: prepared.text }, { type: "run", ...record });
  run.event("run.started", {
    runId: record.runId,
    workflow: record.workflow,
    planDigest: record.planDigest,
    maxConcurrency: services.maxConcurrency,
    ...traceOf(services),
    ...stormData(services),
    ...stopData(services),
    ...priceData(services),
  });
  run.push({ kind: "begin", cause: "start" });
  return run;
}

/** Goes on with a run from its journal. */
export async function resumeRun(
  plan: Plan,
  journal: Journal,
  services: Services,
  doors: Doors,
): Promise<RunResult> {
  const record = journal.run;
  if (!record) throw new RefusedError("this run never began: nothing is recorded");
  if (record.status === "finished")
    return resultOf(record, journal, (await continuationOf(services.store, journal))?.next ?? null);
  const run = await reopenedRun(plan, record, journal, services, doors);
  // What changed while nobody attended to the run is there from its first frame on.
  const records = run.world.files.look();
  if (records.length > 0) run.push({ kind: "files", records });
  return finish(run, doors);
}

/** A run before the first frame after its last commit. */
export async function reopenedRun(
  plan: Plan,
  record: RunRecord,
  left: Journal,
  services: Services,
  doors: Machine,
): Promise<Run> {
  const usageOf = doors.lostUsage ?? (await toldUsage(services.store, left.attempts));
  const journal = { ...left, attempts: withUsage(left.attempts, usageOf) };
  const now = services.clock.now();
  const { values, changes } = knownHost(record, doors.host);
  const files = new ProjectFiles(doors.files, await filesRead(journal, services.store));
  const world = worldOf(plan, record, services, values, files);
  const { lost, writes, retries } = restore(world, journal, now);
  for (const attempt of lost) doors.endAttempt?.(attempt);
  const moved = workingDirectory(record, doors.host);
  const running: RunRecord = {
    ...record,
    cwd: moved.cwd,
    status: "running",
    reason: null,
    updatedAt: now,
  };
  const run = new Run(plan, world, services, running);
  await learnSignals(run, journal);
  await learnEffects(run);
  await learnSessions(run, journal);
  const { iterations, ...spent } = spentOf(journal);
  run.spent = spent;
  world.iterations = iterations;
  run.frame = journal.lastFrame?.frame ?? -1;
  run.lastEvent = journal.lastEvent;
  run.lastOutput = journal.outputs.at(-1)?.seq ?? 0;
  run.lastTransition = journal.lastTransition;
  run.writes.push({ type: "run", ...running }, ...writes);
  run.event("run.resumed", {
    runId: record.runId,
    epoch: services.store.epoch,
    lost: lost.length,
    maxConcurrency: services.maxConcurrency,
    ...traceOf(services),
    ...stormData(services),
    ...stopData(services),
    ...priceData(services),
  });
  const differences = [...moved.changes, ...changes];
  if (differences.length > 0)
    run.event("run.warning", {
      code: "HOST_CHANGED",
      message: `the host is another one: ${differences.join("; ")}`,
    });
  const last = journal.lastFrame?.now ?? 0;
  if (now < last)
    run.event("run.warning", {
      code: "CLOCK_BACK",
      message: `the clock was put back: it shows ${new Date(now).toISOString()}, and the last frame is of ${new Date(last).toISOString()}; timers that are set wait until it shows their time`,
    });
  run.push({ kind: "begin", cause: "resume" });
  for (const entry of retries) run.retryAt(entry);
  return run;
}

function traceOf({ traceparent }: Services): { readonly traceparent?: string } {
  return traceparent === undefined ? {} : { traceparent };
}

function worldOf(
  plan: Plan,
  { runId, seed, input: given }: RunRecord,
  { clock, prepared, prices }: Services,
  host: HostValues,
  files: ProjectFiles,
): World {
  const known = Prepared.of(plan, prepared);
  const input = parseInput(plan, given, known.parser);
  return new World(
    plan,
    { runId, input, now: clock.now(), host, files, seed, ...(prices && { prices }) },
    known,
  );
}

/** Limits other than the usual ones steer the run, so the journal has them. */
const stormData = ({ storm }: Services): { readonly [key: string]: Json } =>
  storm ? { storm: { ...storm } } : {};

/** How far the run may go, for whoever looks at it, and for its next resume. */
const stopData = ({ stopAt }: Services): { readonly [key: string]: Json } =>
  stopAt ? { stopAt: { ...stopAt } } : {};

/** What calls cost from here on: what is reserved of budgets hangs on it, so the journal has it. */
const priceData = ({ prices }: Services): { readonly [key: string]: Json } =>
  prices ? { prices: prices as unknown as Json } : {};

/** Which effects ran last, and with which deps. */
async function learnEffects(run: Run): Promise<void> {
  if (!Object.values(run.plan.nodes).some(({ kind }) => kind === "effect")) return;
  for await (const { type, data } of keptEvents(run.services.store)) {
    const { nodeId, scope = "", iteration, node, deps } = data;
    const address = { nodeId: String(nodeId), scope: String(scope), iteration: Number(iteration) };
    if (type === EFFECT_RAN) run.world.effects.learn(address, String(node), String(deps));
    else if (type === EFFECT_CLEANED) run.world.effects.forget(address);
  }
}

/** How far agents came in conversations that have no end yet. */
async function learnSessions(run: Run, { tasks, attempts }: Journal): Promise<void> {
  const open = new Set(
    tasks.filter(({ kind, state }) => kind === "agent" && state !== "finished").map(addressKey),
  );
  const begun = attempts.filter((attempt) => open.has(addressKey(attempt)));
  if (begun.length > 0) await run.sessions.learn(run.services.store, begun);
}

/** What earlier frames of the run have read of its files. */
async function filesRead({ plan }: Journal, store: Store): Promise<readonly FileRecord[]> {
  if (!plan?.includes("ctx.fs")) return [];
  const records: FileRecord[] = [];
  for await (const { type, data } of keptEvents(store))
    if (type === FILE_READ) records.push(data as unknown as FileRecord);
  return records;
}

/** Signals that came before, and which of them went to a node. */
async function learnSignals(run: Run, journal: Journal): Promise<void> {
  if (!Object.values(run.plan.nodes).some(({ kind }) => kind === "wait")) return;
  for await (const event of keptEvents(run.services.store)) run.signals.learn(event);
  for (const { kind, reason } of journal.tasks)
    if (kind === "wait" && typeof reason === "object" && reason !== null && "signal" in reason)
      run.signals.use(Number(reason.signal));
}

function factOf(request: InboxRequest, done: () => void): Fact {
  if ("stop" in request) return { kind: "stop", request, done };
  if ("answer" in request) return { kind: "answer", request, done };
  if ("payload" in request) return { kind: "signal", request, done };
  return { kind: "decision", decision: request, done };
}

/** To be left as it waits needs no more than another look. */
const factOfLeave = (leave: Leave, at: number): Fact =>
  leave === "wait"
    ? { kind: "events" }
    : { kind: "stop", request: { stop: leave, by: "the run that holds it", at }, done: () => {} };

async function finish(run: Run, { open, signal, stop, leave }: Doors): Promise<RunResult> {
  const onLeave = (): void => run.push(factOfLeave(leave?.reason as Leave, run.services.clock.now()));
  if (leave?.aborted) onLeave();
  leave?.addEventListener("abort", onLeave, { once: true });
  if (stop) run.push({ kind: "stop", request: stop, done: () => {} });
  const clock = watchClock(run);
  const close = open?.((request, done) => run.push(factOf(request, done)));
  const abort = (): void => run.push({ kind: "abort" });
  if (signal?.aborted) abort();
  signal?.addEventListener("abort", abort, { once: true });
  const observing = observeFiles(run.world.files, (records) => run.push({ kind: "files", records }));
  let end: End;
  try {
    end = await runFrames(run);
  } finally {
    signal?.removeEventListener("abort", abort);
    leave?.removeEventListener("abort", onLeave);
    clock?.();
    close?.();
    observing();
    run.close();
  }
  return resultOf(run.record, await run.services.store.journal(), end.continued?.next ?? null);
}

/** What a journal says of its run. */
export function resultOf(
  record: RunRecord,
  journal: Pick<Journal, "outputs" | "tasks" | "attempts">,
  continuedAs: string | null,
): RunResult {
  const outputs: { [table: string]: ResultRow[] } = {};
  for (const { table, nodeId, iteration, value } of journal.outputs) {
    const fields = isJsonObject(value) ? value : { value };
    const list = Object.hasOwn(outputs, table) ? (outputs[table] as ResultRow[]) : [];
    list.push({ ...fields, nodeId, iteration });
    outputs[table] = list;
  }
  const waitingFor = journal.tasks
    .filter(isQuestion)
    .map(({ nodeId, scope, iteration, reason }) => ({ nodeId, scope, iteration, asks: asksOf(reason) }));
  const listeningFor = journal.tasks
    .filter(({ kind, state }) => kind === "wait" && state === "waiting")
    .map(({ reason }) => askedSignal(reason));
  const ofChildren = journal.tasks.flatMap(childQuestions);
  const { runId, status, reason } = record;
  const end = journal.tasks.find(({ kind, state }) => kind === "end" && state === "finished");
  const { summary } = (end?.reason ?? {}) as { readonly summary?: Json };
  return {
    runId,
    status,
    reason,
    waitingFor: [...waitingFor, ...ofChildren],
    listeningFor,
    outputs,
    totals: totalsOf(record, journal),
    continuedAs,
    ...(summary !== undefined && { summary }),
  };
}

function isJsonObject(value: Json): value is { readonly [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
