/** Looking at runs from any process, without a lock. */
import { setTimeout } from "node:timers/promises";
import { type Origin, originOf } from "./carried.ts";
import { continuationOf } from "./continuation.ts";
import { type RunResult, resultOf } from "./engine.ts";
import { reading } from "./reading.ts";
import { runDirectory, runIds, storeDirectory } from "./runs.ts";
import { stagesUnderWay } from "./stages.ts";
import { hasWriter, loadSqlite, openReader, type ReaderOptions, type SqlAnswer } from "./store/index.ts";
import { everyEvent } from "./store/paged.ts";
import { type EventRecord, type Journal, type RunReader, type RunRecord, StoreError } from "./store/store.ts";
import { type RunTotals, totalsOf } from "./usage/totals.ts";

export interface RunSummary {
  readonly runId: string;
  /** null when the directory holds no readable run; `problem` says why. */
  readonly run: RunRecord | null;
  readonly problem: string | null;
  /** Whether a process attends to it. A run that is `running` and not attended was killed, and can be resumed. */
  readonly attended: boolean;
  /** Where its state comes from; null of a run that began with nothing. */
  readonly origin: Origin | null;
  /** Phases and steps under way (`phase Implement (2 of 3)`); "" where none is. */
  readonly stage: string;
  /** What it has cost, and the calls that it has made; null where nothing is known of that. */
  readonly cost: Required<Pick<RunTotals, "costUsd" | "pricedCalls" | "calls">> | null;
}

/** All runs of a project, oldest first as far as names tell. */
export async function listRuns(root: string): Promise<readonly RunSummary[]> {
  const summaries: RunSummary[] = [];
  const vfs = await loadSqlite();
  for (const runId of runIds(root)) {
    try {
      const { journal, attended, origin } = await read(root, runId, 0, { vfs });
      const problem = journal.run ? null : "it never began";
      const stage = stagesUnderWay(journal.tasks);
      summaries.push({ runId, run: journal.run, problem, attended, origin, stage, cost: costIn(journal) });
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      const nothing = { attended: false, origin: null, stage: "", cost: null };
      summaries.push({ runId, run: null, problem: error.message, ...nothing });
    }
  }
  return summaries;
}

function costIn({ run, attempts }: Journal): RunSummary["cost"] {
  if (!run) return null;
  const { costUsd, pricedCalls, calls } = totalsOf(run, { attempts });
  return costUsd === undefined || pricedCalls === undefined ? null : { costUsd, pricedCalls, calls };
}

export interface InspectOptions {
  readonly root: string;
  /** At most this many of the last events. Default 0. */
  readonly events?: number;
}

export interface RunInspection {
  readonly result: RunResult | null;
  readonly journal: Journal;
  readonly events: readonly EventRecord[];
  /** Whether a process attends to it. */
  readonly attended: boolean;
  /** Where its state comes from; null of a run that began with nothing. */
  readonly origin: Origin | null;
}

/**
 * Everything recorded of a run, as of its last commit.
 * @throws UnknownRunError, StoreError
 */
export async function inspect(runId: string, { root, events = 0 }: InspectOptions): Promise<RunInspection> {
  const found = await read(root, runId, events);
  const { journal, continuation } = found;
  return { ...found, result: journal.run && resultOf(journal.run, journal, continuation?.next ?? null) };
}

/**
 * Reads records of a run, as of its last commit. Each call of the reader sees one state; two may see different ones.
 * @throws UnknownRunError, StoreError
 */
export function readRun<T>(
  runId: string,
  { root }: { readonly root: string },
  read: (reader: RunReader) => Promise<T>,
): Promise<T> {
  return reading(runDirectory(root, runId), read);
}

/**
 * Answers one SELECT over the tables of a run's store, of one state. They may change from version to version.
 * @throws UnknownRunError, SqlError, StoreError
 */
export async function query(
  runId: string,
  sql: string,
  { root }: { readonly root: string },
): Promise<SqlAnswer> {
  const reader = await openReader(storeDirectory(runDirectory(root, runId)));
  return reader.query(sql);
}

export interface EventsOptions {
  readonly root: string;
  /** Only events after this one. Default 0: all. */
  readonly after?: number;
  /** Go on for as long as a process attends to the run. Default false. */
  readonly follow?: boolean;
  readonly signal?: AbortSignal;
}

/**
 * The events of a run in their order, as they are on disk.
 * @throws UnknownRunError, StoreError
 */
export async function* events(
  runId: string,
  { root, after = 0, follow = false, signal }: EventsOptions,
): AsyncIterable<EventRecord> {
  const directory = storeDirectory(runDirectory(root, runId));
  const reader = await openReader(directory);
  try {
    for (let last = after; !signal?.aborted; ) {
      // Asked before reading: what a process wrote before it left is read once more.
      const attended = follow && hasWriter(directory);
      const before = last;
      for await (const event of everyEvent(reader, last)) {
        yield event;
        last = event.seq;
      }
      if (last > before) continue;
      if (!attended) return;
      await setTimeout(POLL_MS, undefined, { ...(signal && { signal }) }).catch(() => {});
    }
  } finally {
    await reader.close();
  }
}

/** Between two looks at a run that is followed. */
const POLL_MS = 100;

async function read(root: string, runId: string, count: number, options: ReaderOptions = {}) {
  const directory = runDirectory(root, runId);
  // Asked before the journal is read: a run that ends meanwhile must not look abandoned.
  const attended = hasWriter(storeDirectory(directory));
  return reading(
    directory,
    async (reader) => {
      const journal = await reader.journal();
      const events = count > 0 ? await reader.events(Math.max(0, journal.lastEvent - count), count) : [];
      const continuation = await continuationOf(reader, journal);
      return { journal, events, attended, continuation, origin: await shortOrigin(reader) };
    },
    options,
  );
}

/** Without what was carried over. */
async function shortOrigin(reader: RunReader): Promise<Origin | null> {
  const origin = await originOf(reader);
  if (!origin) return null;
  const { how, runId, store, frame, again } = origin;
  return { how, runId, store, frame, again };
}
