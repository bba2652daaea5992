import type { Argv } from "yargs";
import { withRuntime } from "../errors.ts";
import { CliError, type CommandResult, EXIT } from "../exit.ts";
import { rootOf, rootOption, runPositional } from "../options.ts";
import { size } from "../render/table.ts";
import type { Terminal } from "../terminal.ts";

export const command = "export <run>";
export const describe = "Write a run into a zip archive, as of its last commit, also while it goes on";

interface Args {
  readonly run: string;
  readonly root: string | undefined;
  readonly output: string | undefined;
}

export const options = (yargs: Argv) =>
  rootOption(runPositional(yargs)).option("output", {
    alias: "o",
    type: "string",
    describe: "Where to write it; nothing is overwritten [default: RUN.zip]",
  });

export function handler(args: Args, terminal: Terminal): CommandResult {
  return withRuntime(async ({ exportRun }) => {
    const file = args.output ?? `${args.run}.zip`;
    try {
      const { bytes, status } = await exportRun(args.run, { root: rootOf(args), file });
      terminal.err(
        `${terminal.paint.green("exported")}  ${args.run}  ${terminal.paint.dim(`${status}, ${size(bytes)}`)}`,
      );
      terminal.out(file);
    } catch (error) {
      if (!(error instanceof Error) || !("code" in error)) throw error;
      if (error.code === "EEXIST")
        throw new CliError(EXIT.usage, `${file} exists already`, "Remove it, or name another with -o FILE.");
      if (error.code === "ENOENT" || error.code === "ENOTDIR")
        throw new CliError(EXIT.usage, `${file} can't be written: there is no such directory`);
      throw error;
    }
    return EXIT.ok;
  });
}
