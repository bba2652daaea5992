/** What `pause` and `cancel` share. */
import os from "node:os";
import type { Argv } from "yargs";
import { rootOf, rootOption, runPositional } from "./options.ts";

export interface StopArgs {
  readonly run: string;
  readonly by: string | undefined;
  readonly root: string | undefined;
}

export const stopOptions = (yargs: Argv) =>
  rootOption(runPositional(yargs)).option("by", {
    type: "string",
    describe: "Who stops it; recorded [default: the user's name]",
  });

export const asked = (args: StopArgs) => ({ root: rootOf(args), by: args.by ?? os.userInfo().username });
