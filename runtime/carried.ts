/**
 * Runs that begin with state: forks, rewound and retried runs. No journal is ever edited; a new one begins with what is
 * carried over from an old one, in one commit, and goes on from there as any run that is resumed.
 *
 * What can't change any more (rows, attempts, decisions) stands in the journal's own lists, ahead of whatever follows; what
 * can (what became of each task) stands in the event `run.carried`, as do the signals that came and what was read of files.
 * So a replay has all of it.
 */
import { EFFECT_CLEANED, EFFECT_RAN } from "./interpreter/handlers.ts";
import { FILE_READ, type Services } from "./interpreter/run.ts";
import { SIGNAL_DUPLICATE, SIGNAL_RECEIVED, SIGNAL_REJECTED } from "./interpreter/signals.ts";
import { everyEvent } from "./store/paged.ts";
import { addressKey } from "./store/rules.ts";
import type {
  Address,
  AttemptRecord,
  DecisionRecord,
  EventRecord,
  FrameRecord,
  Journal,
  OutputRecord,
  RunReader,
  RunRecord,
  Store,
  TaskRecord,
  TransitionRecord,
  Write,
} from "./store/store.ts";

/** The event by which a journal begins that carries state over. */
export const RUN_CARRIED = "run.carried";

/** Where the state of a run comes from. */
export interface Origin {
  readonly how: "fork" | "rewind" | "retry" | "continue";
  /** The run whose state it is, or whose place it takes; of a rewound or retried one the run itself. */
  readonly runId: string;
  /** Which of that run's stores it was in, from 1: each rewind and retry begins another. */
  readonly store: number;
  /** The state is that after this frame; null where there was none. */
  readonly frame: number | null;
  /** What was taken back, to be done once more, as people write addresses. */
  readonly again: readonly string[];
}

/** What a run was started with, and keeps when it is taken up without. */
export type Given = Pick<Services, "stopAt" | "prices">;

/** A fact that is remembered, in its order: of EVENTS_KEPT. */
export type KeptEvent = Pick<EventRecord, "type" | "data">;

/** The state that a run begins with. */
export interface Carried {
  readonly origin: Origin;
  /** The frame after which it is the state: numbers go on from it. */
  readonly frame: FrameRecord | null;
  readonly tasks: readonly TaskRecord[];
  readonly attempts: readonly AttemptRecord[];
  /** In completion order; numbered anew. */
  readonly outputs: readonly OutputRecord[];
  readonly decisions: readonly DecisionRecord[];
  /** How `ctx.state` became what it is. */
  readonly transitions: readonly TransitionRecord[];
  readonly events: readonly KeptEvent[];
  /** Limits and prices of the run whose state it is. */
  readonly given: Given;
}

/** Events that a run must know when it is taken up again. */
const EVENTS_KEPT: ReadonlySet<string> = new Set([
  FILE_READ,
  SIGNAL_RECEIVED,
  SIGNAL_DUPLICATE,
  SIGNAL_REJECTED,
  EFFECT_RAN,
  EFFECT_CLEANED,
]);

/** Those of a journal, whether they came in this run or were carried over. */
export async function* keptEvents(reader: Pick<RunReader, "events">): AsyncIterable<KeptEvent> {
  for await (const event of everyEvent(reader)) {
    yield* carriedIn(event)?.events ?? [];
    if (EVENTS_KEPT.has(event.type)) yield event;
  }
}

/** What a run begins with that begins with state. */
export interface Beginning {
  /** That of the run which the state is of. */
  readonly run: RunRecord;
  readonly planText: string;
  readonly carried: Carried;
}

/** Writes the first commit of a run that begins with state: whoever resumes it goes on from there. */
export async function begin(
  store: Store,
  { run, planText, carried }: Beginning,
  runId: string,
  now: number,
): Promise<RunRecord> {
  const reason = `${originText(carried.origin)}; it can be resumed`;
  const record: RunRecord = { ...run, runId, status: "paused", reason, updatedAt: now };
  await store.commit({ expectEpoch: store.epoch, writes: carriedWrites(record, planText, carried) });
  return record;
}

/**
 * The first commit of a run that begins with state. Whoever resumes the run then goes on from there.
 * @param record as it is to be recorded; its status says that it waits to be resumed
 * @param plan text of the plan with the record's digest
 */
export function carriedWrites(record: RunRecord, plan: string, carried: Carried): Write[] {
  const { origin, frame, tasks, attempts, outputs, decisions, transitions, events, given } = carried;
  const data: CarriedData = {
    ...origin,
    ...given,
    at: frame?.frame ?? null,
    attempts: attempts.length,
    outputs: outputs.length,
    decisions: decisions.length,
    transitions: transitions.length,
    running: attempts.filter(({ state }) => state === "running").map(attemptName),
    tasks,
    events: events.map(({ type, data }) => ({ type, data })),
  };
  return [
    { type: "plan", digest: record.planDigest, text: plan },
    { type: "run", ...record },
    ...records(carried),
    {
      type: "event",
      event: {
        seq: 1,
        at: record.updatedAt,
        type: RUN_CARRIED,
        data: data as unknown as EventRecord["data"],
      },
    },
  ];
}

/** What the event `run.carried` holds. */
export interface CarriedData extends Origin, Given {
  /** Number of the last frame before this journal began. */
  readonly at: number | null;
  /** How many records at the head of each list of the journal were carried over. */
  readonly attempts: number;
  readonly outputs: number;
  readonly decisions: number;
  readonly transitions: number;
  /** Attempts that were under way, which the journal may have with another state by now. */
  readonly running: readonly string[];
  readonly tasks: readonly TaskRecord[];
  readonly events: readonly KeptEvent[];
}

/** What an event says was carried over; null of any other event. */
export const carriedIn = ({ type, data }: KeptEvent): CarriedData | null =>
  type === RUN_CARRIED ? (data as unknown as CarriedData) : null;

/** Where a run's state comes from; null of a run that began with nothing. */
export async function originOf(reader: Pick<RunReader, "events">): Promise<CarriedData | null> {
  const [first] = await reader.events(0, 1);
  return first ? carriedIn(first) : null;
}

/**
 * Limits and prices that a run was started with; of one that began with state those of the run that it comes from. Where there
 * are none of them, those that it was taken up with for the first time.
 */
export async function givenFirst(reader: Pick<RunReader, "events">): Promise<Given> {
  const [first, second] = (await reader.events(0, 2)).map(givenIn);
  const stopAt = { ...second?.stopAt, ...first?.stopAt };
  const prices = { ...second?.prices, ...first?.prices };
  return {
    ...(Object.keys(stopAt).length > 0 && { stopAt }),
    ...(Object.keys(prices).length > 0 && { prices }),
  };
}

function givenIn({ type, data }: EventRecord): Given {
  return type === RUN_CARRIED || type === "run.started" || type === "run.resumed" ? (data as Given) : {};
}

/** The state that a journal began with, out of what became of it. `frame`: the record of the frame `at`. */
export function carriedState(
  data: CarriedData,
  journal: Pick<Journal, "attempts" | "outputs" | "decisions">,
  transitions: readonly TransitionRecord[],
  frame: FrameRecord | null,
): Carried {
  const running = new Set(data.running);
  const { how, runId, store, again, tasks, events, stopAt, prices } = data;
  return {
    origin: { how, runId, store, frame: data.frame, again },
    frame,
    tasks,
    attempts: journal.attempts
      .slice(0, data.attempts)
      .map((one) => (running.has(attemptName(one)) ? { ...one, state: "running", endedAt: null } : one)),
    outputs: journal.outputs.slice(0, data.outputs),
    decisions: journal.decisions.slice(0, data.decisions),
    transitions: transitions.slice(0, data.transitions),
    events,
    given: { ...(stopAt && { stopAt }), ...(prices && { prices }) },
  };
}

function* records({ tasks, attempts, outputs, decisions, transitions, frame }: Carried): Iterable<Write> {
  for (const task of tasks) yield { type: "task", ...task };
  for (const attempt of attempts) yield { type: "attempt", ...attempt };
  for (const [at, output] of outputs.entries()) yield { type: "output", ...output, seq: at + 1 };
  for (const decision of decisions) yield { type: "decision", ...decision };
  for (const transition of transitions) yield { type: "transition", ...transition };
  if (frame) yield { type: "frame", ...frame };
}

export const attemptName = (attempt: Address & { readonly attempt: number }): string =>
  `${addressKey(attempt)} ${attempt.attempt}`;

/** Where a run comes from, as it is shown: `forked from RUN@3`. */
export function originText({ how, runId, frame, again }: Origin): string {
  const at = frame === null ? "" : `@${frame}`;
  switch (how) {
    case "fork":
      return `forked from ${runId}${at}`;
    case "rewind":
      return frame === null ? "rewound" : `rewound to frame ${frame}`;
    case "retry":
      return `${again.join(", ")} taken back`;
    case "continue":
      return `continued from ${runId}`;
    default:
      return how satisfies never;
  }
}
