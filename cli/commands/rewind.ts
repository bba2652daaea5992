import type { Argv } from "yargs";
import type { CommandResult } from "../exit.ts";
import { rootOf } from "../options.ts";
import type { Terminal } from "../terminal.ts";
import { frameOption, type TravelArgs, travel, travelOptions } from "../travel.ts";

export const command = "rewind <run>";
export const describe = "Take a run back to what it had done by one of its frames";

interface Args extends TravelArgs {
  readonly frame: number;
}

export const options = (yargs: Argv) => frameOption(travelOptions(yargs, false));

export function handler(args: Args, terminal: Terminal): CommandResult {
  const { run, frame } = args;
  return travel(args, terminal, async ({ rewind }) => {
    const { runId, repeats, kept } = await rewind(run, { root: rootOf(args), frame });
    return {
      runId,
      what: "rewound",
      lines: [`to what it was after frame ${frame}; what followed is kept in ${kept}`],
      repeats,
      json: { runId, frame, repeats, kept },
    };
  });
}
