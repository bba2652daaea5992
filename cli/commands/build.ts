import { writeFileSync } from "node:fs";
import path from "node:path";
import type { Argv } from "yargs";
import { compile } from "../compile.ts";
import { type CommandResult, EXIT } from "../exit.ts";
import type { Terminal } from "../terminal.ts";

export const command = "build <file>";
export const describe = "Compile a workflow to a plan, without running any of its code";

interface Args {
  readonly file: string;
  readonly output: string | undefined;
}

export const options = (yargs: Argv) =>
  yargs
    .positional("file", {
      type: "string",
      demandOption: true,
      describe: "Workflow file (.tsx, .ts, .jsx, .js)",
    })
    .option("output", {
      alias: "o",
      type: "string",
      describe: "Where to write the plan [default: FILE with .plan.json; - for stdout]",
    })
    .example("$0 build workflow.tsx", "writes workflow.plan.json");

export async function handler(args: Args, terminal: Terminal): CommandResult {
  const { plan, text } = await compile(args.file, terminal);
  const output = args.output ?? defaultOutput(args.file);
  if (output === "-") {
    terminal.out(text);
    return EXIT.ok;
  }
  writeFileSync(output, text);
  const count = Object.keys(plan.nodes).length;
  terminal.err(
    `${terminal.paint.green("built")} ${output}  ${count} nodes  ${terminal.paint.dim(plan.digest.slice(0, 19))}`,
  );
  return EXIT.ok;
}

function defaultOutput(file: string): string {
  const { dir, name } = path.parse(file);
  return path.join(dir, `${name}.plan.json`);
}
