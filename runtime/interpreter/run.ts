/** The state of a run under way: what the seven phases pass from one to the next. */
import type { Json, Plan } from "../../plan/types.ts";
import type { AttemptResult, Executor, Reservation, TaskRequest } from "../executors/executor.ts";
import type { OutputParser } from "../executors/output.ts";
import type { Address, EventRecord, RunRecord, RunStatus, Store, Write } from "../store/store.ts";
import type { Prices } from "../usage/prices.ts";
import type { FileRecord } from "../values/files.ts";
import type { Clock } from "./clock.ts";
import type { Continuing } from "./continuing.ts";
import type { DueEffect } from "./effects.ts";
import type { Batch } from "./handlers.ts";
import type { Spent, StopLimits } from "./limits.ts";
import type { Prepared } from "./prepared.ts";
import { Sessions } from "./sessions.ts";
import { Signals } from "./signals.ts";
import type { TaskEntry } from "./states.ts";
import { STORM_LIMITS, Storm, type StormLimits } from "./storm.ts";
import type { World } from "./world.ts";

export interface Decision {
  readonly nodeId: string;
  /** Without them: the one that waits. */
  readonly scope?: string;
  readonly iteration?: number;
  readonly approved: boolean;
  readonly note: string | null;
  readonly decidedBy: string;
  readonly decidedAt: number;
  /** On a tool: which of its calls is meant. Without it: the one that is asked about. */
  readonly call?: string;
}

/** A decision with its full address. */
export type FiledDecision = Required<Omit<Decision, "call">> & Pick<Decision, "call">;

/** A person ends the process of a run: `pause` lets attempts under way end, `cancel` aborts them. */
export interface StopRequest {
  readonly stop: "pause" | "cancel";
  readonly by: string;
  readonly at: number;
  /** Why, where that is more than who asked. */
  readonly reason?: string;
}

/** Something that people or programs tell a run by name. */
export interface SignalRequest {
  readonly name: string;
  /** Of signals with the same name and id one is taken. */
  readonly correlationId: string | null;
  readonly payload: Json;
  readonly by: string;
  readonly at: number;
  /** Of the file it came in: a signal that is read again, since its writer died before it removed the file, is taken once. */
  readonly id?: string;
}

/** What a person gives where a node waits for a row, a choice (`{ selected }`) or a ranking (`{ ranked }`). */
export interface AnswerRequest extends Address {
  readonly answer: Json;
  readonly by: string;
  readonly at: number;
}

/** What other processes ask of a run's writer. */
export type InboxRequest = FiledDecision | AnswerRequest | StopRequest | SignalRequest;

/** What a script says in a person's place, after a while. */
export type ScriptedDecision = { readonly latencyMs?: number | undefined } & (
  | { readonly approved: boolean; readonly note: string | null }
  | { readonly answer: Json }
);

/** News from outside; each may change the frame. */
export type Fact =
  | { readonly kind: "begin"; readonly cause: "start" | "resume" }
  | {
      readonly kind: "result";
      readonly entry: TaskEntry;
      readonly attempt: number;
      readonly result: AttemptResult;
    }
  | {
      readonly kind: "process";
      readonly entry: TaskEntry;
      readonly attempt: number;
      readonly process: { readonly pid: number; readonly birth: string };
      readonly recorded: () => void;
      readonly lost: (error: unknown) => void;
    }
  /** Something that an attempt said is to be on disk before it goes on. */
  | { readonly kind: "said"; readonly recorded: () => void }
  | { readonly kind: "retry"; readonly entry: TaskEntry }
  /** The time of a timer has come. */
  | { readonly kind: "alarm"; readonly entry: TaskEntry }
  | { readonly kind: "decision"; readonly decision: Decision; readonly done: () => void }
  | { readonly kind: "answer"; readonly request: AnswerRequest; readonly done: () => void }
  | { readonly kind: "signal"; readonly request: SignalRequest; readonly done: () => void }
  | { readonly kind: "stop"; readonly request: StopRequest; readonly done: () => void }
  /** Files that the run has read are others now. */
  | { readonly kind: "files"; readonly records: readonly FileRecord[] }
  /** What attempts said is to be written, and handled. */
  | { readonly kind: "events" }
  /** Effects have run: what they wrote is to be applied. */
  | { readonly kind: "flush" }
  | { readonly kind: "abort" };

/** Something that an attempt said while it ran. */
export interface Progress {
  readonly entry: TaskEntry;
  readonly said: { readonly type: string; readonly [key: string]: Json };
}

/** An attempt under way. */
export interface InFlight {
  readonly entry: TaskEntry;
  readonly attempt: number;
  readonly startedAt: number;
  readonly request: TaskRequest;
  readonly controller: AbortController;
  /** The process that was kept ready for it, if any. */
  readonly reserved: Reservation | null;
  process: { readonly pid: number; readonly birth: string } | null;
  /** Aborted with a `Leave`: how the run goes on without this process. */
  readonly leave: AbortController;
  /** Only people can move it on for now. */
  idle: boolean;
}

/** An attempt to be started once its start is on disk. */
export interface Start {
  readonly entry: TaskEntry;
  readonly attempt: number;
  readonly request: TaskRequest;
  readonly timeoutMs: number | null;
  /** How long the attempt may give no sign of life. */
  readonly heartbeatTimeoutMs: number | null;
}

/** How a process leaves a run. */
export interface End {
  readonly status: Exclude<RunStatus, "running">;
  readonly reason: string | null;
  /** Another run takes its place: its id, and what it begins with. */
  readonly continued?: Continuing & { readonly next: string };
}

export interface Services {
  readonly store: Store;
  readonly executors: { get(kind: TaskRequest["kind"]): Executor | undefined };
  readonly clock: Clock;
  /** Attempts in processes or at providers that may run at once, over the whole run. */
  readonly maxConcurrency: number;
  /** Default: STORM_LIMITS. */
  readonly storm?: StormLimits;
  /** Whether to stay while only people can move the run on. */
  readonly wait: () => boolean;
  /** Told whether only people can move the run on. */
  readonly onIdle?: (is: boolean) => void;
  /** What other runs of the same plan have worked out already. */
  readonly prepared?: Prepared;
  /** How far the run may go. Default: to its end. */
  readonly stopAt?: StopLimits;
  /** What models cost. Default: nobody knows. */
  readonly prices?: Prices;
  readonly onEvent: (event: EventRecord) => void;
  /** W3C trace context of the span that stands for this process, kept in the journal so that later ones link to it. */
  readonly traceparent?: string;
  /** Id of the run that goes on in place of this one. Asked once, when this one ends. */
  readonly nextRunId: () => string;
  /** Stands for people; undefined leaves a question to them. */
  readonly decider: (
    address: Address,
    kind: TaskEntry["kind"],
    /** The tool that is asked about. */
    tool?: string,
  ) => ScriptedDecision | undefined;
}

export class Run {
  readonly plan: Plan;
  readonly world: World;
  readonly services: Services;
  record: RunRecord;
  /** Number of the last frame, event and output row. */
  frame: number;
  lastEvent: number;
  lastOutput: number;
  lastTransition = 0;
  /** When the last frame was cut. */
  cutAt = Number.NEGATIVE_INFINITY;
  readonly inFlight = new Map<string, InFlight>();
  /** Retries that are due later: entry key → takes the timer back. */
  readonly timers = new Map<string, () => void>();
  /** Timers that wait → takes the clock's call back. */
  readonly alarms = new Map<TaskEntry, () => void>();
  /** Retries whose time has come. */
  readonly due = new Set<TaskEntry>();
  /** Decisions that came before their approval was asked. */
  readonly early = new Set<Extract<Fact, { kind: "decision" }>>();
  /** Answers of people that are not applied yet. */
  readonly answers: AnswerRequest[] = [];
  /** Questions handed to the decider: their key → takes its timer back. */
  readonly deciding = new Map<string, (() => void) | "said">();
  /** What handlers wrote and no frame has seen. */
  readonly batches: Batch[] = [];
  /** What attempts said and no handler has seen. */
  readonly progress: Progress[] = [];
  /** What the flushes of this step changed, by key; null for a key that is gone. */
  readonly changed = { state: new Map<string, Json>(), vol: new Map<string, Json>() };
  /** Failed without an attempt, and their handlers know. */
  readonly told = new Set<TaskEntry>();
  /** Effects that run after this frame. */
  dueEffects: readonly DueEffect[] = [];
  /** Effects that ran since the last frame, by name. */
  effectsRun: string[] = [];
  readonly storm: Storm;
  /** What attempts that have ended used. */
  spent: Spent = { tokens: 0, toolCalls: 0, costUsd: 0 };
  /** Why the run goes on by itself and is held, or null. */
  stalled: string | null = null;
  aborted = false;
  /** Nothing new starts any more: a person said so. */
  stopped: StopRequest | null = null;
  /** Written with the next commit. */
  writes: Write[] = [];
  events: EventRecord[] = [];
  /** What to do when the next commit is on disk. */
  committed: (() => void)[] = [];
  readonly signals = new Signals();
  readonly sessions = new Sessions();
  /** For rows that no executor gives: decisions, signals. */
  readonly parser: OutputParser;
  readonly #facts: Fact[] = [];
  #wake: (() => void) | null = null;
  #flushEvents: (() => void) | null = null;

  constructor(plan: Plan, world: World, services: Services, record: RunRecord) {
    this.plan = plan;
    this.world = world;
    this.services = services;
    this.record = record;
    this.parser = world.parser;
    this.storm = new Storm(services.storm ?? STORM_LIMITS);
    this.frame = 0;
    this.lastEvent = 0;
    this.lastOutput = 0;
  }

  push(fact: Fact): void {
    this.#facts.push(fact);
    this.#wake?.();
    this.#wake = null;
  }

  /** All news; waits for the first. What comes in the same turn comes together. */
  async take(): Promise<readonly Fact[]> {
    if (this.#facts.length === 0)
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    await new Promise<void>((resolve) => setImmediate(resolve));
    return this.#facts.splice(0);
  }

  get hasNews(): boolean {
    return this.#facts.length > 0;
  }

  /** Pushes a `retry` fact when the next attempt of `entry` is due. */
  retryAt(entry: TaskEntry): void {
    if (entry.nextAt === null || this.timers.has(entry.key)) return;
    const due = () => this.push({ kind: "retry", entry });
    if (entry.nextAt > this.services.clock.now())
      this.timers.set(entry.key, this.services.clock.at(entry.nextAt, due));
    else due();
  }

  /** An event for the next commit. */
  event(type: string, data: { readonly [key: string]: Json }): void {
    this.lastEvent++;
    this.events.push({ seq: this.lastEvent, at: this.services.clock.now(), type, data });
  }

  /** An event from an attempt under way: written soon, with whatever is committed next. */
  report(type: string, data: { readonly [key: string]: Json }): void {
    this.event(type, data);
    if (this.#flushEvents) return;
    // From the frame before, not from now: who speaks late waits no longer (SEMANTICS 11).
    const since = this.services.clock.now() - this.cutAt;
    const left = since < COALESCE_MS ? COALESCE_MS - Math.max(0, since) : 0;
    this.#flushEvents = this.services.clock.after(left, () => {
      this.#flushEvents = null;
      this.push({ kind: "events" });
    });
  }

  /** What is to be written now; the caller may add to it. */
  takeWrites(): { readonly writes: Write[]; readonly events: readonly EventRecord[] } {
    const { writes, events } = this;
    this.writes = [];
    this.events = [];
    if (events.length > 0) {
      this.#flushEvents?.();
      this.#flushEvents = null;
    }
    for (const event of events) writes.push({ type: "event", event });
    return { writes, events };
  }

  /** Takes back every timer. */
  close(): void {
    for (const cancel of this.timers.values()) cancel();
    this.timers.clear();
    for (const cancel of this.alarms.values()) cancel();
    this.alarms.clear();
    for (const cancel of this.deciding.values()) if (cancel !== "said") cancel();
    this.#flushEvents?.();
    this.#flushEvents = null;
  }
}

/** The event by which the journal keeps an answer of `ctx.fs` (values/files.ts FileRecord); a later one stands for a change. */
export const FILE_READ = "file.read";

/** Puts an answer of `ctx.fs` into the journal. */
export function fileRead(run: Run, { operation, path, recursive, answer }: FileRecord): void {
  run.event(FILE_READ, { operation, path, recursive, answer: { ...answer } });
}

/** Progress is gathered for this long (DESIGN §6). */
const COALESCE_MS = 250;

/** An address as event data. */
export function addressData({ nodeId, scope, iteration }: Address): { readonly [key: string]: Json } {
  return scope === "" ? { nodeId, iteration } : { nodeId, scope, iteration };
}
