import type { Argv } from "yargs";
import { VIEWS, type View, type ViewName } from "../db/views.ts";
import { withRuntime } from "../errors.ts";
import { type CommandResult, EXIT } from "../exit.ts";
import { rootOf, rootOption, runPositional } from "../options.ts";
import { shortTable } from "../render/cell.ts";
import type { Terminal } from "../terminal.ts";

export const command = "db <run> <what>";
export const describe = "Print the records of a run as a table or as JSON";

interface Args {
  readonly run: string;
  readonly what: ViewName;
  readonly root: string | undefined;
  readonly json: boolean;
}

export const options = (yargs: Argv) =>
  rootOption(runPositional(yargs))
    .positional("what", {
      choices: Object.keys(VIEWS) as ViewName[],
      demandOption: true,
      describe: "Which records",
    })
    .option("json", {
      type: "boolean",
      default: false,
      describe: "The records in full, one JSON object a line",
    });

export function handler(args: Args, terminal: Terminal): CommandResult {
  return withRuntime(async ({ readRun }) => {
    const view: View = VIEWS[args.what];
    const rows = await readRun(args.run, { root: rootOf(args) }, view.rows);
    if (args.json) for (const { record } of rows) terminal.out(JSON.stringify(record));
    else if (rows.length === 0) terminal.err(`Run ${args.run} has no ${args.what}.`);
    else
      terminal.out(
        shortTable(
          view.head,
          rows.map(({ cells }) => cells),
          terminal.outColumns,
        ),
      );
    return EXIT.ok;
  });
}
