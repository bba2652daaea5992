/**
 * The store's interface, in the words of a run: frames, tasks, attempts, outputs, events. Not of SQL.
 * Every driver (memory, sql.js over real files) passes one suite. All calls are async; there are no interactive
 * transactions: one `commit` is one atomic, durable step (DESIGN §6, "One commit a step").
 */
import type { Digest, Json } from "../../plan/types.ts";

/** A row's address. `scope` names the enclosing loops but the innermost, outermost first, as `outer=0`, joined by `,`; "" outside nested loops. */
export interface Address {
  readonly nodeId: string;
  readonly scope: string;
  /** Iteration of the innermost enclosing loop, 0-based; 0 outside loops. */
  readonly iteration: number;
}

export type RunStatus = "running" | "waiting" | "paused" | "stalled" | "finished" | "failed" | "cancelled";

/** A host value as it was at the start: null where there was none; of a secret only a hash keyed with the run's seed. */
export type HostRecord = string | null | { readonly keyedHash: string };

export interface RunRecord {
  readonly runId: string;
  readonly workflow: string;
  readonly planDigest: Digest;
  readonly status: RunStatus;
  /** Why the run failed or what it waits for; null otherwise. */
  readonly reason: string | null;
  /** As given, before the schema's defaults; the parsed value is recomputed. */
  readonly input: Json;
  /** Unix time, milliseconds; likewise all `…At` below. */
  readonly createdAt: number;
  readonly updatedAt: number;
  /** Seed of every random choice that steers the run. */
  readonly seed: string;
  /** Working directory of compute tasks. */
  readonly cwd: string;
  /** Host values that the plan asks for, by name. */
  readonly host: { readonly [name: string]: HostRecord };
}

export interface FrameRecord {
  /** Rises from record to record; a frame that changed nothing is not stored. */
  readonly frame: number;
  /** What `ctx.now()` gives in this frame. */
  readonly now: number;
  /** `start`, `result`, `decision`, `signal`, `timer`, `progress`, `state` (effects alone), `resume`. */
  readonly cause: string;
  readonly planDigest: Digest;
  /** What changed against the frame before: mounted, unmounted, states of nodes, keys of `ctx.state`, effects that ran. */
  readonly delta: Json;
}

export type TaskState =
  | "pending"
  | "running"
  | "waiting"
  | "finished"
  | "failed"
  | "skipped"
  | "cancelled"
  | "unmounted";

export interface TaskRecord extends Address {
  /** Key of the plan node. */
  readonly node: string;
  readonly kind:
    | "agent"
    | "compute"
    | "static"
    | "approval"
    | "timer"
    | "wait"
    | "human"
    | "subflow"
    | "continue-as-new"
    | "loop"
    | "stop"
    | "end"
    | "try"
    | "saga"
    | "parallel"
    | "phase"
    | "step";
  readonly state: TaskState;
  /** Output table; null without one. */
  readonly table: string | null;
  /** What a waiting or failed task waits for or failed of. */
  readonly reason: Json;
  /** Frame of the last change. */
  readonly frame: number;
}

export interface AttemptRecord extends Address {
  /** 1-based, over all resumes. */
  readonly attempt: number;
  readonly state: "running" | "finished" | "failed" | "cancelled" | "lost" | "suspended";
  readonly startedAt: number;
  readonly endedAt: number | null;
  /** Epoch of the owner that started it; a later epoch voids it. */
  readonly epoch: number;
  /** Prompt, payload or captures with which the attempt chain started; journaled before the call, reused on retry. */
  readonly request: Json;
  readonly error: Json;
  /** When the next attempt may start; null when there is none to come. */
  readonly nextAt: number | null;
  /** Tokens as the provider reports them, and what they cost (`costUsd`) where that is known; null for others. */
  readonly usage: Json;
  /** Process group and birth of what runs it, recorded before work is handed to it; null when it runs in the engine. */
  readonly process: { readonly pid: number; readonly birth: string } | null;
}

/** At most one output a table and address. */
export interface OutputRecord extends Address {
  /** Completion order over the whole run, 1-based, without gaps. */
  readonly seq: number;
  readonly table: string;
  /** What the task gave. */
  readonly raw: Json;
  /** What the schema made of it. */
  readonly value: Json;
  readonly frame: number;
}

/** At most one decision an address. */
export interface DecisionRecord extends Address {
  readonly approved: boolean;
  readonly note: string | null;
  readonly decidedBy: string;
  readonly decidedAt: number;
}

/** One change of `ctx.state` or `ctx.vol`, by the node whose handler wrote it. */
export interface TransitionRecord extends Address {
  /** Over both stores, 1-based, without gaps. */
  readonly seq: number;
  /** The first frame that sees it. */
  readonly frame: number;
  readonly store: "state" | "vol";
  readonly key: string;
  /** null: there was none. */
  readonly old: Json;
  /** null: the key is gone. */
  readonly new: Json;
  /** Key of the plan node. */
  readonly node: string;
  /** `onFinished`, `onError`, `onProgress`, `run`, `cleanup`, or `compute` for what a task's own function wrote. */
  readonly trigger: string;
  /** Which write of the handler it was, from 0. */
  readonly index: number;
}

export interface EventRecord {
  /** 1-based, without gaps. */
  readonly seq: number;
  readonly at: number;
  /** Stable dotted name: `run.started`, `task.started`, `task.finished`, … */
  readonly type: string;
  readonly data: { readonly [key: string]: Json };
}

/** `run`, `task` and `attempt` replace the record with the same key; the others are added once and never change. */
export type Write =
  | ({ readonly type: "run" } & RunRecord)
  | { readonly type: "plan"; readonly digest: Digest; readonly text: string }
  | ({ readonly type: "frame" } & FrameRecord)
  | ({ readonly type: "task" } & TaskRecord)
  | ({ readonly type: "attempt" } & AttemptRecord)
  | ({ readonly type: "output" } & OutputRecord)
  | ({ readonly type: "decision" } & DecisionRecord)
  | ({ readonly type: "transition" } & TransitionRecord)
  | { readonly type: "event"; readonly event: EventRecord };

/** Everything a resume needs, as of the last commit. Lists are in the order of (first) writing. */
export interface Journal {
  readonly run: RunRecord | null;
  /** Text of the plan with the run's digest. */
  readonly plan: string | null;
  readonly lastFrame: FrameRecord | null;
  readonly tasks: readonly TaskRecord[];
  readonly attempts: readonly AttemptRecord[];
  readonly outputs: readonly OutputRecord[];
  readonly decisions: readonly DecisionRecord[];
  /** What `ctx.state` holds, by key. */
  readonly state: { readonly [key: string]: Json };
  /** Of the last transition; 0 when there is none. */
  readonly lastTransition: number;
  /** Of the last event; 0 when there is none. */
  readonly lastEvent: number;
}

/** What another process may ask while the run goes on. */
export interface RunReader {
  journal(): Promise<Journal>;
  /** Events with `seq > after`, at most `limit`. */
  events(after: number, limit: number): Promise<readonly EventRecord[]>;
  frames(after: number, limit: number): Promise<readonly FrameRecord[]>;
  /** Changes of state with `seq > after`, at most `limit`. */
  transitions(after: number, limit: number): Promise<readonly TransitionRecord[]>;
  close(): Promise<void>;
}

export interface Store extends RunReader {
  /** Ownership number of this writer; commits carry it (fencing, SEMANTICS 30). */
  readonly epoch: number;
  /**
   * Applies all writes or none. When the promise resolves they are on disk. Commits made together may share one fsync.
   * Commits apply in the order of the calls.
   * @throws StoreError `EPOCH` when another owner has taken the run: nothing is acknowledged, the caller must stop.
   * @throws StoreError `INVALID` when a write breaks a rule of the journal, `FULL` or `IO` when it can't be written:
   * nothing of this commit is in the store. After `IO` the store takes no more commits; reopen it.
   */
  commit(commit: { readonly expectEpoch: number; readonly writes: readonly Write[] }): Promise<void>;
}

/**
 * `LOCKED` another process owns the run; `EPOCH` this writer lost it; `CORRUPT` not a store or damaged; `VERSION` written
 * by a newer version; `FULL` no space; `IO` anything else from the file system; `INVALID` the commit breaks a rule of
 * the journal (a gap in `seq`, a record that never changes written twice, a closed store): the caller's fault.
 */
export type StoreErrorCode = "LOCKED" | "EPOCH" | "CORRUPT" | "VERSION" | "FULL" | "IO" | "INVALID";

export class StoreError extends Error {
  readonly code: StoreErrorCode;
  constructor(code: StoreErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "StoreError";
    this.code = code;
  }
}
