import type { Argv } from "yargs";
import type { RunSummary } from "../../runtime/index.ts";
import { withRuntime } from "../errors.ts";
import { type CommandResult, EXIT } from "../exit.ts";
import { rootOf, rootOption } from "../options.ts";
import { costText } from "../render/cost.ts";
import { ago, table } from "../render/table.ts";
import type { Terminal } from "../terminal.ts";

export const command = "ps";
export const describe = "List the runs of a project, the newest first";

interface Args {
  readonly root: string | undefined;
  readonly json: boolean;
}

export const options = (yargs: Argv) =>
  rootOption(yargs).option("json", { type: "boolean", default: false, describe: "One JSON object a run" });

export function handler(args: Args, terminal: Terminal): CommandResult {
  return withRuntime(async ({ listRuns, originText }) => {
    const runs = (await listRuns(rootOf(args))).toReversed();
    if (args.json)
      for (const { runId, run, cost, ...more } of runs)
        terminal.out(JSON.stringify({ ...run, runId, ...more, ...(cost && { cost }) }));
    else if (runs.length === 0) terminal.err("No runs yet. `smithers up FILE` starts one.");
    else {
      const priced = runs.some(({ cost }) => cost !== null);
      const rows = runs.map((run) => row(run, isOfAnother(run.origin) ? originText(run.origin) : ""));
      terminal.out(
        table(
          ["RUN", "WORKFLOW", "STATUS", "STARTED", "CHANGED", ...(priced ? ["COST"] : []), "WHY"],
          rows.map((cells, n) => (priced ? cells.toSpliced(-1, 0, costOf(runs[n])) : cells)),
        ),
      );
    }
    return EXIT.ok;
  });
}

const costOf = (run: RunSummary | undefined): string => (run?.cost ? costText(run.cost).join("") : "");

const isOfAnother = (origin: RunSummary["origin"]): origin is NonNullable<RunSummary["origin"]> =>
  origin?.how === "fork" || origin?.how === "continue";

/** `from`: the run that it was forked from, or whose place it took, if any. */
function row({ runId, run, problem, attended, stage }: RunSummary, from: string): string[] {
  const now = Date.now();
  const [reason = ""] = (problem ?? run?.reason ?? "").split("\n");
  const at = run && OVER.has(run.status) ? "" : stage;
  const why = [reason.startsWith(from) ? "" : from, at, reason].filter((part) => part !== "").join("; ");
  if (run === null) return [runId, "", "unreadable", "", "", why];
  if (run.status === "running" && !attended) {
    const next = `${at === "" ? "" : `${at}; `}its process is gone; smithers resume ${runId}`;
    return [runId, run.workflow, "interrupted", ago(run.createdAt, now), ago(run.updatedAt, now), next];
  }
  return [runId, run.workflow, run.status, ago(run.createdAt, now), ago(run.updatedAt, now), why];
}

/** Nothing of such a run is under way. */
const OVER: ReadonlySet<string> = new Set(["finished", "cancelled"]);
