import type { Argv } from "yargs";
import { printable } from "../../plan/index.ts";
import type { Finding } from "../../runtime/index.ts";
import { withRuntime } from "../errors.ts";
import { type CommandResult, EXIT } from "../exit.ts";
import { rootOf, rootOption } from "../options.ts";
import type { Terminal } from "../terminal.ts";

export const command = "doctor";
export const describe = "Check whether this machine and this project can run workflows durably";

interface Args {
  readonly root: string | undefined;
  readonly json: boolean;
}

export const options = (yargs: Argv) =>
  rootOption(yargs).option("json", {
    type: "boolean",
    default: false,
    describe: "One JSON object a finding",
  });

export function handler(args: Args, terminal: Terminal): CommandResult {
  return withRuntime(async ({ examine }) => {
    const findings = await examine({ root: rootOf(args), env: process.env });
    for (const finding of findings)
      if (args.json) terminal.out(JSON.stringify(finding));
      else print(finding, terminal);
    return findings.some(({ verdict }) => verdict === "fail") ? EXIT.negative : EXIT.ok;
  });
}

function print({ check, verdict, message, next }: Finding, { out, paintOut }: Terminal): void {
  const paint = { ok: paintOut.green, warn: paintOut.yellow, fail: paintOut.red }[verdict];
  out(`${paint(verdict.padEnd(4))}  ${check.padEnd(9)}  ${printable(message)}`);
  if (next !== null) out(`${" ".repeat(17)}${printable(next)}`);
}
