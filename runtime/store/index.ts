/** The store: one run's journal behind one interface, with a durable driver and one in memory. */
import { nodeDisk } from "./disk.ts";
import { isOwned } from "./lock.ts";

export { MemorySpace, memoryReader, memoryStore } from "./memory.ts";
export { openStore, type StoreOptions } from "./sqljs/driver.ts";
export { loadSqlite } from "./sqljs/load.ts";
export { openReader, type ReaderOptions } from "./sqljs/reader.ts";
export * from "./store.ts";

/** Whether a process may be writing to the store in this directory. */
export function hasWriter(directory: string): boolean {
  return isOwned(nodeDisk, directory);
}
