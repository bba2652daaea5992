/** Where plans go: beside their sources, into a folder, to one file, to stdout; or nowhere, with `--check`. */
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { formatPlan } from "../plan/index.ts";
import type { Action, Batch } from "./batch.ts";
import { within } from "./config.ts";
import { CliError, EXIT } from "./exit.ts";
import type { Terminal } from "./terminal.ts";

export interface Outputs {
  /** The plan's path for a workflow file, absolute; null for stdout. */
  pathOf(file: string): string | null;
  action(terminal: Terminal): Action;
}

interface Wanted {
  readonly output: string | undefined;
  readonly check: boolean;
  readonly watch: boolean;
}

/** @throws CliError where several plans would go to one place */
export async function outputsOf(batch: Batch, { output, check, watch }: Wanted): Promise<Outputs> {
  if (check && watch) throw new CliError(EXIT.usage, "--check and --watch exclude one another");
  const { entries } = await batch.entries();
  const several = entries.length !== 1 || !entries[0]!.named;
  if (output === "-") {
    if (several) throw new CliError(EXIT.usage, "-o - takes one workflow file: stdout holds one plan");
    if (batch.format !== "text" || check || watch)
      throw new CliError(EXIT.usage, "-o - writes the plan to stdout, where nothing else can go");
  }
  const pathOf = placing(batch, output, several);
  const taken = new Map<string, string>();
  for (const { file } of entries) {
    const target = pathOf(file);
    const other = target === null ? undefined : taken.get(target);
    if (target !== null && other !== undefined)
      throw new CliError(
        EXIT.usage,
        `${shown(other)} and ${shown(file)} would both be written to ${shown(target)}`,
        "Give one of them another name, or leave out -o.",
      );
    if (target !== null) taken.set(target, file);
  }
  return { pathOf, action: (terminal) => (check ? checking(pathOf, output) : writing(pathOf, terminal)) };
}

function placing(batch: Batch, output: string | undefined, several: boolean): Outputs["pathOf"] {
  if (output === "-") return () => null;
  const { config } = batch;
  const folder =
    output === undefined
      ? config.output === undefined
        ? null
        : within(config.directory, "output", config.output)
      : path.resolve(output);
  if (folder === null) return besides;
  const isFolder = output === undefined || /[\\/]$/.test(output) || isDirectory(folder) || several;
  if (!isFolder) return () => folder;
  if (existsSync(folder) && !isDirectory(folder))
    throw new CliError(
      EXIT.usage,
      `${output ?? config.output} is a file; the plans of several workflows need a folder`,
    );
  const base = output === undefined ? config.directory : process.cwd();
  return (file) => {
    const relative = path.relative(base, besides(file));
    const isBelow = !relative.startsWith("..") && !path.isAbsolute(relative);
    return path.join(folder, isBelow ? relative : path.basename(relative));
  };
}

function besides(file: string): string {
  const { dir, name } = path.parse(file);
  return path.join(dir, `${name}.plan.json`);
}

function writing(pathOf: Outputs["pathOf"], terminal: Terminal): Action {
  return (file, { plan }) => {
    if (plan === null) return { diagnostics: [], plan: null, line: null };
    const text = formatPlan(plan);
    const target = pathOf(file);
    if (target === null) {
      terminal.out(text);
      return { diagnostics: [], plan: null, line: null };
    }
    write(target, text);
    const nodes = Object.keys(plan.nodes).length;
    const line = `${terminal.paint.green("built")} ${shown(target)}  ${nodes} nodes  ${terminal.paint.dim(plan.digest.slice(0, 19))}`;
    return { diagnostics: [], plan: { path: target, digest: plan.digest, nodes }, line };
  };
}

function checking(pathOf: Outputs["pathOf"], output: string | undefined): Action {
  return (file, result, compiler) => {
    const target = pathOf(file)!;
    const command = `smithers build ${shown(file)}${output === undefined ? "" : ` -o ${output}`}`;
    const stale = compiler.stalePlan(result, { path: shown(target), text: committed(target), command });
    return { diagnostics: stale ? [stale] : [], plan: null, line: null };
  };
}

/** A checkout on Windows may give a plan CRLF: that is git's doing and no change. */
function committed(target: string): string | null {
  if (!existsSync(target) || isDirectory(target)) return null;
  return readFileSync(target, "utf8").replaceAll("\r\n", "\n");
}

/** A file that is the same already is left alone, so that nothing that watches it wakes up. */
function write(target: string, text: string): void {
  try {
    if (existsSync(target) && !isDirectory(target) && readFileSync(target, "utf8") === text) return;
    mkdirSync(path.dirname(target), { recursive: true });
    writeFileSync(target, text);
  } catch (error) {
    throw new CliError(
      EXIT.usage,
      `the plan can't be written: ${(error as Error).message}`,
      "-o names another place.",
    );
  }
}

function isDirectory(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false })?.isDirectory() === true;
}

function shown(file: string): string {
  const relative = path.relative(process.cwd(), file);
  return relative.startsWith("..") ? file : relative;
}
