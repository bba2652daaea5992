/**
 * Flush: decides whether there is another frame. Attempts are aborted here when the run was interrupted; what they give
 * is awaited, so that nothing is left running when the process lets go of the run.
 */
import type { Step } from "./3-reconcile.ts";
import type { End, Run } from "./run.ts";
import type { TaskEntry } from "./states.ts";
import { isRescued } from "./stepper.ts";

export function flush(run: Run, { end }: Step): End | null {
  const cancels = run.stopped?.stop === "cancel";
  if (run.aborted || cancels)
    for (const { controller, entry } of run.inFlight.values())
      if (run.aborted || !isDoneAnyway(entry)) controller.abort(new Error("interrupted"));
  if (end) run.close();
  return end;
}

/** Whether an attempt goes on although the run is cancelled. */
const isDoneAnyway = ({ leaves }: TaskEntry): boolean => leaves.some(isRescued);
