import type { Node } from "../ast.ts";
import type { Scopes } from "./analyse.ts";
import { Box, CAPTURES, evaluationOf, FIRST_SLOT, type Frame, UNINITIALISED } from "./evaluation.ts";

export interface Binding {
  readonly name: string;
  readonly slot: number;
  readonly fn: FunctionState;
  readonly captured: boolean;
  /** Can be used before it is initialised. */
  readonly early: boolean;
  readonly constant: boolean;
}

/** A function whose code is being made: its frame and what it captures from the functions around it. */
export class FunctionState {
  readonly outer: FunctionState | null;
  slots = FIRST_SLOT;
  readonly captures: Binding[] = [];
  constructor(outer: FunctionState | null) {
    this.outer = outer;
  }

  /** Where a binding of an outer function stands among the captures. */
  captureIndex(binding: Binding): number {
    const known = this.captures.indexOf(binding);
    return known >= 0 ? known : this.captures.push(binding) - 1;
  }
}

interface Level {
  readonly bindings: ReadonlyMap<string, Binding>;
  readonly outer: Level | null;
}

/** What making code needs to know about the place: the function, the names in sight. */
export class Context {
  readonly scopes: Scopes;
  readonly fn: FunctionState;
  readonly level: Level | null;
  constructor(scopes: Scopes, fn: FunctionState, level: Level | null) {
    this.scopes = scopes;
    this.fn = fn;
    this.level = level;
  }

  find(name: string): Binding | undefined {
    for (let at = this.level; at !== null; at = at.outer) {
      const binding = at.bindings.get(name);
      if (binding !== undefined) {
        return binding;
      }
    }
    return undefined;
  }

  /** The context inside a node that declares names, with `enter` to make its bindings fresh. */
  open(node: Node, constants: (name: string) => boolean): Opened {
    const info = this.scopes.get(node);
    if (info === undefined || info.names.size === 0) {
      return { ctx: this, bindings: [], enter: undefined };
    }
    const { fn } = this;
    const bindings: Binding[] = [];
    const map = new Map<string, Binding>();
    for (const name of info.names) {
      const binding = {
        name,
        slot: fn.slots++,
        fn,
        captured: info.captured.has(name),
        early: info.early.has(name),
        constant: constants(name),
      };
      bindings.push(binding);
      map.set(name, binding);
    }
    const ctx = new Context(this.scopes, fn, { bindings: map, outer: this.level });
    return { ctx, bindings, enter: freshen(bindings) };
  }

  function(): Context {
    return new Context(this.scopes, new FunctionState(this.fn), this.level);
  }
}

export interface Opened {
  readonly ctx: Context;
  readonly bindings: readonly Binding[];
  readonly enter: ((f: Frame) => void) | undefined;
}

/** Code that makes bindings fresh: what is captured gets a box of its own, what can be used early is marked. */
function freshen(bindings: readonly Binding[]): ((f: Frame) => void) | undefined {
  const boxed = bindings.filter((binding) => binding.captured).map(({ slot }) => slot);
  const marked = bindings.filter((binding) => !binding.captured).map(({ slot }) => slot);
  if (boxed.length === 0 && !bindings.some(({ early }) => early)) {
    return undefined;
  }
  return (f) => {
    for (const slot of boxed) {
      f[slot] = new Box(UNINITIALISED, evaluationOf(f));
    }
    for (const slot of marked) {
      f[slot] = UNINITIALISED;
    }
  };
}

/** Code that gives the box of a captured binding, from the function where it is used. */
export function boxOf(ctx: Context, binding: Binding): (f: Frame) => Box {
  if (binding.fn === ctx.fn) {
    const { slot } = binding;
    return (f) => f[slot] as Box;
  }
  // every function between the two has to pass it on
  for (let fn: FunctionState | null = ctx.fn; fn !== null && fn !== binding.fn; fn = fn.outer) {
    fn.captureIndex(binding);
  }
  const index = ctx.fn.captureIndex(binding);
  return (f) => (f[CAPTURES] as Box[])[index] as Box;
}
