import type { Argv } from "yargs";
import { type ExecuteArgs, execute, executeOptions } from "../execute.ts";
import { CliError, type CommandResult, EXIT } from "../exit.ts";
import { readInput } from "../options.ts";
import { openPlan } from "../plan-file.ts";
import type { Terminal } from "../terminal.ts";

export const command = "run [plan]";
export const describe = "Execute a plan durably, or resume a run";

interface Args extends ExecuteArgs {
  readonly plan: string | undefined;
  readonly input: string | undefined;
  readonly resume: string | undefined;
  readonly runId: string | undefined;
}

export const options = (yargs: Argv) =>
  executeOptions(
    yargs
      .positional("plan", {
        type: "string",
        describe: "Plan (.json) or workflow file; not needed with --resume",
      })
      .option("input", { type: "string", describe: "The run's input: JSON, @FILE or a path" })
      .option("resume", { type: "string", describe: "Id of a run to go on with" })
      .option("run-id", {
        type: "string",
        describe: "Id of the new run [default: made from the workflow's name]",
      })
      .example("$0 run review.plan.json --input '{\"limit\":3}'", "")
      .example("$0 run --resume review-20261121-k3v9", ""),
  );

export async function handler(args: Args, terminal: Terminal): CommandResult {
  if (args.resume !== undefined) {
    if (args.input !== undefined || args.runId !== undefined) {
      throw new CliError(
        EXIT.usage,
        "--resume goes on with the recorded input and id; leave --input and --run-id out",
      );
    }
    const plan = args.plan === undefined ? null : await openPlan(args.plan, terminal);
    return execute({ kind: "resume", runId: args.resume, plan }, args, terminal);
  }
  if (args.plan === undefined) {
    throw new CliError(
      EXIT.usage,
      "Name a plan or a workflow file, or give --resume ID",
      "`smithers ps` lists the runs.",
    );
  }
  const input = readInput(args.input);
  const plan = await openPlan(args.plan, terminal);
  return execute({ kind: "new", plan, input, runId: args.runId }, args, terminal);
}
