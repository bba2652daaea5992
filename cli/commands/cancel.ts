import type { Argv } from "yargs";
import { withRuntime } from "../errors.ts";
import { type CommandResult, EXIT } from "../exit.ts";
import { asked, type StopArgs, stopOptions } from "../stop.ts";
import type { Terminal } from "../terminal.ts";

export const command = "cancel <run>";
export const describe = "Abort what is under way and end the run";

export const options = (yargs: Argv) => stopOptions(yargs);

export function handler(args: StopArgs, terminal: Terminal): CommandResult {
  return withRuntime(async ({ resume, stop }) => {
    if (await stop(args.run, "cancel", asked(args))) {
      terminal.err(`${terminal.paint.yellow("cancelling")}  ${args.run}`);
      return EXIT.ok;
    }
    // Nobody attends to it: this process takes the run up for as long as it takes to end it.
    const { root, by } = asked(args);
    const { status } = await resume(args.run, { root, stop: { stop: "cancel", by, at: Date.now() } });
    terminal.err(`${terminal.paint.yellow(status)}  ${args.run}`);
    return EXIT.ok;
  });
}
