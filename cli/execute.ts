/** Runs or resumes a plan with progress for people or JSON lines for programs. Used by `run` and `up`. */
import type { Argv } from "yargs";
import { diffPlans, type Json, loadRecordedPlan, type Plan, renderDiffText } from "../plan/index.ts";
import type { EventRecord, RunResult, StormLimits } from "../runtime/index.ts";
import { answerCommands, askerOf, signalCommand } from "../runtime/requests/answers.ts";
import { projectConfig } from "./config-file.ts";
import { withRuntime } from "./errors.ts";
import { CliError, type CommandResult, EXIT, type ExitCode } from "./exit.ts";
import { type LimitArgs, limitOptions, stopAtOf } from "./limits.ts";
import { rootOf, rootOption } from "./options.ts";
import { addressName } from "./render/address.ts";
import { costText } from "./render/cost.ts";
import { createLive } from "./render/live/progress.ts";
import { createLines, type Progress } from "./render/progress.ts";
import { cut, duration } from "./render/table.ts";
import type { Terminal } from "./terminal.ts";

export interface ExecuteArgs extends LimitArgs {
  readonly script: string | undefined;
  readonly json: boolean;
  readonly wait: boolean;
  readonly storm: string | undefined;
  readonly allowNetwork: boolean;
  readonly root: string | undefined;
}

export const executeOptions = (yargs: Argv) =>
  limitOptions(rootOption(yargs))
    .option("script", { type: "string", describe: "JSON file of scripted answers: agents need no key" })
    .option("json", {
      type: "boolean",
      default: false,
      describe: "One JSON event a line, the result as the last",
    })
    .option("wait", { type: "boolean", default: false, describe: "Stay while the run waits for a decision" })
    .option("allow-network", {
      type: "boolean",
      default: false,
      describe: "Let commands that agents run use the network",
    })
    .option("storm", {
      type: "string",
      describe:
        "Limits of frames that effects make by themselves: framesPerSecond=10,framesPerMinute=200,framesPerRun=1000,repeats=3",
    });

export type Start =
  | { readonly kind: "new"; readonly plan: Plan; readonly input: Json; readonly runId: string | undefined }
  | { readonly kind: "resume"; readonly runId: string; readonly plan: Plan | null };

/** How the process was asked to stop: the first Ctrl-C ends attempts and keeps the run resumable, the second kills. */
function onInterrupt(stop: AbortController): () => void {
  let count = 0;
  const handler = () => {
    count += 1;
    if (count > 1) process.exit(EXIT.interrupted);
    stop.abort();
  };
  process.on("SIGINT", handler);
  process.on("SIGTERM", handler);
  return () => {
    process.off("SIGINT", handler);
    process.off("SIGTERM", handler);
  };
}

export function execute(start: Start, args: ExecuteArgs, terminal: Terminal): CommandResult {
  return withRuntime(async (runtime) => {
    const config = await projectConfig();
    const storm = await stormLimits(args.storm, config?.storm);
    const stopAt = stopAtOf(args, start.kind === "new", config);
    const prices = config?.prices;
    const script = args.script === undefined ? null : await openScript(args.script, runtime);
    const progress = args.json ? null : await progressOf(start, args, terminal, runtime);
    const begun = Date.now();
    const stop = new AbortController();
    const done = onInterrupt(stop);
    let begunRun: string | null = null;
    const onEvent = (event: EventRecord) => {
      if (typeof event.data.runId === "string") begunRun = event.data.runId;
      if (progress !== null) return progress.event(event);
      terminal.out(JSON.stringify({ type: event.type, seq: event.seq, at: event.at, ...event.data }));
    };
    const common = {
      root: rootOf(args),
      onEvent,
      signal: stop.signal,
      wait: args.wait,
      ...(script && { script }),
      ...(storm && { storm }),
      ...(args.allowNetwork && { allowNetwork: true }),
      ...(stopAt && { stopAt }),
      ...(prices && { prices }),
    };
    try {
      const result =
        start.kind === "new"
          ? await runtime.run(start.plan, {
              ...common,
              input: start.input,
              ...(start.runId === undefined ? {} : { runId: start.runId }),
            })
          : await runtime.resume(start.runId, { ...common, ...(start.plan && { plan: start.plan }) });
      progress?.close();
      return conclude(result, args, terminal, {
        tookMs: Date.now() - begun,
        interrupted: stop.signal.aborted,
      });
    } catch (error) {
      progress?.close();
      if (start.kind === "resume" && start.plan !== null && error instanceof runtime.RefusedError) {
        await printDifference(start.runId, start.plan, args, terminal, runtime);
      }
      if (begunRun !== null && error instanceof runtime.StoreError && error.code === "FULL") {
        terminal.err(`resume: ${resumeCommand(begunRun, args)}`);
      }
      throw error;
    } finally {
      progress?.close();
      done();
    }
  });
}

/** Those of the command line, else of the project; most have no option for it, and load nothing. */
async function stormLimits(
  given: string | undefined,
  storm: StormLimits | undefined,
): Promise<StormLimits | undefined> {
  if (given === undefined) return storm;
  const { stormOf } = await import("./storm.ts");
  return stormOf(given, storm);
}

/** A tree on a terminal, lines elsewhere. The tree of a run that goes on begins with what it did before. */
async function progressOf(
  start: Start,
  args: ExecuteArgs,
  terminal: Terminal,
  runtime: Runtime,
): Promise<Progress> {
  const { live } = terminal;
  if (!live) return createLines(terminal);
  if (start.kind === "new") return createLive(start.plan, live, terminal);
  const root = rootOf(args);
  const { journal } = await runtime.inspect(start.runId, { root });
  const recorded = journal.plan === null ? null : loadRecordedPlan(journal.plan);
  if (!recorded?.ok) return createLines(terminal);
  const before: EventRecord[] = [];
  for await (const event of runtime.events(start.runId, { root })) before.push(event);
  return createLive(recorded.plan, live, terminal, before);
}

type Runtime = typeof import("../runtime/index.ts");

export async function openScript(file: string, { readScript, ScriptError }: Runtime) {
  try {
    return await readScript(file);
  } catch (error) {
    throw error instanceof ScriptError ? new CliError(EXIT.usage, error.message) : error;
  }
}

/** Why a resume with another plan was refused: what differs from the run's own. */
async function printDifference(
  runId: string,
  plan: Plan,
  args: ExecuteArgs,
  terminal: Terminal,
  { inspect }: Runtime,
): Promise<void> {
  const { journal } = await inspect(runId, { root: rootOf(args) });
  const recorded = journal.plan === null ? null : loadRecordedPlan(journal.plan);
  if (recorded?.ok) terminal.err(`${renderDiffText(diffPlans(recorded.plan, plan))}\n`);
}

function conclude(
  result: RunResult,
  args: ExecuteArgs,
  terminal: Terminal,
  how: { readonly tookMs: number; readonly interrupted: boolean },
): ExitCode {
  const { runId, status, outputs, totals, summary } = result;
  if (args.json) {
    const ended = summary === undefined ? {} : { summary };
    terminal.out(JSON.stringify({ type: "result", runId, status, outputs, totals, ...ended }));
  } else {
    printResult(result, args, terminal, how);
  }
  if (how.interrupted && status !== "finished" && status !== "failed") return EXIT.interrupted;
  return EXIT_OF[status];
}

const EXIT_OF: Readonly<Record<RunResult["status"], ExitCode>> = {
  running: EXIT.resumable,
  waiting: EXIT.resumable,
  paused: EXIT.resumable,
  stalled: EXIT.resumable,
  finished: EXIT.ok,
  failed: EXIT.negative,
  cancelled: EXIT.cancelled,
};

function printResult(
  result: RunResult,
  args: ExecuteArgs,
  terminal: Terminal,
  how: { readonly tookMs: number; readonly interrupted: boolean },
): void {
  const { paint } = terminal;
  const { runId, status, reason, outputs } = result;
  const colour =
    { finished: paint.green, failed: paint.red, cancelled: paint.red }[status as string] ?? paint.yellow;
  const title = how.interrupted && status !== "finished" ? "interrupted" : status;
  terminal.err(`${colour(title)}  ${runId}  ${paint.dim(duration(how.tookMs))}`);
  terminal.err(paint.dim(totalsText(result.totals)));
  if (reason !== null && status !== "finished" && title === status) terminal.err(reason);
  const { summary } = result;
  if (summary !== undefined && summary !== null) terminal.out(`summary ${JSON.stringify(summary)}`);
  // What the author ended stays so.
  if (summary !== undefined && status === "failed") return;
  if (status === "finished") {
    for (const [table, rows] of Object.entries(outputs)) {
      for (const { nodeId, iteration, ...row } of rows) {
        // A person gets a line a row, a pipe all of it.
        const line = `${table} ${nodeId}${iteration > 0 ? `@${iteration}` : ""} ${JSON.stringify(row)}`;
        terminal.out(terminal.outColumns === null ? line : cut(line, terminal.outColumns));
      }
    }
    return;
  }
  for (const line of nextSteps(result, args)) terminal.err(line);
}

/** `3 attempts (1 retry), 2.4 s of work, 1,234 tokens in, 56 out, 2 calls, $0.30, 5 tool calls`; cached tokens count as read. */
function totalsText(totals: RunResult["totals"]): string {
  const { attempts, retries, workMs, tokens, calls, toolCalls } = totals;
  const of = (count: number, noun: string, more = "s"): string =>
    `${count.toLocaleString("en-US")} ${noun}${count === 1 ? "" : more}`;
  const read = tokens.input + tokens.cacheRead + tokens.cacheWrite;
  return [
    `${of(attempts, "attempt")}${retries === 0 ? "" : ` (${retries} ${retries === 1 ? "retry" : "retries"})`}`,
    `${duration(workMs)} of work`,
    ...(read + tokens.output === 0
      ? []
      : [`${of(read, "token")} in, ${tokens.output.toLocaleString("en-US")} out`]),
    ...(calls === 0 ? [] : [of(calls, "call")]),
    ...costText(totals),
    ...(toolCalls === 0 ? [] : [of(toolCalls, "tool call")]),
  ].join(", ");
}

/** How to go on with a run. */
export function resumeCommand(runId: string, { root, script, allowNetwork }: ExecuteArgs): string {
  const network = allowNetwork ? " --allow-network" : "";
  return `smithers resume ${runId}${option("root", root)}${option("script", script)}${network}`;
}

function option(name: string, value: string | undefined): string {
  return value === undefined ? "" : ` --${name} ${value}`;
}

/** The commands that take the run further. */
function nextSteps({ runId, status, waitingFor, listeningFor }: RunResult, args: ExecuteArgs): string[] {
  const resume = resumeCommand(runId, args);
  if (status === "waiting") {
    return [
      ...waitingFor.flatMap((question) =>
        answerCommands(askerOf(runId, question), addressName(question), question.asks).map(
          ({ says, command }) => `${`${says}:`.padEnd(8)} ${command}${option("root", args.root)}`,
        ),
      ),
      ...listeningFor.map((asked) => `signal:  ${signalCommand(runId, asked)}${option("root", args.root)}`),
      `then:    ${resume}`,
    ];
  }
  return [`resume: ${resume}`];
}
