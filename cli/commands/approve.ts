import type { Argv } from "yargs";
import { type DecideArgs, decide, decideOptions } from "../decide.ts";
import type { CommandResult } from "../exit.ts";
import type { Terminal } from "../terminal.ts";

export const command = "approve <run> [node]";
export const describe = "Approve what a run waits for";

export const options = (yargs: Argv) => decideOptions(yargs);

export function handler(args: DecideArgs, terminal: Terminal): CommandResult {
  return decide(true, args, terminal);
}
