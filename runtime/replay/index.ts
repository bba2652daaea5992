/** Replays of runs, from any process. */
import { loadPlan, type Plan } from "../../plan/index.ts";
import { RefusedError } from "../engine.ts";
import { runDirectory, storeDirectory } from "../runs.ts";
import { openReader } from "../store/index.ts";
import type { RunReader } from "../store/store.ts";
import { readRecording } from "./recording.ts";
import { type Replay, replayRecording } from "./replay.ts";

export type { Divergence, Replay } from "./replay.ts";

/**
 * Recomputes a run from its journal, up to its last commit, and compares every frame, start and row. It may be under way.
 * @throws UnknownRunError, StoreError; RefusedError where nothing is recorded or the recorded plan can't be read
 */
export async function replay(runId: string, { root }: { readonly root: string }): Promise<Replay> {
  const reader = await openReader(storeDirectory(runDirectory(root, runId)));
  try {
    return await replayJournal(reader);
  } finally {
    await reader.close();
  }
}

/** The same for a journal that is open, with the recorded plan or the one given. @throws RefusedError */
export async function replayJournal(reader: RunReader, plan?: Plan): Promise<Replay> {
  const recording = await readRecording(reader);
  const { run, plan: text } = recording.journal;
  if (!run || text === null) throw new RefusedError("this run never began: nothing is recorded");
  if (plan) return replayRecording(plan, recording, run);
  const loaded = loadPlan(text);
  if (loaded.ok) return replayRecording(loaded.plan, recording, run);
  const problems = loaded.problems.map(({ path, message }) => `${path}: ${message}`).join("\n");
  throw new RefusedError(`the plan recorded in run ${run.runId} can't be read:\n${problems}`);
}
