/**
 * Flush: decides whether there is another frame. Attempts are aborted here when the run was interrupted; what they give
 * is awaited, so that nothing is left running when the process lets go of the run.
 */
import type { Leave } from "../executors/executor.ts";
import type { Step } from "./3-reconcile.ts";
import { isLastFrame } from "./limits.ts";
import { recallIdle } from "./recall.ts";
import type { End, Run } from "./run.ts";
import type { TaskEntry } from "./states.ts";
import { isRescued } from "./stepper.ts";

export function flush(run: Run, { end, leaves }: Step): End | null {
  const stop = run.stopped?.stop;
  if (!run.aborted && stop !== "pause") recallIdle(run.inFlight.values());
  for (const { controller, entry, leave, request } of run.inFlight.values()) {
    if (run.aborted) controller.abort(new Error("interrupted"));
    else if (stop === "cancel" && !isDoneAnyway(entry)) {
      // A run of its own ends as this one does: with what is done in every outcome.
      if (request.kind === "subflow") leave.abort("cancel" satisfies Leave);
      else controller.abort(new Error("interrupted"));
    } else if (stop === "pause") leave.abort("pause" satisfies Leave);
    else if (leaves) leave.abort(leaves);
  }
  if (end) run.close();
  else if (isLastFrame(run)) run.push({ kind: "events" });
  return end;
}

/** Whether an attempt goes on although the run is cancelled. */
const isDoneAnyway = ({ leaves }: TaskEntry): boolean => leaves.some(isRescued);
