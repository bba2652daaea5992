/** The store: one run's journal behind one interface, with a durable driver and one in memory. */
export { MemorySpace, memoryReader, memoryStore } from "./memory.ts";
export { openStore, type StoreOptions } from "./sqljs/driver.ts";
export { loadSqlite } from "./sqljs/load.ts";
export { openReader, type ReaderOptions } from "./sqljs/reader.ts";
export * from "./store.ts";
