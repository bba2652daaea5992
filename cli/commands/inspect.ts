import type { Argv } from "yargs";
import type { Json } from "../../plan/types.ts";
import type { Address, Journal, RunRecord } from "../../runtime/index.ts";
import { stagesUnderWay } from "../../runtime/stages.ts";
import { withRuntime } from "../errors.ts";
import { CliError, type CommandResult, EXIT } from "../exit.ts";
import { rootOf, rootOption, runPositional } from "../options.ts";
import { addressName } from "../render/address.ts";
import { shortened } from "../render/cell.ts";
import { costText } from "../render/cost.ts";
import { courseText } from "../render/course.ts";
import { renderFrame } from "../render/frame.ts";
import { ago, duration, table } from "../render/table.ts";
import type { Terminal } from "../terminal.ts";

export const command = "inspect <run>";
export const describe = "Show a run: its tasks, attempts and outputs, or one of its frames";

interface Args {
  readonly run: string;
  readonly root: string | undefined;
  readonly frame: number | undefined;
  readonly json: boolean;
}

export const options = (yargs: Argv) =>
  rootOption(runPositional(yargs))
    .option("frame", {
      type: "number",
      describe: "The frame of this number as it was: what was mounted, ready, waiting, with every prompt",
    })
    .option("json", {
      type: "boolean",
      default: false,
      describe: "All that is recorded, as one JSON object",
    });

export function handler(args: Args, terminal: Terminal): CommandResult {
  const { frame } = args;
  if (frame !== undefined) return showFrame(args, frame, terminal);
  return withRuntime(async ({ inspect, originText }) => {
    const { journal, attended, origin, result } = await inspect(args.run, { root: rootOf(args) });
    if (journal.run === null) {
      throw new CliError(
        EXIT.negative,
        `run ${args.run} never began: nothing is recorded`,
        "Start it anew under the same id with --run-id.",
      );
    }
    const summary = result?.summary;
    const totals = result?.totals;
    const { costUsd, pricedCalls } = totals ?? {};
    const ended = summary === undefined ? {} : { summary };
    if (args.json)
      terminal.out(
        JSON.stringify({ ...journal, plan: undefined, attended, origin, costUsd, pricedCalls, ...ended }),
      );
    else {
      const from = origin === null ? null : originText(origin);
      print(
        args.run,
        journal,
        journal.run,
        { attended, from, summary: summary ?? null, cost: totals ? costText(totals) : [] },
        terminal,
      );
    }
    return EXIT.ok;
  });
}

function showFrame(args: Args, number: number, terminal: Terminal): CommandResult {
  return withRuntime(async ({ frameAt }) => {
    const { plan, record, frame } = await frameAt(args.run, number, { root: rootOf(args) });
    if (args.json) {
      terminal.out(JSON.stringify({ ...record, ...frame }));
      return EXIT.ok;
    }
    const what = `frame ${number} of ${args.run}, ${new Date(record.now).toISOString()}, after ${CAUSES[record.cause] ?? record.cause}`;
    terminal.out(renderFrame(plan, frame, what, terminal.paintOut, terminal.outColumns ?? 100));
    return EXIT.ok;
  });
}

/** Why a frame was cut, as it is said after "after". */
const CAUSES: Readonly<Record<string, string>> = {
  start: "the start",
  resume: "a resume",
  result: "a result",
  decision: "a decision",
  signal: "a signal",
  timer: "a timer",
  file: "a change of a file",
  progress: "news of a task under way",
  state: "what effects wrote",
};

function print(
  runId: string,
  { tasks, attempts, outputs }: Journal,
  run: RunRecord,
  {
    attended,
    from,
    summary,
    cost,
  }: {
    readonly attended: boolean;
    readonly from: string | null;
    readonly summary: Json;
    readonly cost: readonly string[];
  },
  terminal: Terminal,
): void {
  const { bold, dim } = terminal.paintOut;
  const began = `workflow ${run.workflow}, started ${ago(run.createdAt, Date.now())}`;
  terminal.out(`${bold(runId)}  ${run.status}  ${dim(began)}`);
  if (from !== null && !run.reason?.startsWith(from)) terminal.out(dim(from));
  if (run.reason !== null) terminal.out(run.reason);
  const stage = stagesUnderWay(tasks);
  if (stage !== "") terminal.out(`at ${stage}`);
  if (summary !== null) terminal.out(`summary ${JSON.stringify(summary)}`);
  for (const text of cost) terminal.out(`cost ${text}`);
  if (run.status === "running" && !attended)
    terminal.out(`its process is gone; go on with: smithers resume ${runId}`);
  terminal.out(dim(`plan ${run.planDigest}`));
  terminal.out(`input ${JSON.stringify(run.input)}\n`);
  const last = new Map(attempts.map((attempt) => [key(attempt), attempt]));
  const rows = new Map(outputs.map((output) => [key(output), output]));
  terminal.out(
    table(
      ["TASK", "KIND", "STATE", "TRIES", "TOOK", "OUTPUT"],
      tasks.map((task) => {
        const attempt = last.get(key(task));
        const took = attempt?.endedAt ? duration(attempt.endedAt - attempt.startedAt) : "";
        const output = rows.get(key(task));
        const shown =
          output === undefined ? courseText(task) : `${output.table} ${JSON.stringify(output.value)}`;
        return [
          addressName(task),
          task.kind,
          task.state,
          String(attempt?.attempt ?? ""),
          took,
          shortened(shown, WIDTH),
        ];
      }),
    ),
  );
}

function key({ nodeId, scope, iteration }: Address): string {
  return `${nodeId}\n${scope}\n${iteration}`;
}

const WIDTH = 100;
