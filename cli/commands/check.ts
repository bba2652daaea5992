import type { Argv } from "yargs";
import { check } from "../compile.ts";
import { type CommandResult, EXIT } from "../exit.ts";
import type { Terminal } from "../terminal.ts";

export const command = "check <files..>";
export const describe = "Report all problems of workflow files; writes nothing";

const SEVERITIES = ["error", "warning", "info"] as const;

interface Args {
  readonly files: readonly string[];
  readonly maxSeverity: (typeof SEVERITIES)[number];
  readonly json: boolean;
}

export const options = (yargs: Argv) =>
  yargs
    .positional("files", { type: "string", array: true, demandOption: true, describe: "Workflow files" })
    .option("max-severity", {
      choices: SEVERITIES,
      default: "error" as const,
      describe: "Exit with 1 when a diagnostic is at least this severe",
    })
    .option("json", {
      type: "boolean",
      default: false,
      describe: "Diagnostics as JSON, one a line",
    });

export async function handler(args: Args, terminal: Terminal): CommandResult {
  const failing = new Set<string>(SEVERITIES.slice(0, SEVERITIES.indexOf(args.maxSeverity) + 1));
  let negative = false;
  let total = 0;
  for (const file of args.files) {
    const { diagnostics } = await check(file, terminal, args.json ? "json" : "text");
    total += diagnostics.length;
    negative ||= diagnostics.some(({ severity }) => failing.has(severity));
  }
  if (!args.json && total === 0) {
    terminal.err(
      `${terminal.paint.green("ok")}  ${args.files.length} file${args.files.length === 1 ? "" : "s"}, no problems`,
    );
  }
  return negative ? EXIT.negative : EXIT.ok;
}
