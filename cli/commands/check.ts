import type { Argv } from "yargs";
import type { CommandResult } from "../exit.ts";
import { type ReportArgs, reportOptions } from "../report-options.ts";
import type { Terminal } from "../terminal.ts";

export const command = "check [files..]";
export const describe = "Report all problems of workflow files; writes nothing";

export const options = (yargs: Argv) => reportOptions(yargs);

export async function handler(args: ReportArgs, terminal: Terminal): CommandResult {
  const { openBatch, runBatch } = await import("../batch.ts");
  const batch = await openBatch(args, terminal);
  return runBatch(batch, () => ({ diagnostics: [], plan: null, line: null }), terminal);
}
