/** `ctx.state`, `ctx.vol`, handlers and effects. Types only, as all of this package. */

import type { Ctx, Schemas } from "./ctx.ts";
import type { Element } from "./jsx-runtime.ts";

/**
 * What a workflow keeps in state, by key: name and type of each key, where a project wants them checked.
 *
 * ```ts
 * declare module "smithers" {
 *   interface State { phase: "draft" | "review"; rounds: number }
 * }
 * ```
 */
// biome-ignore lint/suspicious/noEmptyInterface: it is filled in by the workflows that declare their state
export interface State {}

/** Keys that may be used: those of `State`, or any where nothing is declared. */
export type StateKey = [keyof State] extends [never] ? string : keyof State & string;

/** What a key holds: as declared in `State`; anything where nothing is declared. */
// biome-ignore lint/suspicious/noExplicitAny: JSON that the workflow itself put there; `unknown` would ask for a cast at each read
export type StateValue<K> = K extends keyof State ? State[K] : any;

/**
 * State by key. Everybody may read; handlers, effects and the functions of compute tasks may write, all or nothing, and the
 * next frame sees what they wrote. A write in what is evaluated to make a frame is refused (SM508). Values are JSON.
 */
export interface StateStore {
  /** Makes what reads the key depend on it, and on no other. */
  get<K extends StateKey>(key: K): StateValue<K> | undefined;
  get<K extends StateKey>(key: K, fallback: StateValue<K>): StateValue<K>;
  has(key: StateKey): boolean;
  /** Sorted. */
  keys(): readonly string[];
  /** How many flushes have changed it since the process began. */
  readonly version: number;
  /** null takes the key away. */
  set<K extends StateKey>(key: K, value: StateValue<K> | null): void;
  /** Like `set`, where the key holds nothing yet. */
  init<K extends StateKey>(key: K, value: StateValue<K>): void;
  /**
   * From what the key holds when the write is applied; undefined where it holds nothing. Not in a compute task, which runs
   * in a process of its own.
   */
  update<K extends StateKey>(
    key: K,
    change: (value: StateValue<K> | undefined) => StateValue<K> | null,
  ): void;
  delete(key: StateKey): void;
}

/** `ctx` as a handler is given it. */
export type HandlerCtx = Ctx<Schemas>;

/** Why a node failed for good. */
export interface Failure {
  /** `THROWN`, `TIMEOUT`, `OUTPUT_INVALID`, `PROVIDER`, `DENIED`, … */
  readonly code: string;
  readonly message: string;
}

/** What an attempt says while it runs: `task.log` (`message`, `data`), `agent.message`, `tool.started`, `agent.usage`, … */
export interface Progress {
  readonly type: string;
  // biome-ignore lint/suspicious/noExplicitAny: each type has fields of its own
  readonly [field: string]: any;
}

/** Functions that write state when a node ends. They are part of the plan: plain functions, which can do nothing else. */
export interface Handlers<Row> {
  /** The node has finished. Not called when it was skipped, or when it is no longer mounted. */
  readonly onFinished?: ((row: Row, ctx: HandlerCtx) => void) | undefined;
  /** The node has failed for good. */
  readonly onError?: ((error: Failure, ctx: HandlerCtx) => void) | undefined;
}

export interface EffectProps<D extends readonly unknown[] = readonly unknown[]> {
  readonly id: string;
  /** It runs when these are other ones than at its last run, as JSON. Default `[]`: once. */
  readonly deps?: D;
  /** After the frame in which the deps changed. */
  readonly run: (deps: D, ctx: HandlerCtx) => void;
  /** Of the last run: before the next one, and when the effect is no longer mounted. */
  readonly cleanup?: ((deps: D, ctx: HandlerCtx) => void) | undefined;
}

/** Writes state because of other state. */
export const Effect: <const D extends readonly unknown[] = readonly []>(props: EffectProps<D>) => Element =
  () => {
    throw new Error("<Effect> is read by `smithers build`, not executed. Run `smithers up FILE` instead.");
  };
