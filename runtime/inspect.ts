/** Looking at runs from any process, without a lock. */
import { type RunResult, resultOf } from "./engine.ts";
import { runDirectory, runIds, storeDirectory } from "./runs.ts";
import { openReader } from "./store/index.ts";
import { type EventRecord, type Journal, type RunRecord, StoreError } from "./store/store.ts";

export interface RunSummary {
  readonly runId: string;
  /** null when the directory holds no readable run; `problem` says why. */
  readonly run: RunRecord | null;
  readonly problem: string | null;
}

/** All runs of a project, oldest first as far as names tell. */
export async function listRuns(root: string): Promise<readonly RunSummary[]> {
  const summaries: RunSummary[] = [];
  for (const runId of runIds(root)) {
    try {
      const { journal } = await read(root, runId, 0);
      summaries.push({ runId, run: journal.run, problem: journal.run ? null : "it never began" });
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      summaries.push({ runId, run: null, problem: error.message });
    }
  }
  return summaries;
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
}

/**
 * Everything recorded of a run, as of its last commit.
 * @throws UnknownRunError, StoreError
 */
export async function inspect(runId: string, { root, events = 0 }: InspectOptions): Promise<RunInspection> {
  const found = await read(root, runId, events);
  return { ...found, result: found.journal.run && resultOf(found.journal.run, found.journal) };
}

async function read(root: string, runId: string, count: number) {
  const reader = await openReader(storeDirectory(runDirectory(root, runId)));
  try {
    const journal = await reader.journal();
    const events = count > 0 ? await reader.events(Math.max(0, journal.lastEvent - count), count) : [];
    return { journal, events };
  } finally {
    await reader.close();
  }
}
