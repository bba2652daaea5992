import type { Argv } from "yargs";
import type { CommandResult } from "../exit.ts";
import { rootOf } from "../options.ts";
import type { Terminal } from "../terminal.ts";
import { type TravelArgs, travel, travelOptions } from "../travel.ts";

export const command = "retry <run> <node>";
export const describe = "Do a node of a run once more: one that finished, failed, was skipped or denied";

interface Args extends TravelArgs {
  readonly node: string;
  readonly withDependents: boolean;
}

export const options = (yargs: Argv) =>
  travelOptions(yargs, true)
    .positional("node", {
      type: "string",
      demandOption: true,
      describe: "Id of the node, or its address where it was done more than once (work@2)",
    })
    .option("with-dependents", {
      type: "boolean",
      default: false,
      describe: "Also what read its row, and what read theirs",
    });

export function handler(args: Args, terminal: Terminal): CommandResult {
  const { run, node, withDependents: dependents } = args;
  return travel(args, terminal, async ({ retry }) => {
    const { runId, again, undone, repeats, kept } = await retry(run, node, {
      root: rootOf(args),
      dependents,
    });
    return {
      runId,
      what: "retried",
      lines: [
        `once more: ${again.join(", ")}`,
        ...(undone.length > 0 ? [`undone: ${undone.join(", ")}`] : []),
        `what it was is kept in ${kept}`,
      ],
      repeats,
      json: { runId, again, undone, repeats, kept },
    };
  });
}
