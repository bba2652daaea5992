/** Who owns a run when several processes want it, one sleeps, or one can't be seen (SEMANTICS 30, 31; RACES= sets the races). */
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openStore } from "../../runtime/store/sqljs/driver.ts";
import { loadSqlite } from "../../runtime/store/sqljs/load.ts";
import { openReader } from "../../runtime/store/sqljs/reader.ts";
import type { NodeVfs } from "../../runtime/store/sqljs/vfs.ts";
import { integrity, stepsIn, work } from "./check.ts";
import type { ChildOptions } from "./child.ts";
import { acknowledged, bundleChild, start } from "./children.ts";

const RACES = Number(process.env.RACES ?? 12);
const CONTENDERS = 6;

let vfs: NodeVfs;
let script: string;
const scratch = fs.mkdtempSync(path.join(os.tmpdir(), "store-owner-"));
beforeAll(async () => {
  [vfs, script] = await Promise.all([loadSqlite(), bundleChild()]);
});
afterAll(() => fs.rmSync(scratch, { recursive: true }));

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const json = (options: ChildOptions): string => JSON.stringify(options);

describe("ownership", () => {
  it("LOCKED names the process that owns the run, its host and since when", async () => {
    const directory = path.join(scratch, "named");
    const child = start(script, [directory, json({ hold: true })]);
    await child.line("open 1");
    const refused = openStore(directory, { vfs });
    await expect(refused).rejects.toMatchObject({ code: "LOCKED" });
    await expect(refused).rejects.toThrow(
      new RegExp(`process ${child.process.pid} on ${os.hostname()} since \\d{4}-\\d\\d-\\d\\dT`),
    );
    child.process.stdin?.end();
    await child.line("closed");
    const store = await openStore(directory, { vfs });
    expect(store.epoch).toBe(2);
    await store.close();
  });

  it(`never has two winners in ${RACES} races of ${CONTENDERS} over a dead owner's run`, async () => {
    const directory = path.join(scratch, "races");
    const epochs: number[] = [];
    for (let race = 0; race < RACES; race += 1) {
      const gate = path.join(scratch, `gate-${race}`);
      const children = Array.from({ length: CONTENDERS }, () =>
        start(script, [directory, json({ hold: true, gate })]),
      );
      await pause(50);
      fs.writeFileSync(gate, "");
      const told = await Promise.all(
        children.map((child) => Promise.race([child.line("open"), child.line("error")])),
      );
      const winners = told.filter((line) => line.startsWith("open"));
      expect(winners).toHaveLength(1);
      expect(told.filter((line) => line.startsWith("error LOCKED"))).toHaveLength(CONTENDERS - 1);
      epochs.push(Number(winners[0]?.slice(5)));
      for (const child of children) child.process.kill("SIGKILL"); // the winner dies owning it
      await Promise.all(children.map((child) => child.ended));
    }
    expect(epochs).toEqual(epochs.toSorted((a, b) => a - b));
    expect(new Set(epochs).size).toBe(RACES);
  });

  it("a stopped owner past its heartbeat that wakes again gets EPOCH and harms nothing", async () => {
    const directory = path.join(scratch, "stopped");
    const store = { heartbeatMs: 50, staleAfterMs: 400, checkpointBytes: 60_000 };
    const sleeper = start(script, [directory, json({ store, pause: 1 })]);
    await sleeper.line("ack 5");
    sleeper.process.kill("SIGSTOP");
    await expect(openStore(directory, { vfs, ...store })).rejects.toMatchObject({ code: "LOCKED" });
    await pause(600);
    const next = await openStore(directory, { vfs, ...store });
    expect(next.epoch).toBe(2);
    const found = stepsIn(await next.journal());
    expect(found).toBeGreaterThanOrEqual(acknowledged(sleeper));

    sleeper.process.kill("SIGCONT");
    expect(await sleeper.line("error")).toMatch(/^error EPOCH/);
    await sleeper.ended;
    expect(acknowledged(sleeper)).toBeLessThanOrEqual(found);
    for (let n = found + 1; n <= found + 30; n += 1) {
      await next.commit({ expectEpoch: next.epoch, writes: work(n, next.epoch) });
    }
    const reader = await openReader(directory, { vfs });
    expect(stepsIn(await reader.journal())).toBe(found + 30);
    expect(integrity(vfs, directory)).toBe("ok");
    await next.close();
    expect(stepsIn(await reader.journal())).toBe(found + 30);
    const left = fs.readdirSync(directory).toSorted();
    expect(left).toEqual(expect.arrayContaining(["lock.2", "store-2.db"]));
    expect(left).not.toContain("store.db");
  });

  it("a living owner in another PID namespace is not taken for dead, a killed one is after its heartbeat", async ({
    skip,
  }) => {
    const space = ["unshare", "--pid", "--fork", "--kill-child=SIGKILL"];
    if (spawnSync("unshare", [...space.slice(1), "true"]).status !== 0) {
      skip("PID namespaces can't be made on this machine");
    }
    const directory = path.join(scratch, "namespace");
    const store = { heartbeatMs: 50, staleAfterMs: 500 };
    const away = start(script, [directory, json({ store, steps: 1e6, pause: 2 })], space);
    await away.line("ack 5");
    await pause(700);
    await expect(openStore(directory, { vfs, ...store })).rejects.toThrow(/another PID namespace/);

    away.process.kill("SIGKILL"); // unshare dies, and with it all of its namespace
    await away.ended;
    const known = acknowledged(away);
    await expect(openStore(directory, { vfs, ...store })).rejects.toMatchObject({ code: "LOCKED" });
    await pause(700);
    const next = await openStore(directory, { vfs, ...store });
    expect(stepsIn(await next.journal())).toBeGreaterThanOrEqual(known);
    await next.close();
  });

  it("a successor in another PID namespace does not take a living owner's run", async ({ skip }) => {
    const space = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child=SIGKILL"];
    if (spawnSync("unshare", [...space.slice(1), "true"]).status !== 0) {
      skip("PID namespaces can't be made on this machine");
    }
    const directory = path.join(scratch, "namespace-inside");
    const store = await openStore(directory, { vfs, heartbeatMs: 50 });
    const inside = start(script, [directory, json({ steps: 1 })], space);
    expect(await inside.line("error")).toMatch(/^error LOCKED/);
    await store.close();
    const after = start(script, [directory, json({ steps: 1 })], space);
    await after.line("closed");
  });

  it("epochs go on above those of a database that was copied without its locks", async () => {
    const [directory, other] = [path.join(scratch, "locks"), path.join(scratch, "copied")];
    for (let n = 1; n <= 3; n += 1) {
      const store = await openStore(directory, { vfs });
      expect(store.epoch).toBe(n);
      await store.commit({ expectEpoch: n, writes: work(n, n) });
      await store.close();
    }
    expect(fs.readdirSync(directory).filter((n) => n.startsWith("lock."))).toEqual(["lock.2", "lock.3"]);
    fs.mkdirSync(other);
    fs.copyFileSync(path.join(directory, "store.db"), path.join(other, "store.db"));
    const store = await openStore(other, { vfs });
    expect(store.epoch).toBe(4);
    expect(stepsIn(await store.journal())).toBe(3);
    await store.close();
  });
});

describe("readers", () => {
  it("see only committed prefixes of a writer at full speed, and its end after SIGKILL", async () => {
    const directory = path.join(scratch, "read");
    const options: ChildOptions = { together: 2, store: { checkpointBytes: 30_000 } };
    const writer = start(script, [directory, json(options)]);
    await writer.line("ack");
    const reader = await openReader(directory, { vfs });
    let last = 0;
    let polls = 0;
    // by time, so that the writer gets far; by polls, where the machine is busy
    for (const end = Date.now() + 1500; Date.now() < end || polls < 5 || last < 11; polls += 1) {
      const known = acknowledged(writer);
      const found = stepsIn(await reader.journal());
      expect(found).toBeGreaterThanOrEqual(Math.max(last, known));
      const events = await reader.events(0, 1e6);
      expect(events.map((e) => e.seq)).toEqual(Array.from(events, (_, i) => i + 1));
      expect(events.length).toBeGreaterThanOrEqual(found);
      last = found;
      await pause(0);
    }
    writer.process.kill("SIGKILL");
    await writer.ended;
    const found = stepsIn(await reader.journal());
    expect(found).toBeGreaterThanOrEqual(acknowledged(writer));
    expect(await reader.frames(found - 1, 5)).toHaveLength(1);
    await reader.close();
  });
});
