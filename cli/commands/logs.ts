import type { Argv } from "yargs";
import type { EventRecord } from "../../runtime/index.ts";
import { withRuntime } from "../errors.ts";
import { type CommandResult, EXIT } from "../exit.ts";
import { rootOf, rootOption, runPositional } from "../options.ts";
import { addressName } from "../render/address.ts";
import { createProgress } from "../render/progress.ts";
import type { Terminal } from "../terminal.ts";

export const command = "logs <run>";
export const describe = "Print what happened in a run, as it was shown while it ran";

interface Args {
  readonly run: string;
  readonly root: string | undefined;
  readonly follow: boolean;
  readonly node: string | undefined;
  readonly after: number;
  readonly json: boolean;
}

export const options = (yargs: Argv) =>
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

export function handler(args: Args, terminal: Terminal): CommandResult {
  return withRuntime(async ({ events }) => {
    const stop = new AbortController();
    const interrupt = (): void => stop.abort();
    process.once("SIGINT", interrupt);
    const { columns: _, ...others } = terminal;
    const lines = createProgress({ ...others, columns: null, paint: terminal.paintOut, err: terminal.out });
    const asked = { root: rootOf(args), after: args.after, follow: args.follow, signal: stop.signal };
    for await (const event of events(args.run, asked)) {
      if (args.node !== undefined && !concerns(event, args.node)) continue;
      if (args.json) terminal.out(JSON.stringify(event));
      else lines.event(event);
    }
    process.off("SIGINT", interrupt);
    return stop.signal.aborted ? EXIT.interrupted : EXIT.ok;
  });
}

function concerns({ data }: EventRecord, node: string): boolean {
  const { nodeId, scope = "", iteration = 0 } = data;
  if (typeof nodeId !== "string") return false;
  return (
    nodeId === node || addressName({ nodeId, scope: String(scope), iteration: Number(iteration) }) === node
  );
}
