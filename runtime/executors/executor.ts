/**
 * One task's work behind one interface. The interpreter decides what starts and when; an executor does one attempt
 * and returns what came of it. Executors hold no run state: what must survive is in the request and in the journal.
 */

import type { Json, Plan } from "../../plan/types.ts";
import type { Question } from "../engine.ts";
import type { Address } from "../store/store.ts";
import type { AttemptTrace } from "../telemetry/calls.ts";
import type { Prices } from "../usage/prices.ts";

/** Everything one attempt needs; plain JSON, journaled before the attempt starts and reused on retry. */
export type TaskRequest =
  | {
      readonly kind: "agent";
      /** Names into `plan.agents`; the first that works. */
      readonly agents: readonly string[];
      readonly prompt: string;
      /** Name into `plan.schemas` that the answer must satisfy; null: any text. */
      readonly schema: string | null;
      readonly maxSchemaRetries: number;
      /** Once an attempt has used so many, no further call is made for it. */
      readonly maxTokens?: number;
      /** The tools of its agent that it may use, by the names that the model knows; absent: all. */
      readonly allowTools?: readonly string[];
      /** What becomes of a conversation that an earlier attempt left; absent: it goes on (SEMANTICS 41). */
      readonly onResume?: "restart" | "fail";
      readonly cache?: CacheEntry;
    }
  | {
      readonly kind: "compute";
      readonly module: string;
      /** Capture values in the module's order; Map, Set, Date and undefined tagged (runtime/executors/compute). */
      readonly captures: Json;
      /** Read-only snapshot of the cells the module can read. */
      readonly ctx: Json;
      readonly schema: string | null;
      readonly cache?: CacheEntry;
    }
  | { readonly kind: "static"; readonly payload: Json; readonly schema: string | null }
  | {
      readonly kind: "subflow";
      /** Name into `plan.subflows`. */
      readonly workflow: string;
      readonly input: Json;
      /** Table of the child run whose rows are the task's. */
      readonly result: string;
      /** Name of the child run within this one. */
      readonly child: string;
      readonly schema: string | null;
      readonly cache?: CacheEntry;
    };

/** Where an equal result may be found, and is to be kept. */
export interface CacheEntry {
  /** Digest of all that the result depends on. */
  readonly key: string;
  /** How old it may be, in milliseconds; null: of any age. */
  readonly ttlMs: number | null;
}

export interface AttemptContext {
  readonly plan: Plan;
  readonly runId: string;
  readonly address: Address;
  readonly attempt: number;
  readonly cwd: string;
  /** Aborted on timeout and cancel. */
  readonly signal: AbortSignal;
  /**
   * Aborted with how the run goes on without this process (`Leave`): an attempt that holds a run of its own leaves it so.
   * Others go on to their end.
   */
  readonly leave?: AbortSignal;
  /** Only people can move the attempt on for now, or not any more. */
  idle?(is: boolean): void;
  /** A sign of life without anything to be said. */
  alive?(): void;
  /** Log lines, model calls, tool calls, token counts as they happen: `task.log`, `agent.message`, `agent.usage`, … */
  emit(type: string, data: { readonly [key: string]: Json }): void;
  /** As `emit`, for what must not be forgotten: resolves when it is on disk. */
  record(type: string, data: { readonly [key: string]: Json }): Promise<void>;
  /** How far earlier attempts came in conversation with the same prompt. */
  readonly past?: Past;
  /** JSON of the plan with the parts that hang on the host as they are: never to be stored. Throws CoreError. */
  resolve?(value: Json): Json | undefined;
  /** What models cost, as far as the run knows. */
  readonly prices?: Prices;
  /** Told of calls to models and tools, where somebody traces the run. */
  readonly trace?: AttemptTrace;
  /** What `reserve` gave for this attempt: its process is on disk already, with the attempt's start. */
  readonly reserved?: Reservation;
  /** A compute attempt records the process that will run it; resolves when that is on disk. Work is handed over only then. */
  started(process: { readonly pid: number; readonly birth: string }): Promise<void>;
}

/** A write to `ctx.state` or `ctx.vol` by a task's own function: plain data, applied with its result (SEMANTICS 49). */
export type ComputeWrite =
  | {
      readonly op: "set" | "init";
      readonly store: "state" | "vol";
      readonly key: string;
      readonly value: Json;
    }
  | { readonly op: "delete"; readonly store: "state" | "vol"; readonly key: string };

/** How a run that an attempt holds is left: as it `waits` for people, paused, or cancelled. */
export type Leave = "wait" | "pause" | "cancel";

/** What a run that an attempt held waits for people to say. */
export interface ChildQuestion extends Address {
  /** Name within the run of the attempt: that may have another name one day. */
  readonly child: string;
  readonly asks: Question["asks"];
}

/** What earlier attempts of a task said and did, as the journal has it. */
export interface Past {
  /** Turns of the agent, what its tools did, what people decided on them: runtime/agents/session.ts. */
  readonly events: readonly { readonly type: string; readonly data: { readonly [key: string]: Json } }[];
  /** The last attempt ended to ask people: this one goes on with it, whatever the task says of others. */
  readonly suspended: boolean;
}

/** A call of a tool that people have to agree to (SEMANTICS 40). The attempt ends with it; the next one goes on. */
export interface ToolQuestion {
  readonly tool: string;
  /** The call's id. */
  readonly call: string;
  readonly input: Json;
  /** It was under way when its process died, and nobody knows whether it was done. */
  readonly again: boolean;
}

export type AttemptResult =
  | {
      readonly ok: true;
      readonly raw: Json;
      readonly value: Json;
      readonly usage?: Json;
      readonly writes?: readonly ComputeWrite[];
    }
  | {
      readonly ok: false;
      readonly error: TaskError;
      readonly usage?: Json;
      /** It did not fail: people are asked, then it goes on. */
      readonly question?: ToolQuestion;
    };

export interface TaskError {
  /** `OUTPUT_INVALID`, `TIMEOUT`, `CANCELLED`, `EXIT`, `THROWN`, `PROVIDER`, `NO_API_KEY`, … */
  readonly code: string;
  readonly message: string;
  /** Whether another attempt may help; the node's retry policy decides how often. */
  readonly retryable: boolean;
  /** From `Retry-After`, milliseconds. */
  readonly retryAfterMs?: number;
  /** The run that the attempt held was left, to be gone on with: the attempt does not count. What it waits for. */
  readonly left?: readonly ChildQuestion[];
  readonly stack?: string;
}

/** A process that waits for one attempt and runs nothing else until then. */
export interface Reservation {
  readonly process: { readonly pid: number; readonly birth: string };
}

export interface Executor {
  readonly kind: TaskRequest["kind"];
  /**
   * Keeps a process ready for an attempt that is about to be recorded, so that process and start are one commit. Null
   * when none is ready: the attempt then asks for one itself. `execute` must follow with it, or `release`.
   */
  reserve?(cwd: string): Reservation | null;
  release?(reservation: Reservation): void;
  execute(request: TaskRequest, context: AttemptContext): Promise<AttemptResult>;
  /** Ends what the executor holds (child processes, connections). */
  close(): Promise<void>;
}
