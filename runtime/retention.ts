/** Removing runs that nobody needs any more. */
import { readdir, rename, rm, stat } from "node:fs/promises";
import path from "node:path";
import { UNFINISHED } from "./archive/import.ts";
import { listRuns } from "./inspect.ts";
import { runDirectory, runsDirectory, storeDirectory } from "./runs.ts";
import { claim } from "./store/index.ts";
import { type RunStatus, StoreError } from "./store/store.ts";

export interface RetentionOptions {
  readonly root: string;
  /** Only runs in one of these states. */
  readonly statuses: readonly RunStatus[];
  /** Only runs that have not changed for so long, milliseconds. */
  readonly olderThanMs: number;
  /** Of those, so many stay: the ones that changed last. */
  readonly keep: number;
  /** Remove nothing; say what would be. */
  readonly dryRun: boolean;
  /** Unix time, milliseconds. */
  readonly now: number;
}

export interface Removed {
  /** Null for what an import or a removal that was killed left behind. */
  readonly runId: string | null;
  readonly status: RunStatus | null;
  /** Unix time, milliseconds, of its last change. */
  readonly updatedAt: number;
  readonly bytes: number;
}

/** Beside the runs, under a name that no run can have: a run that is being removed. */
const GOING = ".gone-";
/** What is unfinished and older than this was left behind. */
const LEFT_AFTER_MS = 24 * 3_600_000;

/**
 * Removes the runs that `options` name. One that a process attends to is never touched: a run is owned before it is
 * removed, and disappears at once.
 * @throws what the file system throws
 */
export async function removeRuns(options: RetentionOptions): Promise<readonly Removed[]> {
  const { root, statuses, olderThanMs, keep, dryRun, now } = options;
  const removed: Removed[] = [];
  const ended = (await listRuns(root))
    .flatMap(({ runId, run, attended }) => (run && !attended ? [{ runId, run }] : []))
    .filter(({ run }) => statuses.includes(run.status))
    .sort((a, b) => b.run.updatedAt - a.run.updatedAt)
    .slice(keep)
    .filter(({ run }) => run.updatedAt <= now - olderThanMs);
  for (const { runId, run } of ended) {
    const directory = runDirectory(root, runId);
    const bytes = await sizeOf(directory);
    if (!dryRun && !(await removeRun(root, runId))) continue;
    removed.push({ runId, status: run.status, updatedAt: run.updatedAt, bytes });
  }
  for (const directory of await leftBehind(root, now)) {
    const bytes = await sizeOf(directory);
    const { mtimeMs } = await stat(directory);
    if (!dryRun) await rm(directory, { recursive: true, force: true });
    removed.push({ runId: null, status: null, updatedAt: Math.round(mtimeMs), bytes });
  }
  return removed;
}

/** False where somebody has taken it up meanwhile. */
async function removeRun(root: string, runId: string): Promise<boolean> {
  const directory = runDirectory(root, runId);
  let release: () => void;
  try {
    release = claim(storeDirectory(directory));
  } catch (error) {
    if (error instanceof StoreError && error.code === "LOCKED") return false;
    throw error;
  }
  const gone = path.join(runsDirectory(root), `${GOING}${runId}-${process.pid}`);
  try {
    await rename(directory, gone);
  } finally {
    release();
  }
  await rm(gone, { recursive: true, force: true });
  return true;
}

async function leftBehind(root: string, now: number): Promise<readonly string[]> {
  const runs = runsDirectory(root);
  const names = await readdir(runs).catch(() => []);
  const old: string[] = [];
  for (const name of names.filter((one) => one.startsWith(UNFINISHED) || one.startsWith(GOING))) {
    const directory = path.join(runs, name);
    if ((await stat(directory)).mtimeMs < now - LEFT_AFTER_MS) old.push(directory);
  }
  return old;
}

/** Bytes of all files below a directory. */
async function sizeOf(directory: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(directory, { withFileTypes: true, recursive: true }))
    if (entry.isFile()) bytes += (await stat(path.join(entry.parentPath, entry.name))).size;
  return bytes;
}
