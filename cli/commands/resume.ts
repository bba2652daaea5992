import type { Argv } from "yargs";
import { type ExecuteArgs, execute, executeOptions } from "../execute.ts";
import type { CommandResult } from "../exit.ts";
import { runPositional } from "../options.ts";
import type { Terminal } from "../terminal.ts";

export const command = "resume <run>";
export const describe = "Go on with a run: what is finished stays so, what failed is tried again";

interface Args extends ExecuteArgs {
  readonly run: string;
}

export const options = (yargs: Argv) => executeOptions(runPositional(yargs));

export function handler(args: Args, terminal: Terminal): CommandResult {
  return execute({ kind: "resume", runId: args.run, plan: null }, args, terminal);
}
