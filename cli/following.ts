/** What `logs` and `events` share: the events of a run in their order, and those that come while it goes on. */
import type { Argv } from "yargs";
import type { EventRecord } from "../runtime/index.ts";
import { withRuntime } from "./errors.ts";
import { type CommandResult, EXIT } from "./exit.ts";
import { rootOf, rootOption, runPositional } from "./options.ts";
import { addressOf } from "./render/address.ts";

export interface FollowArgs {
  readonly run: string;
  readonly root: string | undefined;
  readonly follow: boolean;
  readonly node: string | undefined;
  readonly after: number;
  readonly json: boolean;
}

export const followOptions = (yargs: Argv) =>
  rootOption(runPositional(yargs))
    .option("follow", {
      alias: "f",
      type: "boolean",
      default: false,
      describe: "Go on for as long as a process attends to the run",
    })
    .option("node", {
      type: "string",
      describe: "Only what concerns this node: its id, or an address (`draft@2`)",
    })
    .option("after", { type: "number", default: 0, describe: "Only events after the one of this number" })
    .option("json", {
      type: "boolean",
      default: false,
      describe: "The events themselves, one JSON object a line",
    });

/** Calls `take` for each event that was asked for, until the run's process ends or Ctrl-C. */
export function follow(args: FollowArgs, take: (event: EventRecord) => void): CommandResult {
  return withRuntime(async ({ events }) => {
    const stop = new AbortController();
    const interrupt = (): void => stop.abort();
    process.once("SIGINT", interrupt);
    const asked = { root: rootOf(args), after: args.after, follow: args.follow, signal: stop.signal };
    for await (const event of events(args.run, asked))
      if (args.node === undefined || concerns(event, args.node)) take(event);
    process.off("SIGINT", interrupt);
    return stop.signal.aborted ? EXIT.interrupted : EXIT.ok;
  });
}

function concerns({ data }: EventRecord, node: string): boolean {
  return typeof data.nodeId === "string" && (data.nodeId === node || addressOf(data) === node);
}
