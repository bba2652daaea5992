/**
 * Many workflow files in one call: what `build` and `check` have in common. Every file is compiled, whatever the others
 * hold; one report at the end, one exit code (DESIGN §6): 2 where something named does not exist, 1 where a finding is
 * as severe as `--max-severity`, else 0.
 */
import { existsSync } from "node:fs";
import path from "node:path";
import type { BuildResult, Diagnostic, Session } from "../compiler/index.ts";
import packageJson from "../package.json" with { type: "json" };
import { loadCompiler } from "./compile.ts";
import { type Config, ignoredConfig, readConfig, within } from "./config.ts";
import { callsSmithers, type Entries, expand } from "./entries.ts";
import { CliError, EXIT, type ExitCode } from "./exit.ts";
import { type Format, RENDERERS } from "./render/report/index.ts";
import { renderText } from "./render/report/text.ts";
import {
  type BuiltPlan,
  counts,
  countsOf,
  distinct,
  type FileReport,
  findingsOf,
  type Report,
  type Rule,
  type Severity,
  type TwinReport,
} from "./report.ts";
import type { Terminal } from "./terminal.ts";

export interface BatchArgs {
  readonly files: readonly string[] | undefined;
  readonly format: Format;
  readonly json: boolean;
  readonly maxSeverity: Severity | undefined;
}

/** What becomes of one compiled file: further diagnostics, the plan that was written, a line that says so. */
export interface Outcome {
  readonly diagnostics: readonly Diagnostic[];
  readonly plan: BuiltPlan | null;
  readonly line: string | null;
  /** The comparison with the plain twin, where one was asked for. */
  readonly twin?: TwinReport;
}

export type Action = (file: string, result: BuildResult, compiler: Compiler) => Outcome | Promise<Outcome>;

export type Compiler = Awaited<ReturnType<typeof loadCompiler>>;

/** A call as it stands after arguments and configuration were read. */
export interface Batch {
  readonly compiler: Compiler;
  readonly config: Config;
  readonly session: Session;
  readonly format: Format;
  readonly maxSeverity: Severity;
  /** Whether a file fails that could not be compared with its plain twin. */
  readonly requireTwin?: boolean;
  /** Names the entries anew: with globs, files come and go. */
  entries(): Promise<Entries>;
}

export async function openBatch(args: BatchArgs, terminal: Terminal): Promise<Batch> {
  const config = readConfig(process.cwd());
  const ignored = ignoredConfig(config.directory);
  if (ignored !== null)
    terminal.err(
      `${terminal.paint.dim("note:")}  ${ignored} is code and is never run; settings stand in smithers.json.`,
    );
  const patterns = args.files ?? [];
  const fromConfig = patterns.length === 0;
  if (fromConfig && config.entries === undefined)
    throw new CliError(
      EXIT.usage,
      "Name a workflow file, a folder or a glob.",
      'Or list them in smithers.json: { "entries": ["workflows/**/*.tsx"] }.',
    );
  const compiler = await loadCompiler();
  checkSeverities(config, compiler);
  const { root, severity } = config;
  return {
    compiler,
    config,
    format: args.json ? "json" : args.format,
    maxSeverity: args.maxSeverity ?? config.maxSeverity ?? "error",
    session: compiler.newSession({
      ...(root === undefined ? {} : { root: within(config.directory, "root", root) }),
      ...(severity === undefined ? {} : { severity }),
    }),
    entries: () =>
      fromConfig ? expand(config.entries ?? [], config.directory) : expand(patterns, process.cwd()),
  };
}

function checkSeverities({ severity = {} }: Config, compiler: Compiler): void {
  for (const [code, wanted] of Object.entries(severity)) {
    if (!Object.hasOwn(compiler.MESSAGES, code)) {
      const near = compiler.nearest(code, Object.keys(compiler.MESSAGES));
      const meant = near === null ? "" : ` (did you mean ${near}?)`;
      throw new CliError(EXIT.usage, `smithers.json: there is no diagnostic ${code}${meant}`);
    }
    if (wanted !== "error" && compiler.isFirm(code))
      throw new CliError(
        EXIT.usage,
        `smithers.json: ${code} is an error and can't be turned down: without its mending there is no plan`,
      );
  }
}

/** `writes`: plans are what the call is for, so that one that could not be written is worth a word. */
export async function runBatch(
  batch: Batch,
  action: Action,
  terminal: Terminal,
  writes = false,
): Promise<ExitCode> {
  const { entries, problems } = await batch.entries();
  const files: FileReport[] = [];
  const faults: unknown[] = [];
  for (const entry of entries) {
    try {
      const report = await compileEntry(batch, entry.file, entry.named, action, terminal);
      if (report) files.push(report);
    } catch (error) {
      // A fault of ours, or a disk that is full: the other files are worth their report all the same.
      faults.push(error);
    }
  }
  if (entries.length > 0 && files.length + problems.length + faults.length === 0)
    terminal.err(`${terminal.paint.yellow("warning:")} none of the files found is a workflow`);
  for (const problem of problems) terminal.err(`${terminal.paint.red("error:")} ${problem}`);
  await finish(batch, files, terminal, writes);
  if (faults.length > 0) throw faults[0];
  return exitOf(batch, files, problems);
}

export function exitOf(batch: Batch, files: readonly FileReport[], problems: readonly string[]): ExitCode {
  if (problems.length > 0) return EXIT.usage;
  const failed = files.some(
    ({ findings, twin }) =>
      twin?.agrees === false ||
      (batch.requireTwin === true && twin?.agrees !== true) ||
      findings.some(({ severity }) => counts(severity, batch.maxSeverity)),
  );
  return failed ? EXIT.negative : EXIT.ok;
}

/** Compiles one file and prints what text mode says of it. Null for a file that was found by the way and is no workflow. */
export async function compileEntry(
  batch: Batch,
  file: string,
  named: boolean,
  action: Action,
  terminal: Terminal,
): Promise<FileReport | null> {
  const { compiler, session, format } = batch;
  const result = await session.build(file);
  const isNone =
    result.diagnostics.some(({ code }) => code === "SM113") && !callsSmithers(result.sources[0]?.text ?? "");
  if (!named && isNone) return null;
  const outcome = await action(file, result, compiler);
  const show = shower(format);
  const diagnostics = [...result.diagnostics, ...outcome.diagnostics];
  const findings = findingsOf(compiler, { ...result, diagnostics }, show);
  if (format === "text" && findings.length > 0) terminal.err(renderText(findings, terminal.paint));
  if (outcome.line !== null) terminal.err(outcome.line);
  const plan = outcome.plan && { ...outcome.plan, path: show(outcome.plan.path) };
  return { file: show(file), findings, compiled: result.plan !== null, plan, twin: outcome.twin ?? null };
}

/** The summary for people, or the report for programs. */
async function finish(
  batch: Batch,
  files: readonly FileReport[],
  terminal: Terminal,
  writes: boolean,
): Promise<void> {
  const { format, maxSeverity } = batch;
  if (format === "text") return summary(files, terminal, writes);
  const once = distinct(files);
  const used = new Set(once.flatMap(({ findings }) => findings.map(({ code }) => code)));
  const { homepage } = packageJson as { readonly homepage?: string };
  const rules = format === "sarif" ? await rulesOf(used, batch.compiler) : new Map<string, Rule>();
  const report: Report = {
    version: packageJson.version,
    homepage: homepage ?? null,
    rules,
    maxSeverity,
    files: once,
  };
  const text = RENDERERS[format](report);
  if (text !== "") terminal.out(text);
}

async function rulesOf(codes: ReadonlySet<string>, compiler: Compiler): Promise<Map<string, Rule>> {
  const catalogue = await compiler.loadCatalogue();
  return new Map(
    [...codes].sort().flatMap((code) => (catalogue.has(code) ? [[code, catalogue.get(code)!]] : [])),
  );
}

function summary(files: readonly FileReport[], { err, paint }: Terminal, writes: boolean): void {
  const findings = files.flatMap((file) => file.findings);
  const compared = twinsOf(files);
  if (compared !== null) err(compared);
  const many = `${files.length} file${files.length === 1 ? "" : "s"}`;
  // One plan that was built has its own line already, or is on stdout.
  if (findings.length === 0 && files.length > (writes ? 1 : 0))
    err(`${paint.green("ok")}  ${many}, no problems`);
  if (findings.length === 0) return;
  const without = files.filter(({ compiled }) => !compiled).length;
  const lost =
    without === 0 || !writes
      ? ""
      : without === files.length
        ? "; no plan was written"
        : `; no plan was written for ${without} of them`;
  err(`${many}: ${countsOf(findings)}${lost}`);
}

/** How many agree with their twins, where the files' own lines don't say it at a glance. */
function twinsOf(files: readonly FileReport[]): string | null {
  const twins = files.flatMap(({ twin }) => (twin ? [twin] : []));
  const count = (answer: boolean | null): number => twins.filter(({ agrees }) => agrees === answer).length;
  if (twins.length === 0 || (twins.length === 1 && count(true) === 1)) return null;
  const parts = [
    [count(true), count(true) === 1 ? "agrees" : "agree"],
    [count(false), count(false) === 1 ? "differs" : "differ"],
    [count(null), "not compared"],
  ] as const;
  const said = parts.flatMap(([n, what]) => (n === 0 ? [] : [`${n} ${what}`])).join(", ");
  return `twin  ${twins.length} file${twins.length === 1 ? "" : "s"}: ${said}`;
}

/** Paths relative to the working directory for whoever typed the command; for CI, to the repository. */
function shower(format: Format): (file: string) => string {
  const cwd = process.cwd();
  const base = format === "text" || format === "json" ? cwd : (repositoryOf(cwd) ?? cwd);
  return (file) => path.relative(base, file).split(path.sep).join("/") || ".";
}

function repositoryOf(from: string): string | null {
  for (let directory = from; ; directory = path.dirname(directory)) {
    if (existsSync(path.join(directory, ".git"))) return directory;
    if (directory === path.dirname(directory)) return null;
  }
}
