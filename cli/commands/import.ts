import { statSync } from "node:fs";
import type { Argv } from "yargs";
import { withRuntime } from "../errors.ts";
import { CliError, type CommandResult, EXIT } from "../exit.ts";
import { rootOf, rootOption } from "../options.ts";
import type { Terminal } from "../terminal.ts";

export const command = "import <file>";
export const describe = "Take up a run that was exported, checked whole before it is there";

interface Args {
  readonly file: string;
  readonly root: string | undefined;
  readonly as: string | undefined;
}

export const options = (yargs: Argv) =>
  rootOption(
    yargs.positional("file", { type: "string", demandOption: true, describe: "Archive of a run (.zip)" }),
  ).option("as", {
    type: "string",
    describe: "Id of the run here; the run itself keeps the one it knows [default: the same]",
  });

export function handler(args: Args, terminal: Terminal): CommandResult {
  return withRuntime(async ({ importRun }) => {
    const { file, as } = args;
    if (!statSync(file, { throwIfNoEntry: false })?.isFile())
      throw new CliError(EXIT.usage, `archive not found: ${file}`);
    const { runId, workflow, status } = await importRun(file, {
      root: rootOf(args),
      ...(as === undefined ? {} : { as }),
    });
    const { paint } = terminal;
    terminal.err(`${paint.green("imported")}  ${runId}  ${paint.dim(`${workflow}, ${status}`)}`);
    if (status !== "finished") terminal.err(`go on with: smithers resume ${runId}`);
    return EXIT.ok;
  });
}
