/** Stopping a run from any process: filed in its inbox, whose writer takes it up. */

import { inspect } from "../inspect.ts";
import type { StopRequest } from "../interpreter/run.ts";
import { runDirectory } from "../runs.ts";
import { dropStop } from "./inbox.ts";

export interface StopOptions {
  readonly root: string;
  /** Who asks; recorded with the run. */
  readonly by: string;
}

/** The run can't be stopped: it has ended, or, to be paused, no process attends to it. */
export class NotRunningError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "NotRunningError";
  }
}

/**
 * Files that a run is to pause (what is under way ends, nothing new starts) or to be cancelled (what is under way is
 * aborted).
 * @returns whether a process attends to the run and will take it up; else nothing was filed: `resume` with `stop` ends it
 * @throws UnknownRunError, NotRunningError, StoreError
 */
export async function stop(
  runId: string,
  how: StopRequest["stop"],
  { root, by }: StopOptions,
): Promise<boolean> {
  const {
    attended,
    journal: { run },
  } = await inspect(runId, { root });
  if (!run) throw new NotRunningError(`run ${runId} never began`);
  const { status } = run;
  if (!attended && (status === "finished" || status === "failed" || status === "cancelled"))
    throw new NotRunningError(`run ${runId} has ended: it is ${status}`);
  if (!attended && how === "pause")
    throw new NotRunningError(`no process attends to run ${runId}: nothing of it runs (it is ${status})`);
  if (attended) dropStop(runDirectory(root, runId), { stop: how, by, at: Date.now() });
  return attended;
}
