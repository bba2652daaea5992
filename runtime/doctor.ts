/** Whether this machine and this project can run workflows durably; looks and measures, and leaves nothing behind. */
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { closeSync, existsSync, fdatasyncSync, mkdirSync, openSync, rmSync, writeSync } from "node:fs";
import { mkdtemp, rm, statfs } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { listRuns } from "./inspect.ts";
import { runDirectory, runsDirectory, storeDirectory } from "./runs.ts";
import { lockAge, openReader, openStore } from "./store/index.ts";

export interface Finding {
  /** Stable name of the check. */
  readonly check: string;
  readonly verdict: "ok" | "warn" | "fail";
  readonly message: string;
  /** What to do; null where there is nothing to. */
  readonly next: string | null;
}

export interface DoctorOptions {
  readonly root: string;
  /** Environment in which agents look for keys. */
  readonly env: { readonly [name: string]: string | undefined };
}

type Verdict = Omit<Finding, "check">;

const ok = (message: string): Verdict => ({ verdict: "ok", message, next: null });
const warn = (message: string, next: string): Verdict => ({ verdict: "warn", message, next });
const fail = (message: string, next: string): Verdict => ({ verdict: "fail", message, next });

const CHECKS: {
  readonly [check: string]: (options: DoctorOptions) => Promise<Verdict | readonly Verdict[]>;
} = { node, directory, sync, store, disk, process: child, keys, runs };

/** Every check by itself: one that throws has failed. Each may give several findings. */
export async function examine(options: DoctorOptions): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const [check, look] of Object.entries(CHECKS)) {
    let found: Verdict | readonly Verdict[];
    try {
      found = await look(options);
    } catch (error) {
      found = fail(error instanceof Error ? error.message : String(error), "Look at the message.");
    }
    for (const one of [found].flat()) findings.push({ check, ...one });
  }
  return findings;
}

async function node(): Promise<Verdict> {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const found = `Node ${process.versions.node}`;
  return major > 20 || (major === 20 && minor >= 19)
    ? ok(found)
    : fail(`${found} is older than 20.19`, "Install Node 20.19 or newer.");
}

/** Where a probe of the run directory can be written: the directory itself, or the nearest one above that exists. */
function probePlace(root: string): string {
  for (let place = runsDirectory(root); ; place = path.dirname(place)) if (existsSync(place)) return place;
}

async function directory({ root }: DoctorOptions): Promise<Verdict> {
  const place = probePlace(root);
  const probe = path.join(place, `.doctor-${randomBytes(6).toString("hex")}`);
  try {
    mkdirSync(probe);
    rmSync(probe, { recursive: true });
    return ok(`${place} can be written`);
  } catch (error) {
    return fail(
      `${place} can't be written: ${(error as Error).message}`,
      "Give this user the right to write there, or name another project with --root.",
    );
  }
}

const SYNCS = 20;
/** A disk that answers faster than this can't have written anything. Milliseconds. */
const IMPOSSIBLE_MS = 0.005;
const SLOW_MS = 20;

async function sync({ root }: DoctorOptions): Promise<Verdict> {
  const file = path.join(probePlace(root), `.doctor-${randomBytes(6).toString("hex")}`);
  const times: number[] = [];
  const fd = openSync(file, "wx");
  try {
    const bytes = Buffer.alloc(4096, 1);
    for (let n = 0; n < SYNCS; n++) {
      writeSync(fd, bytes, 0, bytes.length, n * bytes.length);
      const start = performance.now();
      fdatasyncSync(fd);
      times.push(performance.now() - start);
    }
  } finally {
    closeSync(fd);
    rmSync(file, { force: true });
  }
  times.sort((a, b) => a - b);
  const median = times[SYNCS / 2] ?? 0;
  const measured = `fdatasync takes ${median.toFixed(2)} ms (median of ${SYNCS}, slowest ${times.at(-1)?.toFixed(2)} ms)`;
  if (median < IMPOSSIBLE_MS)
    return warn(
      `${measured}: too fast for a write to a disk`,
      "A file system in memory, or one that ignores syncs, loses finished steps in a power loss. Keep runs on a disk.",
    );
  return median > SLOW_MS
    ? warn(`${measured}: every step waits for one`, "Keep the project on a local disk.")
    : ok(measured);
}

/** A store of its own: written, closed, read back, removed. */
async function store({ root }: DoctorOptions): Promise<Verdict> {
  const place = await mkdtemp(path.join(probePlace(root), ".doctor-"));
  try {
    const own = await openStore(place);
    const event = { seq: 1, at: 1, type: "doctor", data: { text: "ä".repeat(300_000) } };
    await own.commit({ expectEpoch: own.epoch, writes: [{ type: "event", event }] });
    await own.close();
    const [read] = await (await openReader(place)).events(0, 1);
    return JSON.stringify(read) === JSON.stringify(event)
      ? ok("the store reads back what it wrote")
      : fail(
          "the store does not read back what it wrote",
          "Report this with your Node version and file system.",
        );
  } finally {
    await rm(place, { recursive: true, force: true });
  }
}

const FAIL_BYTES = 64 << 20;
const WARN_BYTES = 1 << 30;

async function disk({ root }: DoctorOptions): Promise<Verdict> {
  const place = probePlace(root);
  const { bavail, bsize } = await statfs(place);
  const free = bavail * bsize;
  const found = `${(free / 1e9).toFixed(1)} GB free for ${place}`;
  const next = "Free some space; `smithers gc` removes old runs.";
  if (free < FAIL_BYTES) return fail(found, next);
  return free < WARN_BYTES ? warn(found, next) : ok(found);
}

async function child(): Promise<Verdict> {
  const start = performance.now();
  await promisify(execFile)(process.execPath, ["-e", ""], { timeout: 30_000 });
  return ok(`a child process starts in ${Math.round(performance.now() - start)} ms`);
}

/** Names that agents look for. Only whether they are there is looked at. */
const KEYS = ["ANTHROPIC_API_KEY", "OPENAI_API_KEY", "GEMINI_API_KEY"];

async function keys({ env }: DoctorOptions): Promise<Verdict> {
  const there = KEYS.filter((name) => (env[name] ?? "") !== "");
  return there.length > 0
    ? ok(`set: ${there.join(", ")}`)
    : warn(
        `none of ${KEYS.join(", ")} is set`,
        "Agents need one; with --script FILE a workflow runs without.",
      );
}

const STALE_MS = 60_000;

/** Runs that nobody will go on with by themselves, and locks whose owner gives no sign of life. */
async function runs({ root }: DoctorOptions): Promise<readonly Verdict[]> {
  const found: Verdict[] = [];
  const all = await listRuns(root);
  for (const { runId, run, problem, attended } of all) {
    if (problem !== null) {
      found.push(
        warn(`run ${runId} can't be read: ${problem}`, "Restore it from a copy, or remove its directory."),
      );
    } else if (run?.status === "running" && !attended) {
      found.push(warn(`run ${runId}: its process is gone`, `smithers resume ${runId}`));
    } else if (attended) {
      const age = lockAge(storeDirectory(runDirectory(root, runId)));
      if (age !== null && age > STALE_MS)
        found.push(
          warn(
            `run ${runId}: its owner has given no sign of life for ${Math.round(age / 1000)} s`,
            `If no process of it lives on any machine, smithers resume ${runId} takes it over.`,
          ),
        );
    }
  }
  return found.length > 0
    ? found
    : [
        ok(
          all.length === 0
            ? "no runs yet"
            : all.length === 1
              ? "1 run, in order"
              : `${all.length} runs, all of them in order`,
        ),
      ];
}
