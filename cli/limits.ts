/** How far a run may go: limits of the command line, else those of smithers.json. */
import type { Argv } from "yargs";
import type { StopLimits } from "../runtime/index.ts";
import type { Config } from "./config.ts";
import { durationOf } from "./durations.ts";
import { CliError, EXIT } from "./exit.ts";

export interface LimitArgs {
  readonly maxFrames: string | undefined;
  readonly maxWallClock: string | undefined;
  readonly maxTokens: string | undefined;
  readonly maxToolCalls: string | undefined;
  readonly maxIterations: string | undefined;
  readonly maxCost: string | undefined;
}

/** Counts by the option that gives them. */
const COUNTS = [
  ["max-frames", "maxFrames", "frames"],
  ["max-tokens", "maxTokens", "tokens"],
  ["max-tool-calls", "maxToolCalls", "toolCalls"],
  ["max-iterations", "maxIterations", "iterations"],
] as const;

export const limitOptions = <T>(yargs: Argv<T>) =>
  yargs
    .option("max-frames", { type: "string", describe: "Pause the run after so many frames" })
    .option("max-wall-clock", {
      type: "string",
      describe: "Pause it so long after its start: a number and s, m, h or d",
    })
    .option("max-tokens", { type: "string", describe: "Pause it when its agents have used so many tokens" })
    .option("max-tool-calls", { type: "string", describe: "Pause it when they have called tools so often" })
    .option("max-iterations", {
      type: "string",
      describe: "Pause it after so many iterations, all loops together",
    })
    .option("max-cost", {
      type: "string",
      describe: "Pause it when calls of models have cost so many US dollars",
    });

/**
 * A run begins with the project's limits, and goes on with those it began with.
 * @throws CliError for what is no limit
 */
export function stopAtOf(args: LimitArgs, isNew: boolean, config: Config | null): StopLimits | undefined {
  const given: { -readonly [limit in keyof StopLimits]: number } = {};
  for (const [option, key, limit] of COUNTS) {
    const text = args[key];
    if (text !== undefined) given[limit] = countOf(option, text);
  }
  if (args.maxCost !== undefined) given.costUsd = usdOf(args.maxCost);
  if (args.maxWallClock !== undefined) given.wallClockMs = timeOf(args.maxWallClock);
  const all = { ...(isNew && configured(config)), ...given };
  return Object.keys(all).length > 0 ? all : undefined;
}

/** Those of the project. */
function configured(config: Config | null): StopLimits {
  const { wallClock, cost, ...counts } = config?.stopAt ?? {};
  const set = Object.entries(counts).filter(([, limit]) => limit !== undefined);
  return {
    ...Object.fromEntries(set),
    ...(cost !== undefined && { costUsd: cost }),
    ...(wallClock !== undefined && { wallClockMs: durationOf(wallClock) as number }),
  };
}

function countOf(option: string, text: string): number {
  const count = /^[1-9]\d*$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(count)) return count;
  throw new CliError(EXIT.usage, `--${option} ${text} is no whole number above 0`);
}

function usdOf(text: string): number {
  const usd = /^(?:\d+(?:\.\d{1,9})?|\.\d{1,9})$/.test(text) ? Number(text) : Number.NaN;
  if (usd > 0) return usd;
  throw new CliError(EXIT.usage, `--max-cost ${text} is no number of US dollars above 0 such as 5 or 0.25`);
}

function timeOf(text: string): number {
  const ms = durationOf(text);
  if (ms !== null) return ms;
  throw new CliError(EXIT.usage, `--max-wall-clock ${text} is no time such as 90s, 30m, 2h or 1d`);
}
