/** Files that are no store, damaged, newer, read-only; disks that are full or fail. Nothing is ever overwritten. */
import { execFileSync, spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { nodeDisk } from "../../runtime/store/disk.ts";
import { transition } from "../../runtime/store/sample.ts";
import { Connection } from "../../runtime/store/sqljs/connection.ts";
import { openStore } from "../../runtime/store/sqljs/driver.ts";
import { loadSqlite } from "../../runtime/store/sqljs/load.ts";
import { openReader } from "../../runtime/store/sqljs/reader.ts";
import { NodeVfs } from "../../runtime/store/sqljs/vfs.ts";
import { contents, integrity, stepsIn, work } from "./check.ts";
import { type Watched, watch } from "./watched-disk.ts";

let vfs: NodeVfs;
const scratch = fs.mkdtempSync(path.join(os.tmpdir(), "store-damage-"));
let directory: string;
let file: string;
let number = 0;
beforeAll(async () => {
  vfs = await loadSqlite();
});
beforeEach(() => {
  number += 1;
  directory = path.join(scratch, String(number));
  fs.mkdirSync(directory);
  file = path.join(directory, "store.db");
});
afterAll(() => fs.rmSync(scratch, { recursive: true }));

async function filled(steps: number): Promise<void> {
  const store = await openStore(directory, { vfs });
  for (let n = 1; n <= steps; n += 1) await store.commit({ expectEpoch: store.epoch, writes: work(n, 1) });
  await store.close();
}

/** Everything in the directory but the locks, which every opening adds to. */
const kept = (): Map<string, string> =>
  new Map([...contents(directory)].filter(([name]) => !name.startsWith("lock.") && !name.endsWith(".seq")));

function edit(change: (db: Connection) => void): void {
  const files = { database: file, log: path.join(directory, "edit.log") };
  const db = new Connection(vfs, files, { disk: nodeDisk, readonly: false, cacheKiB: 1024 });
  db.exec("PRAGMA journal_mode=MEMORY");
  change(db);
  db.close();
}

/** Opens for writing and for reading; both refuse, naming the file, and change nothing. */
async function bothRefuse(code: string, name: string): Promise<void> {
  const before = kept();
  const problems: unknown[] = [];
  try {
    const store = await openStore(directory, { vfs });
    try {
      await store.journal();
    } finally {
      await store.close();
    }
  } catch (error) {
    problems.push(error);
  }
  try {
    const reader = await openReader(directory, { vfs });
    await reader.journal();
  } catch (error) {
    problems.push(error);
  }
  expect(problems).toHaveLength(2);
  for (const problem of problems) {
    expect(problem).toMatchObject({ name: "StoreError", code });
    expect(String(problem)).toContain(name);
  }
  const same = (content: Map<string, string>): [string, string][] =>
    [...content].map(([n, text]) => [
      n,
      text.slice(0, 18) + text.slice(20, 24) + text.slice(28, 92) + text.slice(96),
    ]);
  expect(same(kept())).toEqual(same(before));
}

describe("what is no store", () => {
  it("a text file", async () => {
    fs.writeFileSync(file, "Dear diary,\n".repeat(1000));
    await bothRefuse("CORRUPT", file);
    expect(fs.readFileSync(file, "utf8")).toBe("Dear diary,\n".repeat(1000));
  });

  it("a short text file", async () => {
    fs.writeFileSync(file, "hello");
    await bothRefuse("CORRUPT", file);
    expect(fs.readFileSync(file, "utf8")).toBe("hello");
  });

  it("another program's database", async () => {
    edit((db) => db.exec("CREATE TABLE theirs (a)"));
    await bothRefuse("CORRUPT", file);
  });

  it("a database with another SQLite's log", async () => {
    await filled(2);
    fs.writeFileSync(`${file}-wal`, "something");
    await expect(openStore(directory, { vfs })).rejects.toMatchObject({ code: "CORRUPT" });
    expect(fs.readFileSync(`${file}-wal`, "utf8")).toBe("something");
  });

  it("a directory without a store, for a reader", async () => {
    await expect(openReader(directory, { vfs })).rejects.toThrow(/no store in/);
    await expect(openReader(path.join(directory, "none"), { vfs })).rejects.toThrow(/no store in/);
    expect(fs.readdirSync(directory)).toEqual([]);
  });

  it("a store of a newer version", async () => {
    await filled(2);
    edit((db) => db.exec("PRAGMA user_version=99"));
    await bothRefuse("VERSION", file);
  });
});

describe("a store of the version before", () => {
  it("is read as it is, and brought up to date by who writes on", async () => {
    await filled(2);
    edit((db) =>
      db.exec(
        "DROP VIEW state; DROP INDEX transitions_of_key; DROP TABLE transitions; PRAGMA user_version=1",
      ),
    );
    const reader = await openReader(directory, { vfs });
    const { lastEvent, state } = await reader.journal();
    expect(lastEvent).toBeGreaterThan(0);
    expect(state).toEqual({});
    expect(await reader.transitions(0, 10)).toEqual([]);
    const store = await openStore(directory, { vfs });
    try {
      expect((await store.journal()).lastEvent).toBe(lastEvent);
      await store.commit({ expectEpoch: store.epoch, writes: [transition(1, "phase", "review")] });
      expect((await store.journal()).state).toEqual({ phase: "review" });
    } finally {
      await store.close();
    }
    expect((await reader.journal()).state).toEqual({ phase: "review" });
    await reader.close();
  });
});

describe("damage", () => {
  it("a truncated store", async () => {
    await filled(40);
    fs.truncateSync(file, 3 * 4096);
    await bothRefuse("CORRUPT", file);
  });

  it("pages of garbage", async () => {
    await filled(40);
    const bytes = fs.readFileSync(file);
    for (let at = 4096; at < bytes.length; at += 1) bytes[at] = (at * 31) & 255;
    fs.writeFileSync(file, bytes);
    await bothRefuse("CORRUPT", file);
  });

  it("torn pages", async () => {
    await filled(40);
    const bytes = fs.readFileSync(file);
    for (let page = 4096; page < bytes.length; page += 4096) bytes.fill(0, page, page + 512);
    fs.writeFileSync(file, bytes);
    await bothRefuse("CORRUPT", file);
  });

  it("a large value's file that is damaged or gone", async () => {
    await filled(8);
    const [name = ""] = fs.readdirSync(path.join(directory, "blobs"));
    const blob = path.join(directory, "blobs", name);
    const bytes = fs.readFileSync(blob);
    bytes[1000] = (bytes[1000] ?? 0) ^ 1;
    fs.writeFileSync(blob, bytes);
    await bothRefuse("CORRUPT", name);
    await expect(openReader(directory, { vfs }).then((r) => r.journal())).rejects.toThrow(
      "The last frame that can be read is 8",
    );
    fs.unlinkSync(blob);
    await bothRefuse("CORRUPT", name);
  });

  it("a log whose end is torn gives what was whole", async () => {
    const store = await openStore(directory, { vfs });
    for (let n = 1; n <= 6; n += 1) await store.commit({ expectEpoch: 1, writes: work(n, 1) });
    const log = path.join(directory, "store.log.1");
    const bytes = fs.readFileSync(log);
    // What follows the frames is zeros.
    const end = bytes.findLastIndex((byte) => byte !== 0) + 1;
    expect(end).toBeLessThan(bytes.length);
    const tears: readonly ((log: string) => void)[] = [
      (torn) => fs.truncateSync(torn, end - 700),
      (torn) => fs.writeFileSync(torn, Buffer.from(bytes).fill(0, end - 700)),
    ];
    for (const [index, tear] of tears.entries()) {
      const torn = path.join(scratch, `${number}-torn-${index}`);
      fs.cpSync(directory, torn, { recursive: true });
      tear(path.join(torn, "store.log.1"));
      const reader = await openReader(torn, { vfs });
      expect(stepsIn(await reader.journal())).toBe(5);
    }
    await store.close();
  });
});

describe("disks", () => {
  const failing = (code: string, when: (operation: Watched) => boolean) => {
    const state = { on: false, hits: 0 };
    const disk = watch(nodeDisk, {
      before(operation) {
        if (!state.on || !when(operation)) return;
        state.hits += 1;
        throw Object.assign(new Error(`${code}: injected`), { code });
      },
    });
    return { disk, state };
  };

  it.each<[string, (operation: Watched) => boolean]>([
    ["writing", (op) => op.name === "write"],
    ["writing the log", (op) => op.name === "write" && op.file.includes("store.log")],
    ["syncing", (op) => op.name === "sync"],
    ["large values", (op) => op.name === "create" || (op.name === "write" && op.file.includes("draft"))],
  ])(
    "full when %s: the commit is refused with FULL, the store goes on when there is space",
    async (_, when) => {
      const { disk, state } = failing("ENOSPC", when);
      const store = await openStore(directory, { vfs, disk, checkpointBytes: 50_000 });
      let refused = 0;
      for (let n = 1; n <= 40; ) {
        state.on = n % 5 === 2 && refused < 3 * n;
        const done = store.commit({ expectEpoch: 1, writes: work(n, 1) });
        if (state.on) {
          const outcome = await done.then(
            () => null,
            (error: unknown) => error,
          );
          state.on = false;
          if (outcome === null) n += 1;
          else {
            expect(outcome).toMatchObject({ code: "FULL" });
            refused += 1;
            await store.commit({ expectEpoch: 1, writes: work(n, 1) });
            n += 1;
          }
          continue;
        }
        await done;
        n += 1;
      }
      expect(state.hits).toBeGreaterThan(0);
      expect(stepsIn(await store.journal())).toBe(40);
      await store.close();
      const again = await openStore(directory, { vfs });
      expect(stepsIn(await again.journal())).toBe(40);
      expect(integrity(vfs, directory)).toBe("ok");
      await again.close();
    },
  );

  it("a failed sync ends the store with IO; what was acknowledged is there when it is opened again", async () => {
    const { disk, state } = failing("EIO", (op) => op.name === "sync" && op.file.includes("store.log"));
    const store = await openStore(directory, { vfs, disk });
    for (let n = 1; n <= 5; n += 1) await store.commit({ expectEpoch: 1, writes: work(n, 1) });
    state.on = true;
    await expect(store.commit({ expectEpoch: 1, writes: work(6, 1) })).rejects.toMatchObject({ code: "IO" });
    state.on = false;
    await expect(store.commit({ expectEpoch: 1, writes: work(6, 1) })).rejects.toMatchObject({ code: "IO" });
    await store.close();
    const again = await openStore(directory, { vfs });
    expect(stepsIn(await again.journal())).toBe(5);
    expect(integrity(vfs, directory)).toBe("ok");
    await again.close();
  });

  it("no space to make a store in", async () => {
    const { disk, state } = failing("ENOSPC", (op) => op.name === "write");
    state.on = true;
    await expect(openStore(directory, { vfs, disk })).rejects.toMatchObject({ code: "FULL" });
    const store = await openStore(directory, { vfs });
    await store.close();
  });

  it("a real small disk that fills up", async ({ skip }) => {
    const mount = path.join(scratch, `${number}-mount`);
    fs.mkdirSync(mount);
    const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", mount]);
    if (mounted.status !== 0) skip("a tmpfs can't be mounted on this machine");
    try {
      const store = await openStore(mount, { vfs });
      let n = 1;
      let problem: unknown = null;
      for (; n < 2000 && problem === null; n += 1) {
        await store.commit({ expectEpoch: 1, writes: work(n, 1) }).catch((error: unknown) => {
          problem = error;
        });
      }
      expect(problem).toMatchObject({ code: "FULL" });
      const steps = n - 2;
      expect(stepsIn(await store.journal())).toBe(steps);
      await store.close().catch(() => undefined);
      execFileSync("mount", ["-o", "remount,size=16m", mount]);
      const again = await openStore(mount, { vfs });
      expect(stepsIn(await again.journal())).toBe(steps);
      expect(integrity(vfs, mount)).toBe("ok");
      await again.close();
    } finally {
      spawnSync("umount", [mount]);
    }
  });

  it("a directory that can't be written, and still be read", async () => {
    await filled(3);
    const { disk, state } = failing("EACCES", (op) => op.name !== "open");
    state.on = true;
    const refused = openStore(directory, { vfs, disk });
    await expect(refused).rejects.toMatchObject({ code: "IO" });
    await expect(refused).rejects.toThrow(directory);
    const reader = await openReader(directory, { vfs, disk });
    expect(stepsIn(await reader.journal())).toBe(3);
  });
});

describe("the engine", () => {
  it("refuses an unknown inner layout before any file is touched", async () => {
    const strange = {
      sql: {
        Database: class {
          db = 8;
          close(): void {}
        },
        UTF8ToString: () => "other",
        _malloc: () => 8,
      },
      memory: { buffer: new ArrayBuffer(65_536) },
    };
    // @ts-expect-error a package that is not as known
    expect(() => new NodeVfs(strange)).toThrow(/unknown inner layout/);
  });

  it("lets no SQL reach other files", async () => {
    await filled(1);
    const files = { database: file, log: path.join(directory, "store.log.9") };
    const db = new Connection(vfs, files, { disk: nodeDisk, readonly: true, cacheKiB: 1024 });
    const other = path.join(directory, "other.db");
    expect(() => db.exec(`ATTACH '${other}' AS other`)).toThrow();
    db.close();
    expect(fs.existsSync(other)).toBe(false);
  });
});
