import type { Argv } from "yargs";
import {
  type Change,
  type DiffStyle,
  diffPlans,
  renderDiffJson,
  renderDiffMarkdown,
  renderDiffText,
} from "../../plan/index.ts";
import { type CommandResult, EXIT } from "../exit.ts";
import { openPlan } from "../plan-file.ts";
import type { Painter, Terminal } from "../terminal.ts";

export const command = "diff <before> <after>";
export const describe = "Show what changed between two plans (or workflow files)";

interface Args {
  readonly before: string;
  readonly after: string;
  readonly format: "text" | "markdown" | "json";
  readonly exitCode: boolean;
}

export const options = (yargs: Argv) =>
  yargs
    .positional("before", { type: "string", demandOption: true, describe: "Plan (.json) or workflow file" })
    .positional("after", { type: "string", demandOption: true, describe: "Plan (.json) or workflow file" })
    .option("format", {
      choices: ["text", "markdown", "json"] as const,
      default: "text" as const,
      describe: "Output format",
    })
    .option("exit-code", {
      type: "boolean",
      default: false,
      describe: "Exit with 1 when there are changes, as git diff does",
    });

type Render = (changes: readonly Change[], paint: Painter) => string;

const RENDER: Readonly<Record<Args["format"], Render>> = {
  text: (changes, paint) => renderDiffText(changes, { paint: (text, style) => COLOURS[style](paint)(text) }),
  markdown: (changes) => renderDiffMarkdown(changes),
  json: (changes) => renderDiffJson(changes),
};

const COLOURS: Readonly<Record<DiffStyle, (paint: Painter) => (text: string) => string>> = {
  "+": (paint) => paint.green,
  "-": (paint) => paint.red,
  ">": (paint) => paint.cyan,
  "~": (paint) => paint.yellow,
  name: (paint) => paint.bold,
  place: (paint) => paint.dim,
  note: (paint) => paint.dim,
};

export async function handler(args: Args, terminal: Terminal): CommandResult {
  const before = await openPlan(args.before, terminal);
  const after = await openPlan(args.after, terminal);
  const changes = diffPlans(before, after);
  terminal.out(RENDER[args.format](changes, terminal.paintOut));
  return args.exitCode && changes.length > 0 ? EXIT.negative : EXIT.ok;
}
