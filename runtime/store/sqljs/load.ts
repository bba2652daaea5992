import { loadEngine } from "./engine.ts";
import { NodeVfs } from "./vfs.ts";

/** Loads SQLite, about 20 ms, for any number of stores and readers to share. */
export async function loadSqlite(): Promise<NodeVfs> {
  return new NodeVfs(await loadEngine());
}
