/** The store: one run's journal behind one interface, with a durable driver and one in memory. */
import path from "node:path";
import { nodeDisk } from "./disk.ts";
import { heartbeatAge, isOwned, Ownership } from "./lock.ts";

import { currentGeneration } from "./sqljs/generation.ts";

export { MemorySpace, memoryReader, memoryStore } from "./memory.ts";
export { openStore, type StoreOptions } from "./sqljs/driver.ts";
export { loadSqlite } from "./sqljs/load.ts";
export { SqlError } from "./sqljs/query.ts";
export { checkStore, openReader, type ReaderOptions, type SqlAnswer, type SqlCell } from "./sqljs/reader.ts";
export { snapshotStore } from "./sqljs/snapshot.ts";
export * from "./store.ts";
export { nodeDisk };

/** Whether a process may be writing to the store in this directory. */
export function hasWriter(directory: string): boolean {
  return isOwned(nodeDisk, directory);
}

/** Whether there is a store in this directory. One that is only being made is none yet. */
export function hasStore(directory: string): boolean {
  const generation = currentGeneration(nodeDisk, directory);
  return generation !== null && nodeDisk.stat(path.join(directory, generation.database)) !== null;
}

/** Milliseconds since the owner of the store in this directory gave a sign of life; null when nobody owns it. */
export function lockAge(directory: string): number | null {
  return heartbeatAge(nodeDisk, directory);
}

/**
 * Owns the store in this directory without opening it: to remove it.
 * @returns what gives it back
 * @throws StoreError `LOCKED` while another process owns it
 */
export function claim(directory: string): () => void {
  const ownership = Ownership.take({
    disk: nodeDisk,
    directory,
    above: 0,
    heartbeatMs: 2_000,
    staleAfterMs: 15_000,
  });
  return () => ownership.release();
}
