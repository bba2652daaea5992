/**
 * Stop conditions: how far a run may go until a person says that it may go further. Counted over the whole run, resumes
 * included. When one is reached nothing new starts, what is under way ends, and the run is paused.
 *
 * That it was reached is a fact of the journal (`run.stopping`), like a person's word: a replay counts nothing.
 */
import type { Json } from "../../plan/types.ts";
import type { Journal } from "../store/store.ts";
import { addUsd, usdText } from "../usage/money.ts";
import { spentUsd } from "../usage/prices.ts";
import { tokensOf } from "./budgets.ts";
import { progressOf } from "./loop.ts";
import type { Run, StopRequest } from "./run.ts";
import type { TaskEntry } from "./states.ts";

export interface StopLimits {
  /** Frames that were recorded. */
  readonly frames?: number;
  /** Milliseconds since the run began, also those in which no process attended to it. */
  readonly wallClockMs?: number;
  /** Tokens of attempts that have ended, as providers count them: read, written, cached. */
  readonly tokens?: number;
  /** US dollars that calls of models have cost, in attempts that have ended. */
  readonly costUsd?: number;
  /** Calls of tools by agents, in attempts that have ended. */
  readonly toolCalls?: number;
  /** Iterations of loops, all loops together: those that were begun. */
  readonly iterations?: number;
}

export type Limit = keyof StopLimits;

export const LIMITS: readonly Limit[] = [
  "frames",
  "wallClockMs",
  "tokens",
  "costUsd",
  "toolCalls",
  "iterations",
];

/** Who stopped a run that came to one of its limits. */
export const LIMIT = "a limit";

/** What attempts have used. */
export interface Spent {
  tokens: number;
  toolCalls: number;
  costUsd: number;
}

export function spend(spent: Spent, usage: Json): void {
  spent.tokens += tokensOf(usage);
  spent.costUsd = addUsd(spent.costUsd, spentUsd(usage));
  const { toolCalls } = (usage ?? {}) as { readonly toolCalls?: Json };
  if (typeof toolCalls === "number") spent.toolCalls += toolCalls;
}

/** What the run has used and begun by the end of its journal. */
export function spentOf({ attempts, tasks }: Journal): Spent & { readonly iterations: number } {
  const spent: Spent = { tokens: 0, toolCalls: 0, costUsd: 0 };
  for (const { usage } of attempts) spend(spent, usage);
  let iterations = 0;
  for (const { kind, reason } of tasks) if (kind === "loop") iterations += begun(reason);
  return { ...spent, iterations };
}

/** Iterations of a loop that were begun in this run. */
function begun(reason: Json): number {
  const { phase, iteration, since = 0 } = progressOf({ reason } as TaskEntry);
  return (phase === "open" || phase === "closing" ? iteration + 1 : iteration) - since;
}

/** Whether a limit still says anything: a run that is at its end, or is stopped, goes no further anyway. */
const goesOn = ({ stopped, aborted, stalled, world }: Run): boolean =>
  !stopped &&
  !aborted &&
  stalled === null &&
  !world.finished &&
  !world.failed &&
  !world.fatal &&
  world.cancelled === null &&
  world.continuing === null &&
  world.ended === null;

/** Holds the run if it has come to one of its limits. Called when all that is known by now has been applied. */
export function watchLimits(run: Run, now: number): void {
  const reason = goesOn(run) ? reached(run, now) : null;
  if (reason === null) return;
  run.event("run.stopping", { runId: run.record.runId, stop: "pause", by: LIMIT, reason });
  run.stopped = { stop: "pause", by: LIMIT, at: now, reason } satisfies StopRequest;
}

/** Which limit the run has come to, in words; null where it has come to none. */
function reached(run: Run, now: number): string | null {
  const { stopAt } = run.services;
  if (!stopAt) return null;
  for (const limit of LIMITS) {
    const max = stopAt[limit];
    if (max === undefined) continue;
    const figure = figureOf(run, limit, now);
    // The iteration after the last one is begun and does nothing.
    if (limit === "iterations" ? figure > max : figure >= max)
      return wordsOf(limit, limit === "iterations" ? figure - 1 : figure, max);
  }
  return null;
}

function figureOf({ frame, record, spent, world }: Run, limit: Limit, now: number): number {
  switch (limit) {
    case "frames":
      return frame + 1;
    case "wallClockMs":
      return now - record.createdAt;
    case "tokens":
      return spent.tokens;
    case "costUsd":
      return spent.costUsd;
    case "toolCalls":
      return spent.toolCalls;
    case "iterations":
      return world.iterations;
    default:
      return limit satisfies never;
  }
}

function wordsOf(limit: Limit, figure: number, max: number): string {
  const shown = (of: number): string => (limit === "costUsd" ? usdText(of) : of.toLocaleString("en-US"));
  const [one, other] = [shown(figure), shown(max)];
  switch (limit) {
    case "frames":
      return `it has made ${one} frames of at most ${other} (frames, --max-frames)`;
    case "wallClockMs":
      return `it began ${one} ms ago and may take ${other} ms (wallClockMs, --max-wall-clock)`;
    case "tokens":
      return `it has used ${one} tokens of at most ${other} (tokens, --max-tokens)`;
    case "costUsd":
      return `it has cost ${one} of at most ${other} (costUsd, --max-cost)`;
    case "toolCalls":
      return `its agents have made ${one} tool calls of at most ${other} (toolCalls, --max-tool-calls)`;
    case "iterations":
      return `its loops have made ${one} iterations of at most ${other} (iterations, --max-iterations)`;
    default:
      return limit satisfies never;
  }
}

/** What is wrong with limits that a caller gives; null where nothing is. */
export function wrongLimit(limits: StopLimits): string | null {
  for (const [name, value] of Object.entries(limits)) {
    if (!LIMITS.some((known) => known === name))
      return `stopAt.${name}: there is no such limit; there are ${LIMITS.join(", ")}`;
    if (value === undefined) continue;
    if (name === "costUsd") {
      if (!(Number.isFinite(value) && value > 0))
        return `stopAt.${name}: ${JSON.stringify(value)} is no number of US dollars above 0`;
    } else if (!(Number.isSafeInteger(value) && value > 0))
      return `stopAt.${name}: ${JSON.stringify(value)} is no whole number above 0`;
  }
  return null;
}

/** Has the run looked at once when its time is up. @returns what takes that back */
export function watchClock(run: Run): (() => void) | null {
  const ms = run.services.stopAt?.wallClockMs;
  if (ms === undefined) return null;
  return run.services.clock.at(run.record.createdAt + ms, () => run.push({ kind: "events" }));
}

/** Whether the step that has just been committed was the last frame that the run may make, so that it is to be held now. */
export function isLastFrame(run: Run): boolean {
  const { frames } = run.services.stopAt ?? {};
  return frames !== undefined && run.frame + 1 >= frames && goesOn(run);
}
