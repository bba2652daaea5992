/**
 * `build --watch`: builds again what changed. The file system only says when to look; what has changed is found by
 * reading (compiler/session.ts), so a missed or a doubled event costs a look and never a wrong plan.
 */
import { existsSync, type FSWatcher, watch as watchFolder } from "node:fs";
import path from "node:path";
import { type Batch, compileEntry } from "./batch.ts";
import type { Entries } from "./entries.ts";
import { EXIT, type ExitCode } from "./exit.ts";
import type { Outputs } from "./outputs.ts";
import { countsOf } from "./report.ts";
import type { Terminal } from "./terminal.ts";

/** Editors write a file in several steps; one look serves them all. */
const SETTLE_MS = 40;
/** Some file systems (network drives, some containers) tell nothing: a look now and then. */
const LOOK_MS = 2_000;

export async function watch(batch: Batch, outputs: Outputs, terminal: Terminal): Promise<ExitCode> {
  const watchers = new Map<string, FSWatcher>();
  const bell = newBell();
  const stop = (): void => bell.stop();
  process.once("SIGINT", stop);
  process.once("SIGTERM", stop);
  const look = setInterval(bell.ring, LOOK_MS);
  try {
    let known: ReadonlySet<string> | null = null;
    while (!bell.stopped()) {
      batch.session.refresh();
      const found = await batch.entries();
      known = await rebuild(batch, found, outputs, terminal, known);
      arm(watchers, foldersOf(batch, found), bell.ring);
      await bell.rung();
      if (!bell.stopped()) await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    }
    return EXIT.interrupted;
  } finally {
    clearInterval(look);
    process.off("SIGINT", stop);
    process.off("SIGTERM", stop);
    for (const watcher of watchers.values()) watcher.close();
  }
}

/** One line for every file that was built anew, below its findings. Null is known before the first round. Gives back the files there are. */
async function rebuild(
  batch: Batch,
  { entries, problems }: Entries,
  outputs: Outputs,
  terminal: Terminal,
  known: ReadonlySet<string> | null,
): Promise<ReadonlySet<string>> {
  const begun = performance.now();
  const now = new Set<string>();
  let built = 0;
  for (const { file, named } of entries) {
    now.add(file);
    const before = performance.now();
    const { reused } = await batch.session.build(file);
    if (reused) continue;
    built += 1;
    const report = await compileEntry(batch, file, named, quiet(outputs, terminal), terminal);
    if (!report) continue;
    const ms = `${Math.round(performance.now() - before)} ms`;
    const found = countsOf(report.findings);
    const { paint } = terminal;
    const what = report.plan
      ? `${paint.green("built")} ${report.plan.path}  ${report.plan.nodes} nodes  ${paint.dim(report.plan.digest.slice(0, 19))}`
      : `${paint.red("no plan")} ${report.file}`;
    terminal.err(`${what}  ${paint.dim(found === "" ? ms : `${found}  ${ms}`)}`);
  }
  for (const file of known ?? [])
    if (!now.has(file))
      terminal.err(`${terminal.paint.yellow("gone")}  ${path.relative(process.cwd(), file)}`);
  if (known === null) {
    for (const problem of problems) terminal.err(`${terminal.paint.red("error:")} ${problem}`);
    const ms = Math.round(performance.now() - begun);
    terminal.err(
      terminal.paint.dim(
        `watching ${now.size} file${now.size === 1 ? "" : "s"} (${built} built in ${ms} ms); Ctrl-C ends`,
      ),
    );
  }
  return now;
}

/** Writes as `build` does; the line is the watcher's own. */
function quiet(outputs: Outputs, terminal: Terminal): ReturnType<Outputs["action"]> {
  const action = outputs.action(terminal);
  return (...args) => ({ ...action(...args), line: null });
}

/** The folders in which something may change that matters. Where one is missing, the nearest above that is there. */
function foldersOf(batch: Batch, { entries, folders }: Entries): Set<string> {
  const wanted = new Set([...folders, ...entries.map(({ file }) => path.dirname(file))]);
  for (const asked of batch.session.watched()) wanted.add(path.dirname(asked));
  const present = new Set<string>();
  for (const folder of wanted) {
    let at = folder;
    while (!existsSync(at) && at !== path.dirname(at)) at = path.dirname(at);
    present.add(at);
  }
  return present;
}

function arm(watchers: Map<string, FSWatcher>, folders: ReadonlySet<string>, ring: () => void): void {
  for (const [folder, watcher] of watchers) {
    if (folders.has(folder)) continue;
    watcher.close();
    watchers.delete(folder);
  }
  for (const folder of folders) {
    if (watchers.has(folder)) continue;
    try {
      const watcher = watchFolder(folder, (_, name) => {
        // What is written here itself must not wake the watch.
        if (name?.endsWith(".plan.json") !== true) ring();
      });
      watcher.on("error", () => {
        watchers.delete(folder);
        ring();
      });
      watchers.set(folder, watcher);
    } catch {
      // No more watches to be had: the regular look sees it.
    }
  }
}

/** Rings are remembered while nobody waits, so that a change during a build leads to another. */
function newBell() {
  let ringing = false;
  let stopped = false;
  let wake: (() => void) | null = null;
  const ring = (): void => {
    ringing = true;
    wake?.();
  };
  return {
    ring,
    stop(): void {
      stopped = true;
      ring();
    },
    stopped: (): boolean => stopped,
    async rung(): Promise<void> {
      if (!ringing && !stopped) await new Promise<void>((resolve) => (wake = resolve));
      wake = null;
      ringing = false;
    },
  };
}
