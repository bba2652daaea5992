import type { Argv } from "yargs";
import type { CommandResult } from "../exit.ts";
import { type ReportArgs, reportOptions } from "../report-options.ts";
import type { Terminal } from "../terminal.ts";

export const command = "check [files..]";
export const describe = "Report all problems of workflow files; writes nothing";

interface Args extends ReportArgs {
  readonly twin: boolean;
  readonly requireTwin: boolean;
}

export const options = (yargs: Argv) =>
  reportOptions(yargs)
    .option("twin", {
      type: "boolean",
      default: false,
      describe:
        "Compile each file a second time as one block; exit with 1 when the two plans give unequal frames for made-up runs",
    })
    .option("require-twin", {
      type: "boolean",
      default: false,
      describe: "The same as --twin, and exit with 1 where a file could not be compared as well",
    })
    .example("$0 check 'flows/**/*.tsx' --format sarif", "all problems, for CI")
    .example("$0 check workflow.tsx --twin", "is the plan what the source says?");

export async function handler(args: Args, terminal: Terminal): CommandResult {
  const { openBatch, runBatch } = await import("../batch.ts");
  const batch = await openBatch(args, terminal);
  if (!args.twin && !args.requireTwin)
    return runBatch(batch, () => ({ diagnostics: [], plan: null, line: null }), terminal);
  const { twinAction } = await import("../twin/report.ts");
  return runBatch({ ...batch, requireTwin: args.requireTwin }, twinAction(terminal), terminal);
}
