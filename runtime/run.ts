/** Running and resuming a plan in a project directory. */
import { randomBytes } from "node:crypto";
import path from "node:path";
import { requirementsOf } from "../plan/features.ts";
import { loadPlan } from "../plan/index.ts";
import type { Json, Plan } from "../plan/types.ts";
import { decideScripted, type Script } from "./agents/index.ts";
import { type Doors, RefusedError, type RunResult, resumeRun, startRun } from "./engine.ts";
import type { Executor, TaskRequest } from "./executors/executor.ts";
import { createExecutors, endProcess } from "./executors/index.ts";
import { diskFiles } from "./files.ts";
import { type HostSource, recordHost, systemHost } from "./host.ts";
import { Inbox } from "./inbox.ts";
import { parseInput } from "./input.ts";
import { type Clock, systemClock } from "./interpreter/clock.ts";
import type { Services, StopRequest } from "./interpreter/run.ts";
import { makeRunId } from "./interpreter/run-id.ts";
import { type GivenLimits, limitsOf } from "./interpreter/storm.ts";
import { packagesMessage, wrongPackages } from "./packages.ts";
import { cacheDirectory, createRun, runDirectory } from "./runs.ts";
import type { AttemptRecord, EventRecord, Journal, RunRecord, Store } from "./store/store.ts";
import { type TracedRun, traced } from "./telemetry/trace.ts";
import type { FileSource } from "./values/files.ts";
import { openRun } from "./writing.ts";

interface CommonOptions {
  /** Project directory: runs are kept in its `.smithers/runs/ID`, compute tasks work in it. */
  readonly root: string;
  /** In place of the run's own store on disk; such a run has no directory and no inbox. It is not closed here. */
  readonly store?: Store;
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
  /** Attempts of agents and compute tasks that may run at once. Default 16. */
  readonly maxConcurrency?: number;
  readonly clock?: Clock;
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
 * Runs a plan to its end, or to where only people can move it on.
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
  return attend(options, store, { directory, warm }, async (given, doors) => {
    if (taken && (await store.journal()).run) {
      throw new RefusedError(`there is a run ${runId} already: resume it, or give the new run another id`);
    }
    return tracing(record, given, (services) => startRun(plan, record, services, doors));
  });
}

/**
 * Goes on with a run from its last commit: what is finished stays so, what failed or was interrupted is tried again.
 * @throws UnknownRunError, RefusedError (another plan), StoreError (`LOCKED` while another process owns the run)
 */
export async function resume(runId: string, options: ResumeOptions): Promise<RunResult> {
  const directory = options.store ? null : runDirectory(path.resolve(options.root), runId);
  const store = options.store ?? (await openRun(directory as string, options.root));
  return attend(options, store, { directory, warm: false }, async (given, doors) => {
    const journal = await store.journal();
    const plan = planOf(journal, runId, options.plan);
    refusePackages(plan, options);
    const stop = options.stop && { stop: options.stop };
    const workflow = journal.run?.workflow ?? plan.workflow.name;
    const result = await tracing({ runId, workflow, planDigest: plan.digest }, given, (services) =>
      resumeRun(plan, journal, services, { ...doors, ...stop }),
    );
    // An imported run may have another name here than the one it knows itself by.
    return { ...result, runId };
  });
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
  "approval-mode",
  "approval-users",
  "async-wait",
  "budgets",
  "cache",
  "heartbeat",
  "human-task",
  "saga",
  "side-effects",
  "signals",
  "state",
  "task-approval",
  "timer",
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
function refusePackages(plan: Plan, { root, executors }: CommonOptions): void {
  if (executors) return;
  const message = packagesMessage(wrongPackages(plan, path.resolve(root)));
  if (message !== null) throw new RefusedError(message);
}

/** `warm`: a worker process is started ahead, since the plan has compute tasks that will want one. */
async function attend(
  options: CommonOptions,
  store: Store,
  { directory, warm }: { readonly directory: string | null; readonly warm: boolean },
  go: (services: Services, doors: Doors) => Promise<RunResult>,
): Promise<RunResult> {
  const { script } = options;
  const cache = cacheDirectory(path.resolve(options.root));
  const own = options.executors ? null : createExecutors({ cache, ...(script && { script }) });
  const services: Services = {
    store,
    executors: options.executors ?? (own as NonNullable<typeof own>),
    clock: options.clock ?? systemClock,
    maxConcurrency: options.maxConcurrency ?? MAX_CONCURRENCY,
    ...(options.storm && { storm: limitsOf(options.storm) }),
    wait: options.wait ?? false,
    onEvent: options.onEvent ?? (() => {}),
    decider:
      options.decider ??
      (script ? (address, kind) => decideScripted(script, address, kind) : () => undefined),
  };
  const doors: Doors = {
    open: options.requests ?? (directory === null ? undefined : (take) => openInbox(directory, take)),
    signal: options.signal,
    host: hostOf(options),
    files: options.files ?? diskFiles(path.resolve(options.root)),
    endAttempt,
  };
  try {
    if (warm) own?.warm(1, path.resolve(options.root));
    return await go(services, doors);
  } finally {
    await own?.close();
    if (!options.store) await store.close();
  }
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
