import type { Argv } from "yargs";
import { compile } from "../compile.ts";
import { type ExecuteArgs, execute, executeOptions } from "../execute.ts";
import type { CommandResult } from "../exit.ts";
import { readInput } from "../options.ts";
import type { Terminal } from "../terminal.ts";

export const command = "up <file>";
export const describe = "Build a workflow and run it";

interface Args extends ExecuteArgs {
  readonly file: string;
  readonly input: string | undefined;
}

export const options = (yargs: Argv) =>
  executeOptions(
    yargs
      .positional("file", {
        type: "string",
        demandOption: true,
        describe: "Workflow file (.tsx, .ts, .jsx, .js)",
      })
      .option("input", { type: "string", describe: "The run's input: JSON, @FILE or a path" }),
  );

export async function handler(args: Args, terminal: Terminal): CommandResult {
  const input = readInput(args.input);
  const { plan } = await compile(args.file, terminal);
  return execute({ kind: "new", plan, input, runId: undefined }, args, terminal);
}
