import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { conformance } from "../conformance.ts";
import { openStore } from "./driver.ts";
import { loadSqlite } from "./load.ts";
import { openReader } from "./reader.ts";

const vfs = loadSqlite();

conformance("sql.js over files", async () => {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), "store-"));
  const engine = await vfs;
  return {
    open: () => openStore(directory, { vfs: engine, heartbeatMs: 1e6 }),
    reader: () => openReader(directory, { vfs: engine }),
    evict: async () => {
      for (const name of fs.readdirSync(directory)) {
        if (name.startsWith("lock.")) fs.utimesSync(path.join(directory, name), 1, 1);
      }
    },
    dispose: async () => fs.rmSync(directory, { recursive: true }),
  };
});
