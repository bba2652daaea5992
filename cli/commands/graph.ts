import type { Argv } from "yargs";
import {
  graphOf,
  renderDot,
  renderMermaid,
  renderTree,
  renderXml,
  type TreeStyle,
} from "../../plan/index.ts";
import { type CommandResult, EXIT } from "../exit.ts";
import { openPlan } from "../plan-file.ts";
import type { Terminal } from "../terminal.ts";

export const command = "graph <plan>";
export const describe = "Show all that a plan can ever run, as a tree, XML, Mermaid, DOT or JSON";

const FORMATS = ["tree", "xml", "mermaid", "dot", "json"] as const;

interface Args {
  readonly plan: string;
  readonly format: (typeof FORMATS)[number];
}

export const options = (yargs: Argv) =>
  yargs
    .positional("plan", { type: "string", demandOption: true, describe: "Plan (.json) or workflow file" })
    .option("format", {
      choices: FORMATS,
      default: "tree" as const,
      describe: "How to write it: for people, or for XML tools, Mermaid, Graphviz, programs",
    })
    .example("$0 graph review.plan.json --format dot | dot -Tsvg -o review.svg", "");

export async function handler(args: Args, terminal: Terminal): CommandResult {
  const { paintOut } = terminal;
  const colours: Readonly<Record<TreeStyle, (text: string) => string>> = {
    branch: paintOut.dim,
    name: paintOut.bold,
    kind: paintOut.cyan,
    work: paintOut.green,
    note: paintOut.dim,
  };
  const plan = await openPlan(args.plan, terminal);
  switch (args.format) {
    case "tree": {
      const width = process.stdout.columns;
      const paint = (text: string, style: TreeStyle): string => colours[style](text);
      terminal.out(renderTree(plan, { paint, ...(width === undefined ? {} : { width }) }));
      break;
    }
    case "xml":
      terminal.out(renderXml(plan));
      break;
    case "mermaid":
      terminal.out(renderMermaid(plan));
      break;
    case "dot":
      terminal.out(renderDot(plan));
      break;
    case "json":
      terminal.out(JSON.stringify(graphOf(plan), null, 2));
      break;
    default:
      args.format satisfies never;
  }
  return EXIT.ok;
}
