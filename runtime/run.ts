/** Running and resuming a plan in a project directory. */
import { randomBytes } from "node:crypto";
import path from "node:path";
import { requirementsOf } from "../plan/features.ts";
import { loadPlan } from "../plan/index.ts";
import type { Json, Plan } from "../plan/types.ts";
import { decideScripted, type Script } from "./agents/index.ts";
import { originOf } from "./carried.ts";
import { type Continuation, continuationOf, nextRunId } from "./continuation.ts";
import { type Doors, RefusedError, type RunResult, resumeRun, startRun } from "./engine.ts";
import type { Executor, TaskRequest } from "./executors/executor.ts";
import { createExecutors, endProcess, OutputParser } from "./executors/index.ts";
import { type ChildRuns, SubflowExecutor } from "./executors/subflow.ts";
import { diskFiles } from "./files.ts";
import { beginNext } from "./handover.ts";
import { type HostSource, recordHost, systemHost } from "./host.ts";
import { Inbox, moveInbox } from "./inbox.ts";
import { parseInput } from "./input.ts";
import { type Clock, systemClock } from "./interpreter/clock.ts";
import type { Services, StopRequest } from "./interpreter/run.ts";
import { childId, makeRunId } from "./interpreter/run-id.ts";
import { type GivenLimits, limitsOf } from "./interpreter/storm.ts";
import { packagesMessage, wrongPackages } from "./packages.ts";
import { cacheDirectory, createRun, hasRun, lastStore, newRunDirectory, runDirectory } from "./runs.ts";
import { spentBy } from "./spent.ts";
import type { AttemptRecord, EventRecord, Journal, RunRecord, Store } from "./store/store.ts";
import { type TracedRun, traced } from "./telemetry/trace.ts";
import type { FileSource } from "./values/files.ts";
import { openRun } from "./writing.ts";

interface CommonOptions {
  /** Project directory: runs are kept in its `.smithers/runs/ID`, compute tasks work in it. */
  readonly root: string;
  /** In place of the run's own store on disk; such a run has no directory and no inbox. It is not closed here. */
  readonly store?: Store;
  /** With `store`: those of runs that take the place of this one, or that its nodes hold. Without it none such is begun. */
  readonly storeOf?: (runId: string) => Store;
  /** What other processes ask, in place of the run's inbox. */
  readonly requests?: Doors["open"];
  /** In place of the built-in ones; they are not closed here. */
  readonly executors?: { get(kind: TaskRequest["kind"]): Executor | undefined };
  /** Answers of agents and decisions of people; no provider is called then. */
  readonly script?: Script;
  /** Stands for people, in place of the script. */
  readonly decider?: Services["decider"];
  /** Called for every event once it is on disk, in order. */
  readonly onEvent?: (event: EventRecord) => void;
  /** Ends attempts under way and lets go of the run, which can be resumed. */
  readonly signal?: AbortSignal;
  /** Stay while only people can move the run on. Default: return with status `waiting`. */
  readonly wait?: boolean;
  /** Of a run that an attempt holds: aborted with a `Leave`, until when it stays as with `wait`. */
  readonly leave?: AbortSignal;
  /** Told whether only people can move the run on. */
  readonly onIdle?: (is: boolean) => void;
  /** Of a run that an attempt holds: told of its signs of life. */
  readonly onAlive?: () => void;
  /** Attempts of agents and compute tasks that may run at once. Default 16. */
  readonly maxConcurrency?: number;
  readonly clock?: Clock;
  /** Let commands that agents run use the network. Default false. */
  readonly allowNetwork?: boolean;
  /** When a run counts as one that goes on by itself; what is left out is as usual. */
  readonly storm?: GivenLimits;
  /** Answers for host values (`process.cwd`, `env.HOME`, …) in place of this machine. */
  readonly host?: HostSource;
  /** What `ctx.fs` reads, in place of the project's files. */
  readonly files?: FileSource;
}

export interface RunOptions extends CommonOptions {
  /** Default `{}`. */
  readonly input?: Json;
  /** Default: made from the workflow's name and the time. */
  readonly runId?: string;
}

export interface ResumeOptions extends CommonOptions {
  /** Take the run up only to end it. */
  readonly stop?: StopRequest;
  /** Must have the digest of the run's plan. Default: the plan in the run's journal. */
  readonly plan?: Plan;
}

const MAX_CONCURRENCY = 16;

/**
 * Runs a plan to its end, or to where only people can move it on. A run that goes on as a new one is followed: the result is
 * that of the last.
 * @throws InputError, RunNameError, RefusedError (the plan requires what this runner does not do, or was built for other
 *   packages than the project has) before anything is written; RefusedError when there is a run of that id;
 *   StoreError when the run can't be written or is taken over
 */
export async function run(plan: Plan, options: RunOptions): Promise<RunResult> {
  refuseUnsupported(plan);
  refusePackages(plan, options);
  const clock = options.clock ?? systemClock;
  const input = options.input ?? {};
  parseInput(plan, input);
  const now = clock.now();
  const { name } = plan.workflow;
  const { runId, directory, taken } = options.store
    ? { runId: options.runId ?? makeRunId(name, now), directory: null, taken: false }
    : createRun(path.resolve(options.root), name, now, options.runId);
  const seed = randomBytes(16).toString("hex");
  const record: RunRecord = {
    runId,
    workflow: name,
    planDigest: plan.digest,
    status: "running",
    reason: null,
    input,
    createdAt: now,
    updatedAt: now,
    seed,
    cwd: path.resolve(options.root),
    host: recordHost(plan, hostOf(options), seed),
  };
  const store = options.store ?? (await openRun(directory as string, options.root));
  const warm = Object.keys(plan.modules).length > 0;
  const first = { runId, directory, store, isNext: false, warm };
  return attend(options, first, async (given, doors) => {
    if (taken && (await store.journal()).run) {
      throw new RefusedError(`there is a run ${runId} already: resume it, or give the new run another id`);
    }
    const result = await tracing(record, given, (services) => startRun(plan, record, services, doors));
    return { plan, result };
  });
}

/**
 * Goes on with a run from its last commit: what is finished stays so, what failed or was interrupted is tried again.
 * @throws UnknownRunError, RefusedError (another plan), StoreError (`LOCKED` while another process owns the run)
 */
export async function resume(runId: string, options: ResumeOptions): Promise<RunResult> {
  const directory = options.store ? null : runDirectory(path.resolve(options.root), runId);
  const store = options.store ?? (await openRun(directory as string, options.root));
  const isNext = (await originOf(store))?.how === "continue";
  return attend(options, { runId, directory, store, isNext, warm: false }, (given, doors) =>
    goOn(runId, store, options, given, { ...doors, ...(options.stop && { stop: options.stop }) }),
  );
}

async function goOn(
  runId: string,
  store: Store,
  options: ResumeOptions,
  given: Services,
  doors: Doors,
): Promise<Gone> {
  const journal = await store.journal();
  const plan = planOf(journal, runId, options.plan);
  refusePackages(plan, options);
  const workflow = journal.run?.workflow ?? plan.workflow.name;
  const result = await tracing({ runId, workflow, planDigest: plan.digest }, given, (services) =>
    resumeRun(plan, journal, services, doors),
  );
  // An imported run may have another name here than the one it knows itself by.
  return { plan, result: { ...result, runId } };
}

function planOf({ run, plan: text }: Journal, runId: string, given: Plan | undefined): Plan {
  if (!run || text === null)
    throw new RefusedError(`run ${runId} never began: nothing is recorded; start it anew under the same id`);
  if (given && given.digest !== run.planDigest)
    throw new RefusedError(
      `run ${runId} was started with another plan (${run.planDigest}, not ${given.digest}): ` +
        "resume it without naming a plan, or start a new run",
    );
  if (given) return given;
  const loaded = loadPlan(text);
  if (loaded.ok) return loaded.plan;
  const problems = loaded.problems.map(({ path: at, message }) => `${at}: ${message}`).join("\n");
  throw new RefusedError(`the plan recorded in run ${runId} can't be read:\n${problems}`);
}

/** What plans may require and this runner does. */
const DONE: ReadonlySet<string> = new Set([
  "agent-tools",
  "allow-tools",
  "approval-mode",
  "approval-users",
  "async-wait",
  "budgets",
  "cache",
  "continue-as-new",
  "end",
  "failure-policy",
  "heartbeat",
  "human-task",
  "phases",
  "priority",
  "resume-modes",
  "saga",
  "side-effects",
  "signals",
  "state",
  "stop",
  "subflow",
  "task-approval",
  "timer",
  "timer-every",
  "tool-approval",
  "try",
]);

/** SEMANTICS 37: what a plan requires and this runner does not do is said before anything is started. */
function refuseUnsupported(plan: Plan): void {
  const [first, ...more] = plan.requires.filter((feature) => !DONE.has(feature));
  if (first === undefined) return;
  const asked = requirementsOf(plan);
  const named = [first, ...more].map((feature) => {
    const by = asked.get(feature);
    return by === undefined ? `"${feature}"` : `"${feature}" (${by})`;
  });
  throw new RefusedError(
    `this smithers does not run what the plan requires: ${named.join(", ")}. ` +
      "Nothing was started; `smithers graph` and `smithers diff` read such plans",
  );
}

/** Another version of a package is other code: said before anything is paid for. Executors of the caller's own have theirs. */
function refusePackages(plan: Plan, options: CommonOptions): void {
  const { root, executors } = options;
  if (executors) return;
  for (const subflow of Object.values(plan.subflows ?? {})) refusePackages(subflow, options);
  const message = packagesMessage(wrongPackages(plan, path.resolve(root)));
  if (message !== null) throw new RefusedError(message);
}

/** Attends to a run, and to those that take its place. */
async function attend(
  options: CommonOptions,
  first: Attended & { readonly warm: boolean },
  go: (services: Services, doors: Doors) => Promise<Gone>,
): Promise<RunResult> {
  const cache = cacheDirectory(path.resolve(options.root));
  const { script, allowNetwork = false } = options;
  const own = options.executors ? null : createExecutors({ cache, allowNetwork, ...(script && { script }) });
  const executors = options.executors ?? (own as NonNullable<typeof own>);
  let at: Attended = first;
  try {
    if (first.warm) own?.warm(1, path.resolve(options.root));
    let { plan, result } = await go(servicesOf(options, at, executors), doorsOf(options, at));
    for (;;) {
      const next = result.continuedAs === null ? null : await begunNext(plan, options, at);
      if (!next) return result;
      await letGo(options, at);
      at = next.run;
      const doors = { ...doorsOf(options, at), ...(next.stop && { stop: next.stop }) };
      ({ plan, result } = await goOn(
        at.runId,
        at.store,
        { ...options, plan },
        servicesOf(options, at, executors),
        doors,
      ));
    }
  } finally {
    await own?.close();
    await letGo(options, at);
  }
}

/** How far a run was brought. */
interface Gone {
  readonly plan: Plan;
  readonly result: RunResult;
}

/** A run that this process attends to. */
interface Attended {
  readonly runId: string;
  /** null of a run that is in memory. */
  readonly directory: string | null;
  readonly store: Store;
  /** It took the place of another one. */
  readonly isNext: boolean;
}

const letGo = async ({ store: given }: CommonOptions, { store }: Attended): Promise<void> => {
  if (store !== given) await store.close();
};

/** The run that takes the place of one that has ended; null where its store is the caller's to give, and was not given. */
async function begunNext(
  plan: Plan,
  options: CommonOptions,
  { runId, directory, store: ended }: Attended,
): Promise<{ readonly run: Attended; readonly stop: StopRequest | undefined } | null> {
  const journal = await ended.journal();
  const continuation = (await continuationOf(ended, journal)) as Continuation;
  const { next } = continuation;
  const store =
    directory === null
      ? (options.storeOf?.(next) ?? null)
      : await openRun(newRunDirectory(path.resolve(options.root), next), options.root);
  if (!store) return null;
  try {
    const number = directory === null ? 1 : lastStore(directory);
    await beginNext(
      plan,
      { runId, store: number, reader: ended, journal },
      continuation,
      store,
      hostOf(options),
    );
    const to = directory === null ? null : runDirectory(path.resolve(options.root), next);
    const stop = directory === null || to === null ? undefined : moveInbox(directory, to);
    return { run: { runId: next, directory: to, store, isNext: true }, stop };
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** The runs that attempts hold share what this one has, and are run as it is. */
function withChildren(
  options: CommonOptions,
  { runId, directory }: Attended,
  executors: Services["executors"],
): Services["executors"] {
  const open = async (id: string): Promise<Store | null> =>
    directory === null ? (options.storeOf?.(id) ?? null) : openExisting(id, path.resolve(options.root));
  const attendChild: ChildRuns["attend"] = async (child, plan, input, { onAlive, ...given }) => {
    const id = childId(runId, child);
    const before = await spentBy(id, open);
    const store = directory === null ? options.storeOf?.(id) : undefined;
    if (directory === null && !store) throw new RefusedError(`there is no store for run ${id}`);
    const { storm, requests: _, ...shared } = options;
    const alive = (): void => {
      onAlive();
      options.onAlive?.();
    };
    const how = { ...shared, ...(storm && { storm }), executors, ...given, onEvent: alive, onAlive: alive };
    const own = store ? { ...how, store } : how;
    let result: RunResult;
    try {
      result = before ? await resume(id, { ...own, plan }) : await run(plan, { ...own, input, runId: id });
    } finally {
      await store?.close();
    }
    return { result, before, after: (await spentBy(id, open)) ?? result.totals };
  };
  const subflow = new SubflowExecutor(new OutputParser(), { attend: attendChild });
  return { get: (kind) => executors.get(kind) ?? (kind === "subflow" ? subflow : undefined) };
}

/** Of a process that was killed there may be a directory without anything in it: whoever writes there sees to it. */
const openExisting = async (runId: string, root: string): Promise<Store | null> =>
  hasRun(root, runId) ? openRun(runDirectory(root, runId), root) : null;

function servicesOf(options: CommonOptions, at: Attended, executors: Services["executors"]): Services {
  const { script } = options;
  const root = path.resolve(options.root);
  return {
    store: at.store,
    executors: withChildren(options, at, executors),
    clock: options.clock ?? systemClock,
    maxConcurrency: options.maxConcurrency ?? MAX_CONCURRENCY,
    ...(options.storm && { storm: limitsOf(options.storm) }),
    wait: () => options.leave?.aborted === false || (options.wait ?? false),
    ...(options.onIdle && { onIdle: options.onIdle }),
    onEvent: options.onEvent ?? (() => {}),
    nextRunId: () => nextRunId(at.runId, at.isNext, (name) => at.directory !== null && hasRun(root, name)),
    decider:
      options.decider ??
      (script ? (address, kind, tool) => decideScripted(script, address, kind, tool) : () => undefined),
  };
}

function doorsOf(options: CommonOptions, { directory }: Attended): Doors {
  return {
    open: options.requests ?? (directory === null ? undefined : (take) => openInbox(directory, take)),
    signal: options.signal,
    leave: options.leave,
    host: hostOf(options),
    files: options.files ?? diskFiles(path.resolve(options.root)),
    endAttempt,
  };
}

/** Runs `go` with services that trace the run, where the process has a tracer provider. */
async function tracing(
  run: TracedRun,
  given: Services,
  go: (services: Services) => Promise<RunResult>,
): Promise<RunResult> {
  const { services, end } = await traced(run, given);
  try {
    const result = await go(services);
    end({ result });
    return result;
  } catch (error) {
    end({ error });
    throw error;
  }
}

function hostOf({ host, root }: CommonOptions): HostSource {
  return host ?? systemHost(path.resolve(root));
}

function openInbox(directory: string, take: ConstructorParameters<typeof Inbox>[1]): () => void {
  const inbox = new Inbox(directory, take);
  inbox.open();
  return () => inbox.close();
}

function endAttempt({ process }: AttemptRecord): void {
  if (process) endProcess(process);
}
