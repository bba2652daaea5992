import type { Argv } from "yargs";
import type { CommandResult } from "../exit.ts";
import { type ReportArgs, reportOptions } from "../report-options.ts";
import type { Terminal } from "../terminal.ts";

export const command = "build [files..]";
export const describe = "Compile workflows to plans, without running any of their code";

interface Args extends ReportArgs {
  readonly output: string | undefined;
  readonly check: boolean;
  readonly watch: boolean;
}

export const options = (yargs: Argv) =>
  reportOptions(yargs)
    .option("output", {
      alias: "o",
      type: "string",
      describe:
        "Where to write the plan, or the folder for several [default: beside each file as FILE.plan.json; - for stdout]",
    })
    .option("check", {
      type: "boolean",
      default: false,
      describe: "Write nothing; exit with 1 when a committed plan is not what its source compiles to",
    })
    .option("watch", {
      alias: "w",
      type: "boolean",
      default: false,
      describe: "Stay and build again what changes",
    })
    .example("$0 build workflow.tsx", "writes workflow.plan.json")
    .example("$0 build 'flows/**/*.tsx' -o plans", "a plan for each, below plans/")
    .example("$0 build --check --format github", "what smithers.json lists, in CI");

export async function handler(args: Args, terminal: Terminal): CommandResult {
  const { openBatch, runBatch } = await import("../batch.ts");
  const { outputsOf } = await import("../outputs.ts");
  const open = async () => {
    const batch = await openBatch(args, terminal);
    return { batch, outputs: await outputsOf(batch, args) };
  };
  if (args.watch) return (await import("../watch.ts")).watch(open, terminal);
  const { batch, outputs } = await open();
  return runBatch(batch, outputs.action(terminal), terminal, !args.check);
}
