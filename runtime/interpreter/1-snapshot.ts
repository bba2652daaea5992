/**
 * Snapshot: cuts a frame. Purpose: take all news at once and the time that `ctx.now()` gives. Input: facts pushed since
 * the last frame. Output: the facts in their order, and the frame's cause. Waits while there is no news.
 */
import type { Fact, Run } from "./run.ts";

export interface Snapshot {
  readonly now: number;
  readonly cause:
    | "start"
    | "resume"
    | "result"
    | "decision"
    | "signal"
    | "timer"
    | "file"
    | "progress"
    | "state";
  readonly facts: readonly Fact[];
}

export async function snapshot(run: Run): Promise<Snapshot> {
  const facts = await run.take();
  return { now: run.services.clock.now(), cause: causeOf(facts), facts };
}

function causeOf(facts: readonly Fact[]): Snapshot["cause"] {
  if (facts.every(({ kind }) => kind === "flush")) return "state";
  if (facts.every(({ kind }) => kind === "flush" || kind === "events" || kind === "said")) return "progress";
  let cause: Snapshot["cause"] = "timer";
  for (const fact of facts) {
    if (fact.kind === "begin") return fact.cause;
    if (fact.kind === "result") cause = "result";
    else if (fact.kind === "decision" && cause !== "result") cause = "decision";
    else if (fact.kind === "signal" && (cause === "timer" || cause === "file")) cause = "signal";
    else if (fact.kind === "files" && cause === "timer") cause = "file";
  }
  return cause;
}
