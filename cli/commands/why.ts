import type { Argv } from "yargs";
import { printable } from "../../plan/index.ts";
import type { Reason } from "../../runtime/index.ts";
import { withRuntime } from "../errors.ts";
import { type CommandResult, EXIT } from "../exit.ts";
import { rootOf, rootOption, runPositional } from "../options.ts";
import type { Terminal } from "../terminal.ts";

export const command = "why <run> [node]";
export const describe = "Say why a node is not running, and what would unblock it";

interface Args {
  readonly run: string;
  readonly node: string | undefined;
  readonly root: string | undefined;
  readonly json: boolean;
}

export const options = (yargs: Argv) =>
  rootOption(runPositional(yargs))
    .positional("node", {
      type: "string",
      describe: "Id or address (`draft@2`) of a node [default: all that have not ended]",
    })
    .option("json", { type: "boolean", default: false, describe: "The reasons as one JSON array" });

export function handler(args: Args, terminal: Terminal): CommandResult {
  return withRuntime(async ({ why }) => {
    const reasons = await why(args.run, args.node, { root: rootOf(args) });
    if (args.json) terminal.out(JSON.stringify(reasons));
    else if (reasons.length === 0) terminal.err("Every node that is mounted has ended.");
    else for (const reason of reasons) print(reason, terminal);
    return EXIT.ok;
  });
}

function print({ node, state, because, next }: Reason, terminal: Terminal): void {
  const { bold, dim } = terminal.paintOut;
  terminal.out(`${bold(printable(node))}  ${state}`);
  for (const cause of because) terminal.out(`  ${printable(cause)}`);
  if (next !== null) terminal.out(`  ${dim("next:")} ${printable(next)}`);
}
