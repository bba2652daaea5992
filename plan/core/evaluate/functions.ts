import type { Env, Value } from "../values.ts";
import { CoreError, Handle, HostObject } from "../values.ts";
import { Thrown, throwType } from "./errors.ts";
import { type Box, type Code, type Evaluation, FIRST_SLOT, type Frame } from "./evaluation.ts";

/** What all closures of one arrow function share. */
export interface FunctionCode {
  /** Length of a frame, header included. */
  slots: number;
  /** Number of leading parameters that are bound by copying; the rest is up to `bind`. */
  simple: number;
  bind: ((f: Frame, args: readonly Value[]) => void) | undefined;
  body: Code;
  /** Fuel for one run of the body, loops and inner functions apart. */
  cost: number;
  /** Static nesting: how much native stack one activation can take. */
  nest: number;
  /** What `length` says. */
  arity: number;
}

/** A function of Core: its code, the Env it was made in and the bindings it captured. Opaque to everybody else. */
export class Closure {
  readonly code: FunctionCode;
  readonly env: Env;
  readonly captures: readonly Box[];
  constructor(code: FunctionCode, env: Env, captures: readonly Box[]) {
    this.code = code;
    this.env = env;
    this.captures = captures;
  }
}

export type Native = (ev: Evaluation, self: Value, args: readonly Value[]) => Value;

/** A function or namespace of the intrinsics table: `Math`, `Object.keys`, a method. */
export class Intrinsic {
  /** `Object.keys`, `Array.prototype.map`. */
  readonly name: string;
  readonly run: Native | undefined;
  /** `new` gives. */
  readonly construct: ((ev: Evaluation, args: readonly Value[]) => Value) | undefined;
  readonly members: ReadonlyMap<string, Value>;
  /** The engine's own constructor, for `instanceof`. */
  readonly native: (new (...args: never[]) => object) | undefined;
  /** Belongs to receivers of a type: may be called, not taken along. */
  readonly isMethod: boolean;
  constructor(
    name: string,
    parts: {
      method?: boolean;
      run?: Native;
      construct?: (ev: Evaluation, args: readonly Value[]) => Value;
      members?: Readonly<Record<string, Value>>;
      native?: new (...args: never[]) => object;
    },
  ) {
    this.name = name;
    this.run = parts.run;
    this.construct = parts.construct;
    this.members = new Map(Object.entries(parts.members ?? {}));
    this.native = parts.native;
    this.isMethod = parts.method === true;
  }
}

/** Runs a closure in the caller's evaluation: its reader, fuel and depth are charged. */
export function invoke(fn: Closure, args: readonly Value[], ev: Evaluation): Value {
  const { code } = fn;
  ev.spend(code.cost);
  ev.enter(code.nest);
  const f: Frame = new Array(code.slots);
  f[0] = ev;
  f[1] = fn.env;
  f[2] = fn.captures;
  for (let i = 0; i < code.simple; i++) {
    f[FIRST_SLOT + i] = args[i];
  }
  if (code.bind !== undefined) {
    code.bind(f, args);
  }
  const value = code.body(f);
  ev.depth -= code.nest;
  return value;
}

export function isCallable(value: Value): boolean {
  return (
    value instanceof Closure ||
    (value instanceof Intrinsic && value.run !== undefined) ||
    (value instanceof HostObject && value.call !== undefined)
  );
}

/** Calls any callable; `describe` gives the callee's words for the TypeError when it is none. */
export function call(
  ev: Evaluation,
  fn: Value,
  self: Value,
  args: readonly Value[],
  describe: () => string,
): Value {
  if (fn instanceof Closure) {
    return invoke(fn, args, ev);
  }
  if (fn instanceof Intrinsic && fn.run !== undefined) {
    ev.spend(1);
    return fn.run(ev, self, args);
  }
  if (fn instanceof HostObject && fn.call !== undefined) {
    ev.spend(1);
    return hostCall(ev, fn, args);
  }
  // A component that a table of prompts gave: `<Prompt {...props} />`.
  if (fn instanceof Handle && fn.kind === "prompt" && fn.args === undefined) {
    ev.spend(1);
    return new Handle("prompt", fn.id, args[0]);
  }
  return throwType(describe());
}

/** What the host throws as the program's own, with a value, can be caught by it. */
function hostCall(ev: Evaluation, fn: HostObject, args: readonly Value[]): Value {
  try {
    const result = fn.call?.(args, ev.reader);
    return fn.fresh && Array.isArray(result) ? ev.array(result) : result;
  } catch (error) {
    if (fn.fresh && error instanceof CoreError && error.code === "THROWN")
      throw new Thrown(error.value, true);
    throw error;
  }
}

/** Calls what is known to be callable. */
export function apply(ev: Evaluation, fn: Value, ...args: Value[]): Value {
  return call(ev, fn, undefined, args, () => "not a function");
}
