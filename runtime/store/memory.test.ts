import { conformance } from "./conformance.ts";
import { MemorySpace, memoryReader, memoryStore } from "./memory.ts";

conformance("memory", async () => {
  const space = new MemorySpace();
  return {
    open: async () => memoryStore(space),
    reader: async () => memoryReader(space),
    evict: async () => space.evict(),
    dispose: async () => {},
  };
});
