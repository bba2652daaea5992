import type { Argv } from "yargs";
import type { CommandResult } from "../exit.ts";
import { rootOf } from "../options.ts";
import type { Terminal } from "../terminal.ts";
import { frameOption, type TravelArgs, travel, travelOptions } from "../travel.ts";

export const command = "fork <run>";
export const describe = "Make a new run of what another one had done by one of its frames";

interface Args extends TravelArgs {
  readonly frame: number;
  readonly runId: string | undefined;
}

export const options = (yargs: Argv) =>
  frameOption(travelOptions(yargs, false)).option("run-id", {
    type: "string",
    describe: "Id of the new run [default: made from the workflow's name and the time]",
  });

export function handler(args: Args, terminal: Terminal): CommandResult {
  const { run, frame, runId: name } = args;
  return travel(args, terminal, async ({ fork }) => {
    const { runId, repeats } = await fork(run, {
      root: rootOf(args),
      frame,
      ...(name !== undefined && { runId: name }),
    });
    return {
      runId,
      what: "forked",
      lines: [`from ${run}, as it was after frame ${frame}`],
      repeats,
      json: { runId, from: run, frame, repeats },
    };
  });
}
