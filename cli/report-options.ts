/** What `build` and `check` take alike: files, and how to report on them. */
import type { Argv } from "yargs";
import { FORMATS, type Format } from "./render/report/index.ts";
import { SEVERITIES, type Severity } from "./report.ts";

export interface ReportArgs {
  readonly files: readonly string[] | undefined;
  readonly format: Format;
  readonly json: boolean;
  readonly maxSeverity: Severity | undefined;
}

export const reportOptions = (yargs: Argv) =>
  yargs
    .positional("files", {
      type: "string",
      array: true,
      describe: "Workflow files, folders and globs [default: the entries of smithers.json]",
    })
    .option("format", {
      choices: FORMATS,
      default: "text" as const,
      describe: "How to report what was found; all but text go to stdout",
    })
    .option("json", {
      type: "boolean",
      default: false,
      describe: "The same as --format json: one object a line",
    })
    .option("max-severity", {
      choices: SEVERITIES,
      describe: 'Exit with 1 when a finding is at least this severe [default: "error"]',
    });
