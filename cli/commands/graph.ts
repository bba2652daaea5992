import type { Argv } from "yargs";
import { renderTree, type TreeStyle } from "../../plan/index.ts";
import { type CommandResult, EXIT } from "../exit.ts";
import { openPlan } from "../plan-file.ts";
import type { Terminal } from "../terminal.ts";

export const command = "graph <plan>";
export const describe = "Show all that a plan can ever run, as a tree";

interface Args {
  readonly plan: string;
}

export const options = (yargs: Argv) =>
  yargs.positional("plan", { type: "string", demandOption: true, describe: "Plan (.json) or workflow file" });

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
  const width = process.stdout.columns;
  terminal.out(
    renderTree(plan, {
      paint: (text, style) => colours[style](text),
      ...(width === undefined ? {} : { width }),
    }),
  );
  return EXIT.ok;
}
