/** Frames of a run, back to what it was forked from: each store begins where another one left off. */
import { existsSync } from "node:fs";
import { originOf } from "../carried.ts";
import { reading } from "../reading.ts";
import { hasRun, lastStore, runDirectory, storeDirectory } from "../runs.ts";
import type { RunReader } from "../store/store.ts";

/** A store of a run. */
export interface StoreOf {
  readonly runId: string;
  /** From 1. */
  readonly store: number;
}

/** The run has no such frame, or it can't be replayed up to it. */
export class UnknownFrameError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "UnknownFrameError";
  }
}

/**
 * Opens the store in which the run had a frame of this number: its last one, or one that it comes from.
 * @throws UnknownRunError, UnknownFrameError, StoreError
 */
export async function readingFrame<T>(
  root: string,
  runId: string,
  frame: number,
  read: (reader: RunReader, of: StoreOf) => Promise<T>,
): Promise<T> {
  let of: StoreOf = { runId, store: lastStore(runDirectory(root, runId)) };
  for (;;) {
    const at: StoreOf = of;
    if (!isThere(root, at))
      throw new UnknownFrameError(
        `frame ${frame} of run ${runId} is one of ${at.runId === runId ? "an earlier store of it" : `run ${at.runId}`}, which is not there`,
      );
    const found = await readingStore(root, at, async (reader) => {
      const origin = await originOf(reader);
      if (origin === null || origin.at === null || frame > origin.at)
        return { value: await read(reader, at) };
      return { origin };
    });
    if ("value" in found) return found.value;
    of = before(at, found.origin);
  }
}

/** The store that one comes from. What was imported alone has none of its earlier ones: its number stands for another. */
export const before = (at: StoreOf, { runId, store }: StoreOf): StoreOf =>
  runId === at.runId && store >= at.store ? { runId, store: 0 } : { runId, store };

export const isThere = (root: string, { runId, store }: StoreOf): boolean =>
  hasRun(root, runId) && store > 0 && existsSync(storeDirectory(runDirectory(root, runId), store));

/** @throws UnknownRunError where the run is not there any more, StoreError */
export const readingStore = <T>(
  root: string,
  { runId, store }: StoreOf,
  read: (reader: RunReader) => Promise<T>,
): Promise<T> => reading(runDirectory(root, runId), read, { store });
