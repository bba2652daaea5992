/** Forks: a new run whose state is that of another one after one of its frames. */
import path from "node:path";
import { begin } from "../carried.ts";
import { RefusedError } from "../engine.ts";
import { createRun, runDirectory } from "../runs.ts";
import { openRun } from "../writing.ts";
import { readingFrame } from "./lineage.ts";
import { stateAfter } from "./state.ts";

export interface TravelOptions {
  readonly root: string;
  readonly frame: number;
}

export interface ForkOptions extends TravelOptions {
  /** Default: made from the workflow's name and the time. */
  readonly runId?: string;
}

export interface Travelled {
  readonly runId: string;
  readonly frame: number;
  /** Tasks with `sideEffect="once"` that were done or begun after the frame, and are done once more. */
  readonly repeats: readonly string[];
}

/**
 * Makes a run that has got as far as another one had after a frame; nothing of it runs before it is resumed. The other run
 * may be under way, and is left as it is.
 * @throws UnknownRunError, UnknownFrameError, RunNameError; RefusedError where there is a run of the new id; StoreError
 */
export async function fork(runId: string, options: ForkOptions): Promise<Travelled> {
  const root = path.resolve(options.root);
  const { frame } = options;
  runDirectory(root, runId);
  const past = await readingFrame(root, runId, frame, (reader, of) => stateAfter(reader, of, frame, "fork"));
  const now = Date.now();
  const { runId: name, directory, taken } = createRun(root, past.run.workflow, now, options.runId);
  const store = await openRun(directory, root);
  try {
    if (taken && (await store.journal()).run)
      throw new RefusedError(`there is a run ${name} already: give the fork another id`);
    await begin(store, past, name, now);
  } finally {
    await store.close();
  }
  return { runId: name, frame, repeats: past.repeats };
}
