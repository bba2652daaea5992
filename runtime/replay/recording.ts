/** A run as its journal tells it: the facts that steered it, in their order, and the frames that came of them. */

import { TOOL_DECIDED } from "../agents/session.ts";
import { type CarriedData, carriedIn, RUN_CARRIED } from "../carried.ts";
import type { ComputeWrite, ToolQuestion } from "../executors/executor.ts";
import { RUN_CONTINUED } from "../interpreter/continuing.ts";
import { EFFECT_CLEANED, EFFECT_RAN, isProgress } from "../interpreter/handlers.ts";
import {
  type AnswerRequest,
  type Decision,
  type End,
  FILE_READ,
  type Progress,
  type SignalRequest,
  type StopRequest,
} from "../interpreter/run.ts";
import { TASK_SUSPENDED } from "../interpreter/sessions.ts";
import { SIGNAL_RECEIVED } from "../interpreter/signals.ts";
import type { StormLimits } from "../interpreter/storm.ts";
import { everyEvent, everyFrame, everyTransition } from "../store/paged.ts";
import type {
  Address,
  EventRecord,
  FrameRecord,
  Journal,
  RunReader,
  TransitionRecord,
} from "../store/store.ts";
import type { Prices } from "../usage/prices.ts";
import { type FileRecord, keyOf } from "../values/files.ts";

/** What came from outside and changed the run. Results and decisions stand in the journal under their address. */
export type RecordedFact =
  /** The run begins with state of another. */
  | { readonly kind: "carry"; readonly carried: CarriedData }
  | {
      readonly kind: "begin";
      readonly at: number;
      readonly maxConcurrency: number;
      readonly storm?: StormLimits;
      readonly prices?: Prices;
    }
  | {
      readonly kind: "resume";
      readonly at: number;
      readonly maxConcurrency: number;
      readonly storm?: StormLimits;
      readonly prices?: Prices;
    }
  /** Effects had run. */
  | { readonly kind: "flush" }
  /** An attempt said something. */
  | { readonly kind: "progress"; readonly address: Address; readonly said: Progress["said"] }
  | { readonly kind: "interrupt" }
  | { readonly kind: "stop"; readonly request: StopRequest }
  | { readonly kind: "signal"; readonly request: SignalRequest }
  /** A frame could not be evaluated. */
  | { readonly kind: "fault"; readonly message: string }
  | {
      readonly kind: "result";
      readonly address: Address;
      readonly attempt: number;
      readonly ok: boolean;
      readonly writes?: readonly ComputeWrite[];
      readonly question?: ToolQuestion;
    }
  | { readonly kind: "decision"; readonly address: Address }
  /** A decision that no record keeps: one on a tool, or one that was not taken. */
  | { readonly kind: "said"; readonly decision: Decision }
  | { readonly kind: "answer"; readonly request: AnswerRequest }
  | { readonly kind: "alarm"; readonly address: Address }
  /** A file that the run had read was another one. */
  | { readonly kind: "file"; readonly record: FileRecord }
  /** An attempt began: of a task that waited to be tried again, its time had come. */
  | { readonly kind: "started"; readonly address: Address };

/** What was evaluated at once, and the frame that it gave; null after the last frame. */
export interface RecordedStep {
  readonly facts: readonly RecordedFact[];
  readonly frame: FrameRecord | null;
}

export interface Recording {
  readonly journal: Journal;
  readonly steps: readonly RecordedStep[];
  /** All frame records by number: of a run that carries state over also the one before it began. */
  readonly frames: ReadonlyMap<number, FrameRecord>;
  /** What `ctx.fs` was answered when it was first asked. */
  readonly files: readonly FileRecord[];
  /** What changed in state. */
  readonly transitions: readonly TransitionRecord[];
  /** Which run took the place of this one, and with what; null where there is none. */
  readonly continued: End["continued"] | null;
}

export async function readRecording(reader: RunReader): Promise<Recording> {
  const journal = await reader.journal();
  const frames = new Map<number, FrameRecord>();
  for await (const frame of everyFrame(reader)) frames.set(frame.frame, frame);
  const steps: RecordedStep[] = [];
  const files = new Map<string, FileRecord>();
  let facts: RecordedFact[] = [];
  let continued: Recording["continued"] = null;
  for await (const event of everyEvent(reader)) {
    if (event.seq > journal.lastEvent) break;
    const frame = event.type === "frame" ? frames.get(Number(event.data.frame)) : undefined;
    // Of what was carried over the last counts.
    for (const { type, data } of carriedIn(event)?.events ?? [])
      if (type === FILE_READ) files.set(keyOf(data as unknown as FileRecord), data as unknown as FileRecord);
    if (event.type === FILE_READ) {
      const record = event.data as unknown as FileRecord;
      if (files.has(keyOf(record))) facts.push({ kind: "file", record });
      else files.set(keyOf(record), record);
      continue;
    }
    if (event.type === RUN_CONTINUED) {
      const { runId: _, ...how } = event.data;
      continued = how as unknown as NonNullable<Recording["continued"]>;
    }
    if (frame) {
      steps.push({ facts, frame });
      facts = [];
    } else facts.push(...factOf(event));
  }
  if (facts.length > 0) steps.push({ facts, frame: null });
  const transitions: TransitionRecord[] = [];
  for await (const transition of everyTransition(reader))
    if (transition.seq <= journal.lastTransition) transitions.push(transition);
  return { journal, steps, frames, files: [...files.values()], transitions, continued };
}

/** The fact behind an event; most events only tell what followed. */
function factOf({ type, at, data }: EventRecord): readonly RecordedFact[] {
  const result = (ok: boolean): readonly RecordedFact[] =>
    typeof data.attempt === "number"
      ? [{ kind: "result", address: addressOf(data), attempt: data.attempt, ok, ...writesOf(data) }]
      : [];
  const given = {
    maxConcurrency: Number(data.maxConcurrency),
    ...(data.storm !== undefined && { storm: data.storm as unknown as StormLimits }),
    ...(data.prices !== undefined && { prices: data.prices as unknown as Prices }),
  };
  switch (type) {
    case RUN_CARRIED:
      return [{ kind: "carry", carried: data as unknown as CarriedData }];
    case "run.started":
      return [{ kind: "begin", at, ...given }];
    case "run.resumed":
      return [{ kind: "resume", at, ...given }];
    case "run.interrupted":
      return [{ kind: "interrupt" }];
    case "run.stopping":
      return [
        {
          kind: "stop",
          request: {
            stop: data.stop as StopRequest["stop"],
            by: String(data.by),
            at,
            ...(data.reason !== undefined && { reason: String(data.reason) }),
          },
        },
      ];
    case "run.fault":
      return [{ kind: "fault", message: String(data.message) }];
    case "task.finished":
      return result(true);
    case "task.failed":
    case "task.retrying":
    case "task.cancelled":
    case "task.interrupted":
    case "task.uncertain":
    case "task.left":
      return result(false);
    case TASK_SUSPENDED: {
      const question = data.question as unknown as ToolQuestion;
      return result(false).map((fact) => ({ ...fact, question }));
    }
    case "task.started":
      return [{ kind: "started", address: addressOf(data) }];
    case SIGNAL_RECEIVED:
    case "signal.duplicate":
      return [{ kind: "signal", request: { ...(data as unknown as SignalRequest), at } }];
    case "human.answered":
      return [
        {
          kind: "answer",
          request: {
            ...addressOf(data),
            answer: data.answer ?? null,
            by: String(data.by),
            at: Number(data.given),
          },
        },
      ];
    case "approval.refused":
      return [
        {
          kind: "said",
          decision: { ...(data as unknown as Decision), ...addressOf(data), decidedAt: at },
        },
      ];
    case TOOL_DECIDED: {
      const { id, approved, note, decidedBy, decidedAt } = data;
      const said = { approved, note, decidedBy, decidedAt, call: id } as unknown as Decision;
      return [{ kind: "said", decision: { ...said, ...addressOf(data) } }];
    }
    case "timer.fired":
    case "task.expired":
      return [{ kind: "alarm", address: addressOf(data) }];
    case "approval.decided":
      // What nobody decided in time follows from the time.
      if (data.decidedBy === "timeout") return [];
      return [{ kind: "decision", address: addressOf(data) }];
    case EFFECT_RAN:
    case EFFECT_CLEANED:
      return [{ kind: "flush" }];
    default:
      return progressOf(type, data);
  }
}

/** What an attempt says has its number; what became of it is told above. */
function progressOf(type: string, data: EventRecord["data"]): readonly RecordedFact[] {
  if (typeof data.attempt !== "number" || !isProgress(type)) return [];
  const { nodeId: _, scope: __, iteration: ___, attempt: ____, ...said } = data;
  return [{ kind: "progress", address: addressOf(data), said: { ...said, type } }];
}

function writesOf({ writes }: EventRecord["data"]): { readonly writes?: readonly ComputeWrite[] } {
  return writes === undefined ? {} : { writes: writes as unknown as readonly ComputeWrite[] };
}

function addressOf({ nodeId, scope, iteration }: EventRecord["data"]): Address {
  return {
    nodeId: String(nodeId),
    scope: scope === undefined ? "" : String(scope),
    iteration: Number(iteration),
  };
}
