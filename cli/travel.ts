/** What `fork`, `rewind` and `retry` share: saying what was taken back and what is done twice, then going on with the run. */
import type { Argv } from "yargs";
import { withRuntime } from "./errors.ts";
import { type ExecuteArgs, execute, executeOptions, resumeCommand } from "./execute.ts";
import { type CommandResult, EXIT } from "./exit.ts";
import { runPositional } from "./options.ts";
import type { Terminal } from "./terminal.ts";

export interface TravelArgs extends ExecuteArgs {
  readonly run: string;
  readonly resume: boolean;
}

export const travelOptions = (yargs: Argv, resume: boolean) =>
  executeOptions(runPositional(yargs)).option("resume", {
    type: "boolean",
    default: resume,
    describe: "Go on with it at once; else it is paused, and `smithers resume` does",
  });

export const frameOption = (yargs: Argv) =>
  yargs.option("frame", {
    type: "number",
    demandOption: true,
    describe:
      "The state after the frame of this number; `smithers logs RUN --json` and `inspect --frame` show them",
  });

/** What became of a run, as it is said to people (`lines`) and to programs (`json`). */
export interface Told {
  /** The run to go on with. */
  readonly runId: string;
  /** One word. */
  readonly what: string;
  readonly lines: readonly string[];
  /** Tasks with `sideEffect="once"` that are done once more. */
  readonly repeats: readonly string[];
  readonly json: object;
}

type Runtime = typeof import("../runtime/index.ts");

export async function travel(
  args: TravelArgs,
  terminal: Terminal,
  action: (runtime: Runtime) => Promise<Told>,
): CommandResult {
  const { runId, what, lines, repeats, json } = await withRuntime(action);
  const { paint } = terminal;
  if (args.json) terminal.out(JSON.stringify({ type: `run.${what}`, ...json }));
  else {
    terminal.err(`${paint.green(what)}  ${runId}`);
    for (const line of lines) terminal.err(line);
    for (const name of repeats)
      terminal.err(
        `${paint.yellow("!")} ${name}  acts on the world once (sideEffect="once"), was done or begun, and is done once more`,
      );
  }
  if (args.resume) return execute({ kind: "resume", runId, plan: null }, args, terminal);
  if (!args.json) terminal.err(`resume: ${resumeCommand(runId, args)}`);
  return EXIT.ok;
}
