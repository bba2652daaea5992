import type { Argv } from "yargs";
import { withRuntime } from "../errors.ts";
import { openScript } from "../execute.ts";
import { type CommandResult, EXIT } from "../exit.ts";
import { asked, type StopArgs, stopOptions } from "../stop.ts";
import type { Terminal } from "../terminal.ts";

export const command = "cancel <run>";
export const describe = "Abort what is under way and end the run";

interface Args extends StopArgs {
  readonly script: string | undefined;
}

export const options = (yargs: Argv) =>
  stopOptions(yargs).option("script", {
    type: "string",
    describe:
      "JSON file of scripted answers, for what is done in every outcome of a run that nobody attends to",
  });

export function handler(args: Args, terminal: Terminal): CommandResult {
  return withRuntime(async (runtime) => {
    const { resume, stop } = runtime;
    const script = args.script === undefined ? null : await openScript(args.script, runtime);
    if (await stop(args.run, "cancel", asked(args))) {
      terminal.err(`${terminal.paint.yellow("cancelling")}  ${args.run}`);
      return EXIT.ok;
    }
    // Nobody attends to it: this process takes the run up for as long as it takes to end it.
    const { root, by } = asked(args);
    const how = { root, stop: { stop: "cancel", by, at: Date.now() }, ...(script && { script }) } as const;
    const { status, reason } = await resume(args.run, how);
    terminal.err(`${terminal.paint.yellow(status)}  ${args.run}`);
    if (reason !== null) terminal.err(reason);
    return EXIT.ok;
  });
}
