import type { Argv } from "yargs";
import { withRuntime } from "../errors.ts";
import { CliError, type CommandResult, EXIT } from "../exit.ts";
import { jsonArgument, rootOption, runPositional } from "../options.ts";
import { addressName } from "../render/address.ts";
import { asked, tellFiled } from "../stop.ts";
import type { Terminal } from "../terminal.ts";

export const command = "resolve <run> <node>";
export const describe = "Say what became of a task that must not be done twice and may have been done";

interface Args {
  readonly run: string;
  readonly node: string;
  readonly done: string | undefined;
  readonly retry: boolean;
  readonly failed: boolean;
  readonly by: string | undefined;
  readonly root: string | undefined;
}

export const options = (yargs: Argv) =>
  rootOption(runPositional(yargs))
    .positional("node", {
      type: "string",
      demandOption: true,
      describe: "The task, by id or as it is shown (`pay@2`)",
    })
    .option("done", { type: "string", describe: "It was done, and this is its row: JSON, or @FILE" })
    .option("retry", { type: "boolean", default: false, describe: "It was not done: do it" })
    .option("failed", { type: "boolean", default: false, describe: "It was not done, and is not to be" })
    .option("by", { type: "string", describe: "Who says so [default: the user's name]" })
    .example('$0 resolve RUN pay --done \'{"receipt":"r-17"}\'', "");

export function handler(args: Args, terminal: Terminal): CommandResult {
  return withRuntime(async (runtime) => {
    const resolution = resolutionOf(args);
    const address = await runtime.resolve(args.run, args.node, { ...asked(args), resolution });
    const said = `${terminal.paint.green("resolved")}  ${addressName(address)}  ${resolution.resolved}`;
    await tellFiled(runtime, args, said, terminal);
    return EXIT.ok;
  });
}

function resolutionOf({ done, retry, failed }: Args) {
  if ([done !== undefined, retry, failed].filter(Boolean).length !== 1)
    throw new CliError(EXIT.usage, "give one of --done, --retry and --failed");
  if (done !== undefined) return { resolved: "done", row: jsonArgument(done, "--done") } as const;
  return { resolved: retry ? "retry" : "failed" } as const;
}
