/** The store: one run's journal behind one interface, with a durable driver and one in memory. */
export { MemorySpace, memoryReader, memoryStore } from "./memory.ts";
export * from "./store.ts";
