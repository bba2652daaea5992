/** Runs looked at again, from any process: replayed whole, or up to one of their frames. */
import { loadRecordedPlan, type Plan } from "../../plan/index.ts";
import type { Json } from "../../plan/types.ts";
import { RefusedError } from "../engine.ts";
import { frameOf, type PreviewFrame } from "../frame.ts";
import { environment, type HostSource, missingSecrets } from "../host.ts";
import { isLetGo } from "../interpreter/children.ts";
import type { Prepared } from "../interpreter/prepared.ts";
import { childId } from "../interpreter/run-id.ts";
import type { World } from "../interpreter/world.ts";
import { reading } from "../reading.ts";
import { hasRun, runDirectory, storeDirectory } from "../runs.ts";
import { showing } from "../secrets.ts";
import { hasWriter } from "../store/index.ts";
import { addressKey } from "../store/rules.ts";
import type { FrameRecord, Journal, RunReader, RunRecord } from "../store/store.ts";
import { readingFrame, UnknownFrameError } from "../travel/lineage.ts";
import { type Recording, readRecording } from "./recording.ts";
import { Diverged, type Divergence, Replayer } from "./replay.ts";
import { type Reason, reasonsOf } from "./why.ts";

export { UnknownFrameError } from "../travel/lineage.ts";
export type { Divergence } from "./replay.ts";
export { type Reason, UnknownNodeError } from "./why.ts";

export interface Replay {
  readonly runId: string;
  readonly identical: boolean;
  readonly divergence: Divergence | null;
  /** Recomputed and compared. */
  readonly frames: number;
  readonly starts: number;
  readonly rows: number;
  /** Host values (`env.NAME`) that stood as marks, being secrets whose values were not given. */
  readonly secrets: readonly string[];
}

interface Place {
  readonly root: string;
}

export interface ReplayOptions extends Place {
  /** Gives secrets, of which the journal holds a hash alone: taken where it is that of the value. Default: the environment. */
  readonly secrets?: HostSource;
}

/**
 * Recomputes a run from its journal, up to its last commit, and compares every frame, start and row. It may be under way.
 * @throws UnknownRunError, StoreError; RefusedError where nothing is recorded or the recorded plan can't be read
 */
export async function replay(runId: string, { root, secrets }: ReplayOptions): Promise<Replay> {
  const how = secrets === undefined ? {} : { secrets };
  return reading(runDirectory(root, runId), async (reader) => ({
    ...(await replayJournal(reader, undefined, how)),
    runId,
  }));
}

/**
 * The same for a journal that is open, with the recorded plan or the one given.
 * @param how `prepared`: what runs of the plan given have worked out already
 * @throws RefusedError
 */
export async function replayJournal(
  reader: RunReader,
  given?: Plan,
  how: { readonly prepared?: Prepared; readonly secrets?: HostSource } = {},
): Promise<Replay> {
  const { plan, recording, run } = await recorded(reader, given, how);
  const replayer = new Replayer(plan, recording, run, how);
  let divergence: Divergence | null = null;
  try {
    await replayer.replay();
  } catch (error) {
    if (!(error instanceof Diverged)) throw error;
    ({ divergence } = error);
  }
  const { frames, starts, rows } = replayer;
  const secrets = missingSecrets(run, how.secrets ?? environment);
  return { runId: run.runId, identical: divergence === null, divergence, frames, starts, rows, secrets };
}

/** What people are shown has no secrets in it. */
const SHOWN = { secrets: () => undefined };

/** One frame of a run as it was. */
export interface RunFrame {
  readonly plan: Plan;
  readonly record: FrameRecord;
  readonly frame: PreviewFrame;
}

/**
 * A frame of the run, or of the one that it was forked from.
 * @throws as `replay`; UnknownFrameError
 */
export function frameAt(runId: string, number: number, { root }: Place): Promise<RunFrame> {
  return readingFrame(root, runId, number, async (reader) => {
    const { plan, recording, run } = await recorded(reader, undefined, SHOWN);
    const record = frameRecord(recording, run, number);
    const world = await upTo(new Replayer(plan, recording, run, SHOWN), number);
    return { plan, record, frame: frameOf(world!) };
  });
}

/** @throws UnknownFrameError */
export function frameRecord({ frames, steps }: Recording, { runId }: RunRecord, number: number): FrameRecord {
  const record = steps.find(({ frame }) => frame?.frame === number)?.frame;
  if (record) return record;
  const numbers = [...frames.keys()];
  // Those before it began are those of the run that it comes from.
  const first = steps[0]?.facts[0]?.kind === "carry" ? 0 : numbers[0];
  throw new UnknownFrameError(
    numbers.length === 0
      ? `run ${runId} has no frame yet`
      : `run ${runId} has no frame ${number}: its frames are ${first} to ${numbers.at(-1)}`,
  );
}

/**
 * Why nodes of a run are not running, and what would unblock each: of all that have not ended, or of the one named.
 * @throws as `replay`; UnknownNodeError
 */
export function why(runId: string, nodeId: string | undefined, { root }: Place): Promise<readonly Reason[]> {
  // Asked before the journal is read: a run that ends meanwhile must not look abandoned.
  const attended = hasWriter(storeDirectory(runDirectory(root, runId)));
  return reading(runDirectory(root, runId), async (reader) => {
    const { plan, recording, run } = await recorded(reader, undefined, SHOWN);
    const last = recording.steps.findLast(({ frame }) => frame)?.frame;
    const world = last ? await upTo(new Replayer(plan, recording, run, SHOWN), last.frame) : null;
    if (!world)
      throw new UnknownFrameError(
        run.status === "paused"
          ? `run ${runId} has no frame of its own yet: it is ${run.reason}`
          : `run ${runId} has no frame yet`,
      );
    const { journal } = recording;
    const children = await childrenNow(root, runId, journal);
    return reasonsOf({ plan, world, journal, children, runId, attended }, nodeId);
  });
}

/** How child runs stand that no attempt holds, by the address of their node: somebody may have gone on with one by its name. */
async function childrenNow(
  root: string,
  runId: string,
  { tasks, attempts }: Journal,
): Promise<ReadonlyMap<string, RunRecord>> {
  const children = new Map<string, RunRecord>();
  for (const task of tasks.filter(isLetGo)) {
    const last = attempts.findLast((attempt) => addressKey(attempt) === addressKey(task));
    const { child } = (last?.request ?? {}) as { readonly child?: Json };
    if (typeof child !== "string" || !hasRun(root, childId(runId, child))) continue;
    const { run } = await reading(runDirectory(root, childId(runId, child)), (reader) => reader.journal());
    if (run) children.set(addressKey(task), run);
  }
  return children;
}

/** @throws UnknownFrameError where the replay differs before it comes to the frame */
export async function upTo(replayer: Replayer, frame: number): Promise<World | null> {
  try {
    return await replayer.replayTo(frame);
  } catch (error) {
    if (!(error instanceof Diverged)) throw error;
    throw new UnknownFrameError(
      `the run can't be replayed up to frame ${frame}: in frame ${error.divergence.frame}, ${error.divergence.what} differs from the journal`,
    );
  }
}

/** @throws RefusedError, StoreError */
export async function recorded(
  reader: RunReader,
  given?: Plan,
  { secrets = environment }: { readonly secrets?: HostSource } = {},
): Promise<{ readonly plan: Plan; readonly recording: Recording; readonly run: RunRecord }> {
  const recording = await readRecording(showing(reader, secrets));
  const { run, plan: text } = recording.journal;
  if (!run || text === null) throw new RefusedError("this run never began: nothing is recorded");
  if (given) return { plan: given, recording, run };
  const loaded = loadRecordedPlan(text);
  if (loaded.ok) return { plan: loaded.plan, recording, run };
  const problems = loaded.problems.map(({ path, message }) => `${path}: ${message}`).join("\n");
  throw new RefusedError(`the plan recorded in run ${run.runId} can't be read:\n${problems}`);
}
