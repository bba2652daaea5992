import type { Argv } from "yargs";
import { withRuntime } from "../errors.ts";
import { type CommandResult, EXIT } from "../exit.ts";
import { asked, type StopArgs, stopOptions } from "../stop.ts";
import type { Terminal } from "../terminal.ts";

export const command = "pause <run>";
export const describe = "Let what is under way end, start nothing new, and keep the run to be resumed";

export const options = (yargs: Argv) => stopOptions(yargs);

export function handler(args: StopArgs, terminal: Terminal): CommandResult {
  return withRuntime(async ({ stop }) => {
    await stop(args.run, "pause", asked(args));
    terminal.err(
      `${terminal.paint.yellow("pausing")}  ${args.run}  ${terminal.paint.dim("what is under way ends first")}`,
    );
    terminal.err(`then: smithers resume ${args.run}`);
    return EXIT.ok;
  });
}
