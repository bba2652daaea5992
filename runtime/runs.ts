/** Where runs live: `ROOT/.smithers/runs/ID/`, one directory a run. */
import { existsSync, mkdirSync, readdirSync } from "node:fs";
import path from "node:path";
import { childId, isChildId, isRunId, makeRunId, namesOf } from "./interpreter/run-id.ts";

/** There is no run of that name. */
export class UnknownRunError extends Error {
  constructor(runId: string, root: string) {
    super(`there is no run ${runId} in ${path.join(root, ".smithers", "runs")}`);
    this.name = "UnknownRunError";
  }
}

export function runsDirectory(root: string): string {
  return path.join(root, ".smithers", "runs");
}

/** Results that later runs may take, of tasks that say so. */
export function cacheDirectory(root: string): string {
  return path.join(root, ".smithers", "cache");
}

/** Pauses that providers asked all runs of the project for. */
export function pausesDirectory(root: string): string {
  return path.join(root, ".smithers", "pauses");
}

/**
 * The store stands in a directory of its own, beside inbox, logs and artifacts. A run that was taken back goes on in another
 * one, `store-2`, `store-3`, …: the last one counts, those before it are its history.
 * @param number from 1. Default: the last one
 */
export function storeDirectory(runDir: string, number: number = lastStore(runDir)): string {
  return path.join(runDir, number === 1 ? "store" : `store-${number}`);
}

/** Number of the store that counts. */
export function lastStore(runDir: string): number {
  let last = 1;
  for (const name of namesIn(runDir)) {
    const [, number] = /^store-([1-9]\d{0,8})$/.exec(name) ?? [];
    last = Math.max(last, Number(number ?? 1));
  }
  return last;
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

/** Of an existing run. @throws UnknownRunError */
export function runDirectory(root: string, runId: string): string {
  const directory = directoryOf(root, runId);
  if (!(isRunId(runId) || isChildId(runId)) || !existsSync(directory)) throw new UnknownRunError(runId, root);
  return directory;
}

/** A run that a node of another one holds lives in that one's directory. */
function directoryOf(root: string, runId: string): string {
  const [first = "", ...names] = namesOf(runId);
  return names.reduce(
    (outer, name) => path.join(outer, CHILDREN, name),
    path.join(runsDirectory(root), first),
  );
}

/** Folder of a run's directory in which the runs are that its nodes hold. */
export const CHILDREN = "children";

/** A name that can't be one of a run. */
export class RunNameError extends Error {
  constructor(runId: string) {
    super(`${JSON.stringify(runId)} can't name a run: use letters, digits, "-", "_" and "."`);
    this.name = "RunNameError";
  }
}

/**
 * Makes the directory of a new run. Without `runId` the name is free. A given one may be `taken`: by a run, or by what
 * is left of one that was killed before its first commit.
 * @throws RunNameError
 */
export function createRun(
  root: string,
  workflow: string,
  now: number,
  runId?: string,
): { runId: string; directory: string; taken: boolean } {
  if (runId !== undefined && !isRunId(runId) && !isChildId(runId)) throw new RunNameError(runId);
  mkdirSync(runId === undefined ? runsDirectory(root) : path.dirname(directoryOf(root, runId)), {
    recursive: true,
  });
  for (let tries = 0; ; tries++) {
    const name = runId ?? makeRunId(workflow, now, tries);
    const directory = directoryOf(root, name);
    try {
      mkdirSync(directory);
      return { runId: name, directory, taken: false };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      if (runId !== undefined) return { runId, directory, taken: true };
    }
  }
}

/** Whether there is a run of that name, or what is left of one. */
export const hasRun = (root: string, runId: string): boolean => existsSync(directoryOf(root, runId));

/** Of a run whose name is known before it begins; made where it is not there yet. */
export function newRunDirectory(root: string, runId: string): string {
  const directory = directoryOf(root, runId);
  mkdirSync(directory, { recursive: true });
  return directory;
}

/** Names of all runs under a root, oldest first as far as names tell. */
export function runIds(root: string): readonly string[] {
  try {
    return readdirSync(runsDirectory(root), { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && isRunId(entry.name))
      .map((entry) => entry.name)
      .sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

/** Those and, behind each, the runs that its nodes hold, at any depth. */
export const everyRunId = (root: string): readonly string[] =>
  runIds(root).flatMap((runId) => withChildren(root, runId));

function withChildren(root: string, runId: string): readonly string[] {
  const names = namesIn(path.join(directoryOf(root, runId), CHILDREN)).toSorted();
  const children = names.map((name) => childId(runId, name)).filter(isChildId);
  return [runId, ...children.flatMap((child) => withChildren(root, child))];
}
