/**
 * Taking a run back, in its own name. Its journal is not touched: the run goes on in a store of its own beside it, which
 * counts from the moment at which it has its name (runs.ts). Killed at any moment, the run is as it was or taken back.
 */
import { randomBytes } from "node:crypto";
import { closeSync, existsSync, fsyncSync, openSync, readdirSync, renameSync, rmSync } from "node:fs";
import path from "node:path";
import { begin } from "../carried.ts";
import { systemHost } from "../host.ts";
import { CHILDREN, lastStore, runDirectory, storeDirectory } from "../runs.ts";
import { HidingStore } from "../secrets.ts";
import { openStore } from "../store/index.ts";
import type { RunReader } from "../store/store.ts";
import { openRun } from "../writing.ts";
import type { Travelled, TravelOptions } from "./fork.ts";
import { readingFrame } from "./lineage.ts";
import { type PastState, stateAfter } from "./state.ts";

/**
 * Takes a run back to the state that it had after one of its frames; nothing of it runs before it is resumed.
 * @throws UnknownRunError, UnknownFrameError, RefusedError; StoreError, `LOCKED` while a process attends to the run
 */
export async function rewind(
  runId: string,
  { root: given, frame }: TravelOptions,
): Promise<Travelled & TakenBack> {
  const root = path.resolve(given);
  const taken = await takingBack(root, runId, async () => {
    const past = await readingFrame(root, runId, frame, (reader, of) =>
      stateAfter(reader, of, frame, "rewind"),
    );
    return { past, result: { runId, frame, repeats: past.repeats } };
  });
  putChildrenAside(runDirectory(root, runId), lastStore(runDirectory(root, runId)) - 1);
  return taken;
}

export interface TakenBack {
  /** Where the run's journal is as it was before. */
  readonly kept: string;
}

/** Owns the run while `work` finds out its new state, and puts that in the place of the present one. */
export async function takingBack<T>(
  root: string,
  runId: string,
  work: (reader: RunReader, number: number) => Promise<{ readonly past: PastState; readonly result: T }>,
): Promise<T & TakenBack> {
  const directory = runDirectory(root, runId);
  const owned = await openRun(directory, root);
  try {
    const number = lastStore(directory);
    // As it is on disk: what a replay may know of secrets is for it to say.
    const { past, result } = await work(owned.recorded, number);
    await replaceStore(directory, number + 1, past);
    return { ...result, kept: storeDirectory(directory, number) };
  } finally {
    await owned.close();
  }
}

/** Only for the run's owner. */
async function replaceStore(directory: string, number: number, past: PastState): Promise<void> {
  for (const name of readdirSync(directory))
    if (name.startsWith(DRAFT)) rmSync(path.join(directory, name), { recursive: true, force: true });
  const draft = path.join(directory, `${DRAFT}${randomBytes(6).toString("hex")}`);
  const store = new HidingStore(await openStore(draft), systemHost(path.dirname(draft)));
  try {
    await begin(store, past, past.run.runId, Date.now());
  } finally {
    await store.close();
  }
  // From here on it counts.
  renameSync(draft, storeDirectory(directory, number));
  syncDirectory(directory);
}

/** Runs that its nodes held belong to what was taken back: the same nodes begin others. */
function putChildrenAside(directory: string, number: number): void {
  const children = path.join(directory, CHILDREN);
  if (!existsSync(children)) return;
  renameSync(children, path.join(directory, `${CHILDREN}-${number}`));
  syncDirectory(directory);
}

const DRAFT = "store.draft-";

function syncDirectory(directory: string): void {
  const handle = openSync(directory, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
