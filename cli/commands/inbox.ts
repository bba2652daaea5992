import type { Argv } from "yargs";
import { printable } from "../../plan/index.ts";
import type { Wait } from "../../runtime/index.ts";
import { withRuntime } from "../errors.ts";
import { type CommandResult, EXIT } from "../exit.ts";
import { rootOf, rootOption } from "../options.ts";
import { ago, until } from "../render/table.ts";
import type { Terminal } from "../terminal.ts";

export const command = "inbox";
export const describe = "List what all runs wait for people to say, with the commands that answer";

interface Args {
  readonly root: string | undefined;
  readonly json: boolean;
}

export const options = (yargs: Argv) =>
  rootOption(yargs).option("json", {
    type: "boolean",
    default: false,
    describe: "One JSON object a question",
  });

export function handler(args: Args, terminal: Terminal): CommandResult {
  return withRuntime(async ({ listWaits }) => {
    const { waits, problems } = await listWaits(rootOf(args));
    for (const { runId, message } of problems)
      terminal.err(`${terminal.paint.yellow("!")} ${runId} can't be read: ${printable(message)}`);
    const root = args.root === undefined ? "" : ` --root ${args.root}`;
    if (args.json)
      for (const wait of waits)
        terminal.out(JSON.stringify({ ...wait, commands: wait.commands.map((one) => `${one}${root}`) }));
    else if (waits.length === 0) terminal.err("No run waits for anybody.");
    else for (const [index, wait] of waits.entries()) print(wait, index > 0, root, terminal);
    return EXIT.ok;
  });
}

function print(wait: Wait, gap: boolean, root: string, terminal: Terminal): void {
  const { bold, dim } = terminal.paintOut;
  const { runId, workflow, node, summary, since, answered, attended, options, allowedUsers } = wait;
  const now = Date.now();
  const end = wait.until === null ? "" : `, expires ${until(wait.until, now)}`;
  if (gap) terminal.out("");
  terminal.out(
    `${bold(printable(node))}  ${printable(asked(wait))}  ${dim(`${workflow} ${runId}, ${ago(since, now)}${end}`)}`,
  );
  for (const line of summary === "" ? [] : summary.split("\n")) terminal.out(`  ${printable(line)}`);
  if (options.length > 0) terminal.out(`  ${wait.kind} of: ${printable(options.join(", "))}`);
  if (allowedUsers) terminal.out(`  only ${printable(allowedUsers.join(", "))} may answer`);
  if (answered)
    terminal.out(
      `  answered${attended ? ": the run takes it up now" : `; go on with: smithers resume ${runId}${root}`}`,
    );
  else for (const command of wait.commands) terminal.out(`  ${command}${root}`);
}

function asked({ kind, title, correlationId }: Wait): string {
  if (kind !== "signal") return title;
  return `the signal ${title}${correlationId === null ? "" : ` (${correlationId})`}`;
}
