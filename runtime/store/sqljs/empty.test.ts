/** The image of an empty store is what the migrations make (`UPDATE=1` writes it anew). */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { expect, it } from "vitest";
import { nodeDisk } from "../disk.ts";
import { Connection } from "./connection.ts";
import { emptyStore } from "./empty.ts";
import { loadSqlite } from "./load.ts";
import { migrate } from "./migrations.ts";

it("an empty store is what the migrations make", async () => {
  const scratch = mkdtempSync(path.join(os.tmpdir(), "smithers-empty-"));
  try {
    const database = path.join(scratch, "store.db");
    const vfs = await loadSqlite();
    const connection = new Connection(
      vfs,
      { database, log: `${database}.log` },
      { disk: nodeDisk, readonly: false, cacheKiB: 1024 },
    );
    connection.exec("PRAGMA page_size=1024; PRAGMA journal_mode=MEMORY; PRAGMA synchronous=OFF");
    migrate(connection, database);
    connection.close();
    const made = readFileSync(database);
    if (process.env.UPDATE === "1") {
      const text = gzipSync(made, { level: 9 }).toString("base64");
      writeFileSync(
        path.join(import.meta.dirname, "empty.gen.ts"),
        `/** Made by empty.test.ts: a store right after its migrations, gzip, base64. */\nexport const EMPTY_STORE =\n  "${text}";\n`,
      );
      return;
    }
    expect(Buffer.compare(made, emptyStore())).toBe(0);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
});
