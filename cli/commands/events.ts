import type { Argv } from "yargs";
import { printable } from "../../plan/index.ts";
import { fitsWildcard } from "../../plan/wildcard.ts";
import type { EventRecord } from "../../runtime/index.ts";
import { type CommandResult, EXIT } from "../exit.ts";
import { type FollowArgs, follow, followOptions } from "../following.ts";
import { addressOf } from "../render/address.ts";
import { cut } from "../render/table.ts";
import type { Terminal } from "../terminal.ts";

export const command = "events <run>";
export const describe = "Print the event log of a run: what its frames, tasks, agents and people did";

interface Args extends FollowArgs {
  readonly type: string | undefined;
}

export const options = (yargs: Argv) =>
  followOptions(yargs)
    .option("type", {
      type: "string",
      describe: "Only events of this type; `*` stands for any characters (`task.*`)",
    })
    .example("$0 events RUN --type 'agent.*' --json", "messages and tokens, one object a line");

export async function handler(args: Args, terminal: Terminal): CommandResult {
  const { type } = args;
  const others = new Set<string>();
  let shown = 0;
  const exit = await follow(args, (event) => {
    if (type !== undefined && !fitsWildcard(type, event.type)) {
      others.add(event.type);
      return;
    }
    shown++;
    terminal.out(args.json ? JSON.stringify(event) : line(event, terminal));
  });
  // A slip of the pen looks like silence.
  if (shown === 0 && others.size > 0 && exit === EXIT.ok)
    terminal.err(`no event fits ${type}; there are: ${[...others].sort().join(", ")}`);
  return exit;
}

/** `   12  14:03:05.120  task.finished      draft@2  {"output":"draft"}` */
function line({ seq, at, type, data }: EventRecord, { paintOut, outColumns }: Terminal): string {
  const { nodeId, scope: _scope, iteration: _iteration, ...rest } = data;
  const time = new Date(at).toISOString().slice(11, 23);
  const head = `${String(seq).padStart(5)}  ${time}  ${type.padEnd(18)}`;
  const node = nodeId === undefined ? "" : `  ${printable(addressOf(data))}`;
  const body = Object.keys(rest).length === 0 ? "" : `  ${JSON.stringify(rest)}`;
  const room = Math.max(20, (outColumns ?? Number.POSITIVE_INFINITY) - head.length - node.length);
  return `${paintOut.dim(head)}${node}${body.length > room ? cut(body, room) : body}`;
}
