import path from "node:path";
import type { Argv } from "yargs";
import { loadCompiler } from "../compile.ts";
import { CliError, type CommandResult, EXIT, type ExitCode } from "../exit.ts";
import { duration } from "../render/table.ts";
import type { Terminal } from "../terminal.ts";

export const command = "test [files..]";
export const describe = "Run test cases of workflows, in memory: scripted answers, a virtual clock";

interface Args {
  readonly files: readonly string[] | undefined;
  readonly name: string | undefined;
  readonly json: boolean;
}

export const options = (yargs: Argv) =>
  yargs
    .positional("files", {
      type: "string",
      array: true,
      describe: "Test files, folders or globs [default: every *.test.json below this folder]",
    })
    .option("name", { type: "string", alias: "t", describe: "Only cases whose name has this text" })
    .option("json", {
      type: "boolean",
      default: false,
      describe: "One JSON line a case, the count as the last",
    })
    .example("$0 test flows/release.test.json", "");

interface Outcome {
  readonly file: string;
  readonly name: string;
  readonly tookMs: number;
  /** None where it passed. */
  readonly problems: readonly string[];
}

export async function handler({ files, name, json }: Args, terminal: Terminal): CommandResult {
  await loadCompiler();
  const { readTestFile, runCase, TestFileError } = await import("../../testing/cases.ts");
  const { loadWorkflow, WorkflowError } = await import("../../testing/index.ts");
  const { testFiles } = await import("../test-files.ts");
  const outcomes: Outcome[] = [];
  const tell = (outcome: Outcome): void => {
    outcomes.push(outcome);
    if (json)
      terminal.out(JSON.stringify({ type: "case", passed: outcome.problems.length === 0, ...outcome }));
    else print(outcome, terminal);
  };
  for (const file of await testFiles(files)) {
    const shown = path.relative(process.cwd(), file) || file;
    try {
      const { workflow, cases } = readTestFile(file);
      const chosen = cases.filter((one) => name === undefined || one.name.includes(name));
      if (chosen.length === 0) continue;
      const flow = await loadWorkflow(path.resolve(path.dirname(file), workflow));
      for (const one of chosen) {
        const began = performance.now();
        const problems = await runCase(flow, one);
        tell({ file: shown, name: one.name, tookMs: Math.round(performance.now() - began), problems });
      }
    } catch (error) {
      if (!(error instanceof TestFileError || error instanceof WorkflowError)) throw error;
      tell({ file: shown, name: "can't be run", tookMs: 0, problems: [error.message] });
    }
  }
  return conclude(outcomes, name, json, terminal);
}

function conclude(
  outcomes: readonly Outcome[],
  name: string | undefined,
  json: boolean,
  terminal: Terminal,
): ExitCode {
  const failed = outcomes.filter(({ problems }) => problems.length > 0).length;
  const passed = outcomes.length - failed;
  if (json) terminal.out(JSON.stringify({ type: "result", passed, failed }));
  else terminal.err(`${passed} passed, ${failed} failed`);
  if (outcomes.length === 0)
    throw new CliError(
      EXIT.usage,
      name === undefined ? "there are no cases" : `no case has ${JSON.stringify(name)} in its name`,
    );
  return failed > 0 ? EXIT.negative : EXIT.ok;
}

function print({ file, name, tookMs, problems }: Outcome, { paint, err }: Terminal): void {
  const mark = problems.length === 0 ? paint.green("✓") : paint.red("✗");
  err(`${mark} ${file}  ${name}  ${paint.dim(duration(tookMs))}`);
  for (const problem of problems) err(problem.replace(/^/gm, "    "));
}
