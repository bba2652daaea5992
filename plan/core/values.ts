/**
 * What Core expressions work on, and the three ways an evaluation ends (DESIGN §3).
 *
 * Core values are ordinary JavaScript values (primitives, plain objects, arrays, Map, Set, Date, RegExp)
 * plus the opaque classes below. Functions of Core are Closures, never JavaScript functions.
 */
import type { Span } from "./ast.ts";

export type Value = unknown;

/** The cell a recorded read belongs to; made by whoever evaluates (the runtime), opaque to Core. */
export interface Reader {
  /** Spends one unit of the evaluation's fuel budget per elementary step; throws CoreError `FUEL` at the end of it. */
  spend(units: number): void;
}

/** Resolves the free names of a residual: named values, each items, constants, functions, `ctx`, `deps`. */
export interface Env {
  /** Returns the value, or throws Pending, CoreError or Demand. The read is recorded for `reader`. */
  name(name: string, reader: Reader): Value;
}

export type HandleKind = "agent" | "prompt" | "schema" | "output" | "site" | "module";

/**
 * An opaque reference into the plan. `args` holds the props of `prompt(id, props)`, or of `site(id, args, children)` a
 * record of Outcomes; `children` what a container site holds: site handles in nested arrays, with `null`, `undefined`
 * and booleans for nothing.
 */
export class Handle {
  readonly kind: HandleKind;
  readonly id: string;
  readonly args: Value;
  readonly children: Value;
  constructor(kind: HandleKind, id: string, args?: Value, children?: Value) {
    this.kind = kind;
    this.id = id;
    this.args = args;
    this.children = children;
  }
}

/**
 * A value whose members are answered by the host: `ctx` and what hangs off it. Member access and calls
 * in Core are dispatched here, with the reader for which the read is recorded.
 */
export abstract class HostObject {
  abstract get(key: string, reader: Reader): Value;
  /** Present when the object itself can be called, as `ctx.outputs("t")`. */
  call?(args: readonly Value[], reader: Reader): Value;
  /** What `call` gives is made for the caller alone, who may change it. */
  readonly fresh?: boolean;
}

/** One argument of a site instance: kept as its outcome, so that a pending prompt makes its task wait and not the block. */
export type Outcome =
  | { readonly kind: "value"; readonly value: Value }
  | { readonly kind: "pending"; readonly cell: string }
  | { readonly kind: "error"; readonly error: CoreError };

/** Thrown through an evaluation that needs a cell which has no value yet. No Core construct ever sees it. */
export class Pending {
  readonly cell: string;
  constructor(cell: string) {
    this.cell = cell;
  }
}

/** Thrown by an Env to unwind a deep chain of cells; the driver evaluates `cell` first and starts the reader anew. No Core construct ever sees it. */
export class Demand {
  readonly cell: unknown;
  constructor(cell: unknown) {
    this.cell = cell;
  }
}

/**
 * `THROWN`: the program threw (`value` is what it threw). The rest can't be caught by Core's `catch`:
 * `LIMIT` fuel, size or depth exhausted; `FROZEN` a write to a value that left its cell;
 * `FORBIDDEN` a key, method or operation outside Core; `HANDLE` a handle in an illegal position or an index that found none;
 * `BUDGET_EXCEEDED` a budget around a task is used up; `UPSTREAM_NO_OUTPUT` a read of a node that settled without one.
 */
export type CoreErrorCode =
  | "THROWN"
  | "LIMIT"
  | "FROZEN"
  | "FORBIDDEN"
  | "HANDLE"
  | "UPSTREAM_NO_OUTPUT"
  | "BUDGET_EXCEEDED";

export class CoreError extends Error {
  readonly code: CoreErrorCode;
  readonly value: Value;
  readonly span: Span | undefined;
  constructor(code: CoreErrorCode, message: string, options: { value?: Value; span?: Span } = {}) {
    super(message);
    this.name = "CoreError";
    this.code = code;
    this.value = options.value;
    this.span = options.span;
  }
}
