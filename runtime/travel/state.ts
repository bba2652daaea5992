/** The state of a run after one of its frames, or now, as it is carried into another store. */
import type { Plan } from "../../plan/types.ts";
import {
  attemptName,
  type Carried,
  givenFirst,
  type KeptEvent,
  keptEvents,
  type Origin,
} from "../carried.ts";
import { isOnce } from "../interpreter/once.ts";
import { PlanIndex } from "../interpreter/plan-index.ts";
import { isStepperKind } from "../interpreter/stepper.ts";
import { frameRecord, recorded, upTo } from "../replay/index.ts";
import type { Recording } from "../replay/recording.ts";
import { Replayer } from "../replay/replay.ts";
import { addressKey, showAddress } from "../store/rules.ts";
import type {
  AttemptRecord,
  FrameRecord,
  Journal,
  RunReader,
  RunRecord,
  TaskRecord,
} from "../store/store.ts";
import { toldUsage, withUsage } from "../usage/told.ts";
import type { StoreOf } from "./lineage.ts";

export interface PastState {
  readonly plan: Plan;
  /** The plan as the run recorded it. */
  readonly planText: string;
  readonly run: RunRecord;
  readonly carried: Carried;
  /** Tasks with `sideEffect="once"` that were done or begun after the frame, and would be done once more. */
  readonly repeats: readonly string[];
}

/**
 * The state after a frame. What was under way is as if it had been interrupted then: it is begun anew, with what it was asked.
 * @param given in place of the recorded plan
 * @throws RefusedError, UnknownFrameError
 */
export async function stateAfter(
  reader: RunReader,
  of: StoreOf,
  number: number,
  how: Extract<Origin["how"], "fork" | "rewind">,
  given?: Plan,
): Promise<PastState> {
  const { plan, recording, run } = await recorded(reader, given);
  const { journal } = recording;
  const origin: Origin = { how, ...of, frame: number, again: [] };
  const record = frameRecord(recording, run, number);
  const then = await carriedAt(reader, new Replayer(plan, recording, run), recording, record, origin);
  return { plan, planText: journal.plan ?? "", run, carried: then, repeats: repeatsOf(plan, journal, then) };
}

async function carriedAt(
  original: RunReader,
  replayer: Replayer,
  { journal, transitions }: Recording,
  frame: FrameRecord,
  origin: Origin,
): Promise<Carried> {
  await upTo(replayer, frame.frame);
  const reader = replayer.reader as RunReader;
  const { tasks, attempts: begun, outputs, decisions, lastTransition } = await reader.journal();
  // What was said on the way is not said in a replay.
  const attempts = withUsage(begun, await toldUsage(original, begun, frame.frame));
  const events: KeptEvent[] = [];
  for await (const { type, data } of keptEvents(reader)) events.push({ type, data });
  // What had ended by then stands in the journal as it was, with its times and its costs.
  const recordOf = new Map(journal.attempts.map((one) => [attemptName(one), one]));
  return {
    origin,
    given: await givenFirst(original),
    frame,
    tasks: tasks.filter(isKept).map(interrupted),
    attempts: attempts.map((one) =>
      one.state === "running" ? ended(one, frame.now) : (recordOf.get(attemptName(one)) ?? one),
    ),
    outputs: journal.outputs.slice(0, outputs.length),
    decisions,
    transitions: transitions.slice(0, lastTransition),
    events,
  };
}

/** Nodes whose turn had not come are mounted anew. */
const isKept = ({ state }: TaskRecord): boolean => state !== "pending";

const MESSAGE = "it was under way in the frame that the run was taken back to";

function interrupted(task: TaskRecord): TaskRecord {
  if (task.state !== "running" || isStepperKind(task.kind)) return task;
  return { ...task, state: "waiting", reason: { code: "CANCELLED", message: MESSAGE } };
}

/** An attempt that nobody knows the outcome of, as one that was interrupted. */
export function ended(attempt: AttemptRecord, now: number): AttemptRecord {
  const error = { code: "CANCELLED", message: MESSAGE, retryable: false };
  return { ...attempt, state: "cancelled", endedAt: now, error, process: null };
}

function repeatsOf(plan: Plan, { attempts, tasks }: Journal, then: Carried): readonly string[] {
  const index = new PlanIndex(plan);
  const once = new Map(
    tasks.filter(({ node }) => isOnce(index, node)).map((task) => [addressKey(task), showAddress(task)]),
  );
  const done = new Set(then.attempts.filter(({ state }) => state !== "cancelled").map(attemptName));
  const names = attempts.flatMap((one) =>
    done.has(attemptName(one)) ? [] : (once.get(addressKey(one)) ?? []),
  );
  return [...new Set(names)];
}

/** The state that a run is in, with what its process left under way. */
export async function stateNow(reader: RunReader, recording: Recording, origin: Origin): Promise<Carried> {
  const { journal, transitions } = recording;
  const events: KeptEvent[] = [];
  for await (const { type, data } of keptEvents(reader)) events.push({ type, data });
  const { lastFrame: frame, tasks, outputs, decisions } = journal;
  // What they told stays with the journal that ends.
  const attempts = withUsage(journal.attempts, await toldUsage(reader, journal.attempts));
  const given = await givenFirst(reader);
  const now = { frame, tasks: tasks.filter(isKept), attempts, outputs, decisions, transitions, events };
  return { origin, given, ...now };
}
