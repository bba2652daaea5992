import type { Argv } from "yargs";
import { printable } from "../../plan/index.ts";
import type { Json } from "../../plan/types.ts";
import type { PreviewRow } from "../../runtime/index.ts";
import { withRuntime } from "../errors.ts";
import { CliError, type CommandResult, EXIT } from "../exit.ts";
import { parseJson, projectRoot, readInput, readText } from "../options.ts";
import { openPlan } from "../plan-file.ts";
import { renderFrame } from "../render/frame.ts";
import type { Terminal } from "../terminal.ts";

export const command = "preview <plan>";
export const describe = "Show the frame a plan gives for recorded results; runs nothing";

interface Args {
  readonly plan: string;
  readonly input: string | undefined;
  readonly outputs: string | undefined;
  readonly host: string | undefined;
  readonly now: string | undefined;
  readonly runId: string;
  readonly json: boolean;
}

export const options = (yargs: Argv) =>
  yargs
    .positional("plan", { type: "string", demandOption: true, describe: "Plan (.json) or workflow file" })
    .option("input", { type: "string", describe: "The run's input: JSON, @FILE or a path" })
    .option("outputs", {
      type: "string",
      describe: 'Recorded rows, in order: [{"table","nodeId","iteration","row"}] as JSON, @FILE or a path',
    })
    .option("json", { type: "boolean", default: false, describe: "The frame as one JSON object" })
    .option("run-id", { type: "string", default: "preview", describe: "What ctx.runId gives" })
    .option("now", {
      type: "string",
      describe: "What ctx.now() gives: milliseconds or a date [default: the current time]",
    })
    .option("host", {
      type: "string",
      describe:
        'Host values by name ({"process.cwd":"/work","env.STAGE":"prod"}) that stand for this machine\'s',
    })
    .example("$0 preview review.plan.json --input '{\"limit\":3}' --outputs rows.json", "");

export function handler(args: Args, terminal: Terminal): CommandResult {
  return withRuntime(
    async ({ diskFiles, parseRows, previewFrame, previewHost, systemHost, PreviewRowError }) => {
      const input = readInput(args.input);
      const now = timeOf(args.now);
      const given = args.host === undefined ? {} : record(readJson(args.host, "--host"), "--host");
      const json = args.outputs === undefined ? [] : readJson(args.outputs, "--outputs");
      try {
        const rows = rowsOf(json, parseRows);
        const plan = await openPlan(args.plan, terminal);
        const root = projectRoot(process.cwd());
        const host = { ...previewHost(plan, systemHost(root), now), ...given };
        const files = diskFiles(root);
        const frame = previewFrame(plan, input, rows, { runId: args.runId, now, host, files });
        warn(frame.warnings, terminal);
        if (args.json) terminal.out(JSON.stringify(frame, null, 2));
        else {
          const what = `frame after ${rows.length} recorded row${rows.length === 1 ? "" : "s"}`;
          terminal.out(renderFrame(plan, frame, what, terminal.paintOut, terminal.outColumns ?? 100));
        }
        return EXIT.ok;
      } catch (error) {
        if (error instanceof PreviewRowError)
          throw new CliError(
            EXIT.usage,
            `--outputs: ${error.message}`,
            "Rows count from 0; each is a result that a task of this plan can have recorded.",
          );
        throw error;
      }
    },
  );
}

/** Once, however many rows it is. */
function warn([first, ...others]: readonly string[], terminal: Terminal): void {
  if (first === undefined) return;
  const more = others.length === 0 ? "" : `\n(and ${others.length} more: --json lists them)`;
  terminal.err(`${terminal.paint.yellow("warning:")} ${printable(first)}${more}`);
}

function rowsOf(json: Json, parse: (json: Json) => readonly PreviewRow[]): readonly PreviewRow[] {
  if (!Array.isArray(json))
    throw new CliError(
      EXIT.usage,
      "--outputs must be an array of rows",
      'As in: [{"table":"review","nodeId":"review","iteration":0,"row":{"approved":true}}]',
    );
  return parse(json);
}

function readJson(value: string, option: string): Json {
  const text = value.trimStart();
  if (text.startsWith("{") || text.startsWith("[")) return parseJson(value, option);
  const file = value.startsWith("@") ? value.slice(1) : value;
  return parseJson(readText(file, `${option} file`), `${option} ${file}`);
}

function record(json: Json, option: string): { readonly [name: string]: Json } {
  if (typeof json === "object" && json !== null && !Array.isArray(json))
    return json as { readonly [name: string]: Json };
  throw new CliError(EXIT.usage, `${option} must be an object of values by name`);
}

function timeOf(text: string | undefined): number {
  if (text === undefined) return Date.now();
  const time = /^\d+$/.test(text) ? Number(text) : Date.parse(text);
  if (Number.isFinite(time)) return time;
  throw new CliError(EXIT.usage, `--now is neither milliseconds nor a date: ${text}`);
}
