/**
 * `build --watch`: builds again what changed. The file system only says when to look; what has changed is found by
 * reading (compiler/session.ts), so a missed or a doubled event costs a look and never a wrong plan.
 */
import { existsSync, type FSWatcher, readFileSync, watch as watchFolder } from "node:fs";
import path from "node:path";
import { type Batch, compileEntry } from "./batch.ts";
import { CONFIG_FILE, configFile } from "./config-file.ts";
import type { Entries } from "./entries.ts";
import { CliError, EXIT, type ExitCode } from "./exit.ts";
import type { Outputs } from "./outputs.ts";
import { countsOf, type FileReport } from "./report.ts";
import type { Terminal } from "./terminal.ts";

/** Editors write a file in several steps; one look serves them all. */
const SETTLE_MS = 40;
/** Some file systems (network drives, some containers) tell nothing: a look now and then. */
const LOOK_MS = 2_000;

export interface Opened {
  readonly batch: Batch;
  readonly outputs: Outputs;
}

/** `open` reads arguments and configuration; it is called again where the configuration has changed. */
export async function watch(open: () => Promise<Opened>, terminal: Terminal): Promise<ExitCode> {
  let opened = await open();
  let settings = settingsText();
  const watchers = new Map<string, FSWatcher>();
  const bell = newBell();
  const stop = (): void => bell.stop();
  process.once("SIGINT", stop);
  process.once("SIGTERM", stop);
  const look = setInterval(bell.ring, LOOK_MS);
  try {
    let known: Known | null = null;
    while (!bell.stopped()) {
      const now = settingsText();
      if (now !== settings) opened = (await reopened(open, terminal)) ?? opened;
      settings = now;
      const { batch, outputs } = opened;
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

function settingsText(): string {
  const file = configFile(process.cwd());
  try {
    return file === null ? "" : `${file}\n${readFileSync(file, "utf8")}`;
  } catch {
    // It went away in between.
    return "";
  }
}

/** With the new settings; null where they can't be used, and the old ones stay. */
async function reopened(open: () => Promise<Opened>, { err, paint }: Terminal): Promise<Opened | null> {
  try {
    const opened = await open();
    err(`${paint.dim("note:")}  ${CONFIG_FILE} has changed: all is built anew`);
    return opened;
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    err(`${paint.red("error:")} ${error.message}`);
    return null;
  }
}

/** The entries of the last round with the plans that were written for them; null where none was. */
type Known = ReadonlyMap<string, string | null>;

/** One line for every file that was built anew, below its findings. Null is known before the first round. Gives back the files there are. */
async function rebuild(
  batch: Batch,
  { entries, problems }: Entries,
  outputs: Outputs,
  terminal: Terminal,
  known: Known | null,
): Promise<Known> {
  const begun = performance.now();
  const now = new Map<string, string | null>();
  let built = 0;
  for (const { file, named } of entries) {
    const before = performance.now();
    const { reused } = await batch.session.build(file);
    const plan = known?.get(file);
    now.set(file, plan ?? null);
    // What was away, or whose plan was taken away, is told and written anew.
    if (reused && plan !== undefined && (plan === null || existsSync(plan))) continue;
    built += 1;
    const report = await compiled(batch, file, named, outputs, terminal);
    if (!report) continue;
    now.set(file, report.plan && outputs.pathOf(file));
    const ms = `${Math.round(performance.now() - before)} ms`;
    const found = countsOf(report.findings);
    const { paint } = terminal;
    const what = report.plan
      ? `${paint.green("built")} ${report.plan.path}  ${report.plan.nodes} nodes  ${paint.dim(report.plan.digest.slice(0, 19))}`
      : `${paint.red("no plan")} ${report.file}`;
    terminal.err(`${what}  ${paint.dim(found === "" ? ms : `${found}  ${ms}`)}`);
  }
  for (const file of known?.keys() ?? [])
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

/** A plan that can't be written (a full disk, a folder in its place) is said and tried again with the next change. */
async function compiled(
  batch: Batch,
  file: string,
  named: boolean,
  outputs: Outputs,
  terminal: Terminal,
): Promise<FileReport | null> {
  try {
    return await compileEntry(batch, file, named, quiet(outputs, terminal), terminal);
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    terminal.err(`${terminal.paint.red("error:")} ${error.message}`);
    return null;
  }
}

/** Writes as `build` does; the line is the watcher's own. */
function quiet(outputs: Outputs, terminal: Terminal): ReturnType<Outputs["action"]> {
  const action = outputs.action(terminal);
  return (...args) => ({ ...action(...args), line: null });
}

/** The folders in which something may change that matters. Where one is missing, the nearest above that is there. */
function foldersOf(batch: Batch, { entries, folders }: Entries): Set<string> {
  const wanted = new Set([
    batch.config.directory,
    ...folders,
    ...entries.map(({ file }) => path.dirname(file)),
  ]);
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
