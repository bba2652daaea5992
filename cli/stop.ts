/** What the commands share that ask something of a run in a person's name. */
import os from "node:os";
import type { Argv } from "yargs";
import { rootOf, rootOption, runPositional } from "./options.ts";
import type { Terminal } from "./terminal.ts";

/** In whose name, and where. */
export interface PersonArgs {
  readonly by: string | undefined;
  readonly root: string | undefined;
}

export interface StopArgs extends PersonArgs {
  readonly run: string;
}

export const stopOptions = (yargs: Argv) =>
  rootOption(runPositional(yargs)).option("by", {
    type: "string",
    describe: "Who stops it; recorded [default: the user's name]",
  });

export const asked = (args: PersonArgs) => ({ root: rootOf(args), by: args.by ?? os.userInfo().username });

/** Says what was filed, and how the run comes to it where no process attends to it. */
export async function tellFiled(
  { inspect, outermost }: typeof import("../runtime/index.ts"),
  { run, root }: Pick<StopArgs, "run" | "root">,
  said: string,
  { err, paint }: Terminal,
): Promise<void> {
  const { attended } = await inspect(run, { root: rootOf({ root }) });
  err(`${said}  ${paint.dim(run)}`);
  if (!attended) err(`go on with: smithers resume ${outermost(run)}`);
}
