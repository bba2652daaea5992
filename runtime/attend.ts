/** Attending to a run: what it is run with, the runs that take its place, the runs that its attempts hold. */
import path from "node:path";
import type { Plan } from "../plan/types.ts";
import { decideScripted } from "./agents/index.ts";
import { type Continuation, continuationOf, nextRunId } from "./continuation.ts";
import { type Doors, RefusedError, type RunResult } from "./engine.ts";
import { createExecutors, endProcess, OutputParser } from "./executors/index.ts";
import { type ChildRuns, SubflowExecutor } from "./executors/subflow.ts";
import { diskFiles } from "./files.ts";
import { beginNext } from "./handover.ts";
import { systemClock } from "./interpreter/clock.ts";
import type { Services, StopRequest } from "./interpreter/run.ts";
import { childId } from "./interpreter/run-id.ts";
import { limitsOf } from "./interpreter/storm.ts";
import { type CommonOptions, hostOf, type ResumeOptions, type RunOptions } from "./options.ts";
import { Inbox, moveInbox } from "./requests/inbox.ts";
import { cacheDirectory, hasRun, lastStore, newRunDirectory, pausesDirectory, runDirectory } from "./runs.ts";
import { HidingStore } from "./secrets.ts";
import type { AttemptRecord, Store } from "./store/store.ts";
import { countedOf, spentBy } from "./usage/spent.ts";
import { openRun } from "./writing.ts";

const MAX_CONCURRENCY = 16;

/** How runs are begun and gone on with: those that take a run's place, and those that it holds. */
export interface Runs {
  run(plan: Plan, options: RunOptions): Promise<RunResult>;
  resume(runId: string, options: ResumeOptions): Promise<RunResult>;
  goOn(at: Attended, options: ResumeOptions, services: Services, doors: Doors): Promise<Gone>;
}

/** Attends to a run, and to those that take its place. */
export async function attend(
  runs: Runs,
  options: CommonOptions,
  first: Attended & { readonly warm: boolean },
  go: (services: Services, doors: Doors) => Promise<Gone>,
): Promise<RunResult> {
  const root = path.resolve(options.root);
  const shared = { cache: cacheDirectory(root), pauses: pausesDirectory(root) };
  const { script, allowNetwork = false } = options;
  const own = options.executors
    ? null
    : createExecutors({ ...shared, allowNetwork, ...(script && { script }) });
  const executors = options.executors ?? (own as NonNullable<typeof own>);
  let at: Attended = first;
  try {
    if (first.warm) own?.warm(1, root);
    let { plan, result } = await go(servicesOf(runs, options, at, executors), doorsOf(options, at));
    for (;;) {
      const next = result.continuedAs === null ? null : await begunNext(plan, options, at);
      if (!next) return result;
      await letGo(options, at);
      at = next.run;
      const doors = { ...doorsOf(options, at), ...(next.stop && { stop: next.stop }) };
      const services = servicesOf(runs, options, at, executors);
      ({ plan, result } = await runs.goOn(at, { ...options, plan }, services, doors));
    }
  } finally {
    await own?.close();
    await letGo(options, at);
  }
}

/** How far a run was brought. */
export interface Gone {
  readonly plan: Plan;
  readonly result: RunResult;
}

/** A run that this process attends to. */
export interface Attended {
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
      : await openRun(newRunDirectory(path.resolve(options.root), next), options.root, hostOf(options));
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
  runs: Runs,
  options: CommonOptions,
  { runId, directory, store: own }: Attended,
  executors: Services["executors"],
): Services["executors"] {
  const open = async (id: string): Promise<Store | null> =>
    directory === null ? (options.storeOf?.(id) ?? null) : openExisting(id, options);
  const attendChild: ChildRuns["attend"] = async (child, plan, input, { onAlive, ...given }) => {
    const id = childId(runId, child);
    const spent = await spentBy(id, open);
    const store = directory === null ? options.storeOf?.(id) : undefined;
    if (directory === null && !store) throw new RefusedError(`there is no store for run ${id}`);
    // Limits are those of the run that holds it: what it used counts there when it ends.
    const { storm, requests: _, stopAt: __, ...shared } = options;
    const alive = (): void => {
      onAlive();
      options.onAlive?.();
    };
    const secrets = own instanceof HidingStore ? own.hides : [];
    const how = {
      ...{ ...shared, ...(storm && { storm }), executors, secrets },
      ...{ ...given, onEvent: alive, onAlive: alive },
    };
    const within = store ? { ...how, store } : how;
    let result: RunResult;
    try {
      result = spent
        ? await runs.resume(id, { ...within, plan })
        : await runs.run(plan, { ...within, input, runId: id });
    } finally {
      await store?.close();
    }
    const before = spent && (await countedOf(child, spent, own));
    return { result, before, after: (await spentBy(id, open)) ?? result.totals };
  };
  const subflow = new SubflowExecutor(new OutputParser(), { attend: attendChild });
  return { get: (kind) => executors.get(kind) ?? (kind === "subflow" ? subflow : undefined) };
}

/** Of a process that was killed there may be a directory without anything in it: whoever writes there sees to it. */
const openExisting = async (runId: string, options: CommonOptions): Promise<Store | null> => {
  const root = path.resolve(options.root);
  return hasRun(root, runId) ? openRun(runDirectory(root, runId), root, hostOf(options)) : null;
};

function servicesOf(
  runs: Runs,
  options: CommonOptions,
  at: Attended,
  executors: Services["executors"],
): Services {
  const { script } = options;
  const root = path.resolve(options.root);
  return {
    store: at.store,
    executors: withChildren(runs, options, at, executors),
    clock: options.clock ?? systemClock,
    maxConcurrency: options.maxConcurrency ?? MAX_CONCURRENCY,
    ...(options.storm && { storm: limitsOf(options.storm) }),
    wait: () => options.leave?.aborted === false || (options.wait ?? false),
    ...(options.onIdle && { onIdle: options.onIdle }),
    ...(options.stopAt && Object.keys(options.stopAt).length > 0 && { stopAt: options.stopAt }),
    ...(options.prices && Object.keys(options.prices).length > 0 && { prices: options.prices }),
    ...(options.prepared && { prepared: options.prepared }),
    onEvent: (event) => options.onEvent?.(at.store instanceof HidingStore ? at.store.hidden(event) : event),
    nextRunId: () => nextRunId(at.runId, at.isNext, (name) => at.directory !== null && hasRun(root, name)),
    decider: (address, kind, tool) => {
      if (options.decider) return options.decider(address, kind, tool, at.runId);
      return script ? decideScripted(script, at.runId, address, kind, tool) : undefined;
    },
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

function openInbox(directory: string, take: ConstructorParameters<typeof Inbox>[1]): () => void {
  const inbox = new Inbox(directory, take);
  inbox.open();
  return () => inbox.close();
}

function endAttempt({ process }: AttemptRecord): void {
  if (process) endProcess(process);
}
