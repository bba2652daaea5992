import type { Argv } from "yargs";
import type { RunStatus } from "../../runtime/index.ts";
import { withRuntime } from "../errors.ts";
import { CliError, type CommandResult, EXIT } from "../exit.ts";
import { rootOf, rootOption } from "../options.ts";
import { ago, size, table } from "../render/table.ts";
import type { Terminal } from "../terminal.ts";

export const command = "gc";
export const describe = "Remove old runs that have ended, and print what that frees";

const STATUSES = ["finished", "failed", "cancelled", "waiting", "paused", "stalled", "running"] as const;

interface Args {
  readonly root: string | undefined;
  readonly olderThan: string;
  readonly status: string;
  readonly keep: number;
  readonly dryRun: boolean;
  readonly json: boolean;
}

export const options = (yargs: Argv) =>
  rootOption(yargs)
    .option("older-than", {
      type: "string",
      default: "30d",
      describe: "Only runs that have not changed for so long: a number and m, h, d or w",
    })
    .option("status", {
      type: "string",
      default: "finished,failed,cancelled",
      describe:
        "Only runs in these states; waiting, paused, stalled and running ones (without a process) have to be named",
    })
    .option("keep", { type: "number", default: 0, describe: "Of the runs in these states, keep so many" })
    .option("dry-run", { type: "boolean", default: false, describe: "Remove nothing; print what would be" })
    .option("json", { type: "boolean", default: false, describe: "One JSON object a run" })
    .example("$0 gc --older-than 7d --status finished --keep 20 --dry-run", "");

export function handler(args: Args, terminal: Terminal): CommandResult {
  const { keep, dryRun } = args;
  const olderThanMs = ageOf(args.olderThan);
  const statuses = statusesOf(args.status);
  return withRuntime(async ({ removeRuns }) => {
    const now = Date.now();
    const removed = await removeRuns({ root: rootOf(args), olderThanMs, statuses, keep, dryRun, now });
    if (args.json) {
      for (const one of removed) terminal.out(JSON.stringify({ ...one, removed: !dryRun }));
      return EXIT.ok;
    }
    if (removed.length > 0)
      terminal.out(
        table(
          ["RUN", "STATUS", "CHANGED", "SIZE"],
          removed.map(({ runId, status, updatedAt, bytes }) => [
            runId ?? "(left behind)",
            status ?? "",
            ago(updatedAt, now),
            size(bytes),
          ]),
        ),
      );
    const bytes = removed.reduce((sum, one) => sum + one.bytes, 0);
    const runs = `${removed.length} ${removed.length === 1 ? "run" : "runs"}`;
    terminal.err(
      dryRun ? `would remove ${runs}, ${size(bytes)}; nothing was` : `removed ${runs}, ${size(bytes)}`,
    );
    return EXIT.ok;
  });
}

const UNITS: Readonly<Record<string, number>> = {
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

function ageOf(text: string): number {
  const [, amount, unit = ""] = /^(\d+(?:\.\d+)?)([mhdw])$/.exec(text) ?? [];
  if (amount === undefined)
    throw new CliError(EXIT.usage, `--older-than ${text} is no age such as 90m, 12h, 30d or 2w`);
  return Number(amount) * (UNITS[unit] ?? 0);
}

function statusesOf(text: string): readonly RunStatus[] {
  return text.split(",").map((word) => {
    const status = STATUSES.find((known) => known === word.trim());
    if (!status) throw new CliError(EXIT.usage, `--status ${word} is none; there are ${STATUSES.join(", ")}`);
    return status;
  });
}
