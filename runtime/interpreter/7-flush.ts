/**
 * Flush: decides whether there is another frame. Attempts are aborted here when the run was interrupted; what they give
 * is awaited, so that nothing is left running when the process lets go of the run.
 */
import type { Step } from "./3-reconcile.ts";
import type { End, Run } from "./run.ts";

export function flush(run: Run, { end }: Step): End | null {
  if (run.aborted)
    for (const { controller } of run.inFlight.values()) controller.abort(new Error("interrupted"));
  if (end) run.close();
  return end;
}
