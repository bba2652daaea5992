/** A workload whose every step can be recognised, and the check that a journal holds a prefix of it, whole. */
import fs from "node:fs";
import path from "node:path";
import type { Json } from "../../plan/types.ts";
import { type Disk, nodeDisk } from "../../runtime/store/disk.ts";
import { lastReady, listLocks } from "../../runtime/store/lock.ts";
import { at, attempt, event, frame, output, run, task } from "../../runtime/store/sample.ts";
import { Connection } from "../../runtime/store/sqljs/connection.ts";
import { filesOf } from "../../runtime/store/sqljs/generation.ts";
import type { NodeVfs } from "../../runtime/store/sqljs/vfs.ts";
import type { Journal, Write } from "../../runtime/store/store.ts";

/** Every seventh of the first steps has an output that is kept in a file of its own. */
const isLarge = (n: number): boolean => n % 7 === 0 && n < 60;

function payload(n: number): Json {
  const text = isLarge(n) ? `${n} `.repeat(140_000) : `payload ${n} `.repeat(1 + ((n * 37) % 90));
  return { n, text };
}

/** Step n: task, attempt, output, frame, event, and every tenth time the run. */
export function work(n: number, epoch: number): Write[] {
  const address = at(`task-${n}`, n % 3, n % 2 ? "outer=1" : "");
  return [
    ...(n % 10 === 1 ? [run({ updatedAt: n })] : []),
    task(address, { frame: n, reason: `step ${n}` }),
    attempt(address, { attempt: n, epoch }),
    output(n, address, { raw: payload(n), value: payload(n), frame: n }),
    frame(n, { delta: { step: n } }),
    event(n, { step: n }),
  ];
}

/** How many steps the journal holds, if it holds exactly the first ones, each whole; otherwise throws what is wrong. */
export function stepsIn(journal: Journal): number {
  const count = journal.outputs.length;
  const expect = (ok: boolean, what: string): void => {
    if (!ok) throw new Error(`the journal is no prefix: ${what} of ${count} steps`);
  };
  expect(journal.tasks.length === count, `${journal.tasks.length} tasks`);
  expect(journal.attempts.length === count, `${journal.attempts.length} attempts`);
  expect(journal.lastEvent === count, `event ${journal.lastEvent}`);
  expect((journal.lastFrame?.frame ?? 0) === count, `frame ${journal.lastFrame?.frame}`);
  journal.outputs.forEach((row, i) => {
    expect(row.seq === i + 1, `output ${row.seq} at ${i}`);
    expect(
      JSON.stringify(row.value) === JSON.stringify(payload(i + 1)),
      `output ${row.seq} with another value`,
    );
    expect(journal.tasks[i]?.reason === `step ${i + 1}`, `task ${i}`);
    expect(journal.attempts[i]?.attempt === i + 1, `attempt ${i}`);
  });
  return count;
}

/** SQLite's own check of the files that hold the truth; "ok". */
export function integrity(vfs: NodeVfs, directory: string, disk: Disk = nodeDisk): string {
  const ready = lastReady(listLocks(disk, directory));
  if (!ready) return "ok";
  const files = filesOf(directory, ready.ready);
  if ((disk.stat(files.database)?.size ?? 0) === 0) return "ok";
  const connection = new Connection(vfs, files, { disk, readonly: true, cacheKiB: 4096 });
  try {
    return String(connection.value("PRAGMA integrity_check"));
  } finally {
    connection.close();
  }
}

/** Random numbers in [0, 1) that a seed repeats. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0 || 1;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Content of every file of a directory, by name. */
export function contents(directory: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const name of fs.readdirSync(directory)) {
    const file = path.join(directory, name);
    if (fs.statSync(file).isFile()) found.set(name, fs.readFileSync(file, "latin1"));
  }
  return found;
}
