/** SIGKILL of a real process at random instants and at each boundary of a commit (RUNS= sets the random kills). */
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { nodeDisk } from "../../runtime/store/disk.ts";
import { Connection } from "../../runtime/store/sqljs/connection.ts";
import { openStore } from "../../runtime/store/sqljs/driver.ts";
import { loadSqlite } from "../../runtime/store/sqljs/load.ts";
import { openReader } from "../../runtime/store/sqljs/reader.ts";
import type { NodeVfs } from "../../runtime/store/sqljs/vfs.ts";
import { integrity, randomFrom, stepsIn, work } from "./check.ts";
import type { ChildOptions } from "./child.ts";
import { acknowledged, bundleChild, start } from "./children.ts";

const RUNS = Number(process.env.RUNS ?? 20);

let vfs: NodeVfs;
let script: string;
const scratch = fs.mkdtempSync(path.join(os.tmpdir(), "store-kill-"));
beforeAll(async () => {
  [vfs, script] = await Promise.all([loadSqlite(), bundleChild()]);
});
afterAll(() => fs.rmSync(scratch, { recursive: true }));

/** What is readable after the kill, without and then with recovery. */
async function look(directory: string): Promise<number> {
  const born = fs.readdirSync(directory).some((name) => /^(lock\.\d|store\.db$)/.test(name));
  if (!born) await expect(openReader(directory, { vfs })).rejects.toMatchObject({ code: "CORRUPT" });
  const seen = born ? stepsIn(await (await openReader(directory, { vfs })).journal()) : 0;
  const store = await openStore(directory, { vfs });
  const found = stepsIn(await store.journal());
  expect(found).toBe(seen);
  expect(integrity(vfs, directory)).toBe("ok");
  await store.commit({ expectEpoch: store.epoch, writes: work(found + 1, store.epoch) });
  await store.close();
  expect(stepsIn(await (await openReader(directory, { vfs })).journal())).toBe(found + 1);
  return found;
}

/** A store of version 0: an empty database of ours, which opening migrates in place. */
function makeOldStore(directory: string): void {
  const files = { database: path.join(directory, "store.db"), log: path.join(directory, "none") };
  const connection = new Connection(vfs, files, { disk: nodeDisk, readonly: false, cacheKiB: 1024 });
  connection.exec("PRAGMA journal_mode=MEMORY; PRAGMA application_id=0x536d7468; VACUUM");
  connection.close();
  expect(fs.statSync(files.database).size).toBeGreaterThan(0);
}

describe("SIGKILL", () => {
  it(`loses nothing in ${RUNS} random kills of one run, and doubles nothing`, async () => {
    const directory = path.join(scratch, "random");
    const random = randomFrom(4);
    let known = 0;
    for (let i = 0; i < RUNS; i += 1) {
      const options: ChildOptions = { together: 1 + (i % 3), store: { checkpointBytes: 200_000 } };
      const child = start(script, [directory, JSON.stringify(options)]);
      await child.line("open");
      await new Promise((resolve) => setTimeout(resolve, random() * 200));
      child.process.kill("SIGKILL");
      await child.ended;
      known = Math.max(known, acknowledged(child));
      const found = await look(directory);
      expect(found).toBeGreaterThanOrEqual(known);
      expect(found).toBeLessThanOrEqual(known + (options.together ?? 1));
      known = found + 1;
    }
    expect(known).toBeGreaterThan(RUNS);
  });

  const at = (
    when: "before" | "after",
    operation: NonNullable<ChildOptions["kill"]>["operation"],
    file: string,
    nth: number,
  ): NonNullable<ChildOptions["kill"]> => ({ when, operation, file, nth });

  it.each([
    ["before the lock is made", at("before", "link", "lock.", 1)],
    ["after the lock is made, before it is ready", at("after", "link", "lock.", 1)],
    ["while the database is made, before its image is sealed", at("after", "write", ".db.new", 1)],
    ["while the database is made, before its sync", at("before", "sync", ".db.new", 1)],
    ["before the made database is named", at("before", "link", "store.db", 1)],
    ["after the made database is named", at("after", "link", "store.db", 1)],
    ["in a migration, before it is logged", at("before", "write", "store.log", 2)],
    ["in a migration, before its sync", at("before", "sync", "store.log", 2)],
    ["in a migration, after its sync", at("after", "sync", "store.log", 2)],
    ["before a commit is written", at("before", "write", "store.log", 9)],
    ["after a commit is written, before its sync", at("before", "sync", "store.log", 9)],
    ["after the sync, before the acknowledgement", at("after", "sync", "store.log", 9)],
    ["at the first page of a checkpoint", at("before", "write", "store.db", 12)],
    ["in the middle of a checkpoint", at("after", "write", "store.db", 17)],
    ["before the sync of a checkpoint", at("before", "sync", "store.db", 3)],
    ["after the sync of a checkpoint", at("after", "sync", "store.db", 3)],
    ["while a large value is written", at("after", "write", "draft-", 3)],
    ["before a large value is named", at("before", "link", "sha256-", 1)],
    ["after a large value is named", at("after", "link", "sha256-", 1)],
    ["while the log is removed at close", at("before", "unlink", "store.log", 1)],
    ["after the log is removed at close", at("after", "unlink", "store.log", 1)],
    ["before the run is given back", at("before", "sync", "lock.", 2)],
  ])("%s: the next owner goes on from the last acknowledged step", async (name, kill) => {
    const directory = path.join(scratch, name.replaceAll(" ", "-"));
    fs.mkdirSync(directory);
    if (name.startsWith("in a migration")) makeOldStore(directory);
    const options: ChildOptions = { kill, steps: 40, store: { checkpointBytes: 100_000 } };
    const child = start(script, [directory, JSON.stringify(options)]);
    expect((await child.ended).signal).toBe("SIGKILL");

    const found = await look(directory);
    expect(found).toBeGreaterThanOrEqual(acknowledged(child));
    expect(found).toBeLessThanOrEqual(acknowledged(child) + 1);
  });

  it("a closed store is an ordinary SQLite file", async ({ skip }) => {
    const directory = path.join(scratch, "ordinary");
    const child = start(script, [directory, JSON.stringify({ steps: 30 } satisfies ChildOptions)]);
    await child.line("closed");
    await child.ended;
    expect(fs.readdirSync(directory).filter((n) => /log|undo|-wal|-journal/.test(n))).toEqual([]);
    const file = path.join(directory, "store.db");
    const sql = "PRAGMA integrity_check; PRAGMA journal_mode; SELECT count(*) FROM outputs;";
    let answer: string;
    try {
      answer = execFileSync("sqlite3", [file, sql], { encoding: "utf8" });
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "ENOENT") {
        skip("no sqlite3 on this machine");
      }
      throw error;
    }
    expect(answer.trim().split("\n")).toEqual(["ok", "delete", "30"]);
  });
});
