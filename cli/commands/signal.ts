import type { Argv } from "yargs";
import { withRuntime } from "../errors.ts";
import { type CommandResult, EXIT } from "../exit.ts";
import { jsonArgument } from "../options.ts";
import { asked, type StopArgs, stopOptions } from "../stop.ts";
import type { Terminal } from "../terminal.ts";

export const command = "signal <run> <name> [payload]";
export const describe = "Tell a run something it waits for, now or later";

interface Args extends StopArgs {
  readonly name: string;
  readonly payload: string | undefined;
  readonly correlationId: string | undefined;
}

export const options = (yargs: Argv) =>
  stopOptions(yargs)
    .positional("name", {
      type: "string",
      demandOption: true,
      describe: "The event's name, or the id of a <Signal>",
    })
    .positional("payload", { type: "string", describe: "What is sent: JSON, or @FILE [default: null]" })
    .option("correlation-id", {
      type: "string",
      describe: "Which of several is meant; one signal of a name and id is taken once",
    })
    .example("$0 signal RUN paid '{\"amount\":12}'", "");

export function handler(args: Args, terminal: Terminal): CommandResult {
  return withRuntime(async ({ signal }) => {
    const attended = await signal(args.run, args.name, {
      ...asked(args),
      payload: args.payload === undefined ? null : jsonArgument(args.payload, "the payload"),
      correlationId: args.correlationId ?? null,
    });
    terminal.err(`${terminal.paint.green("sent")}  ${args.name}  ${terminal.paint.dim(args.run)}`);
    if (!attended) terminal.err(`go on with: smithers resume ${args.run}`);
    return EXIT.ok;
  });
}
