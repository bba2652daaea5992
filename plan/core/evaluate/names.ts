import { GLOBALS } from "../intrinsics/globals.ts";
import type { Value } from "../values.ts";
import { type Binding, boxOf, type Context } from "./context.ts";
import { forbidden, frozen, throwReference, throwType } from "./errors.ts";
import { type Box, type Code, envOf, evaluationOf, type Frame, UNINITIALISED } from "./evaluation.ts";

function checked(value: Value, name: string): Value {
  return value === UNINITIALISED ? throwReference(`Cannot access '${name}' before initialization`) : value;
}

/** Code that reads a name: a local, an intrinsic, or what the Env gives. */
export function readName(ctx: Context, name: string): Code {
  const binding = ctx.find(name);
  if (binding !== undefined) {
    const { early } = binding;
    if (binding.captured) {
      const box = boxOf(ctx, binding);
      return early ? (f) => checked(box(f).value, name) : (f) => box(f).value;
    }
    const { slot } = binding;
    return early ? (f) => checked(f[slot], name) : (f) => f[slot];
  }
  if (GLOBALS.has(name)) {
    const value = GLOBALS.get(name);
    return () => value;
  }
  return (f) => {
    const ev = evaluationOf(f);
    ev.spend(1);
    return envOf(f).name(name, ev.reader);
  };
}

export type Store = (f: Frame, value: Value) => void;

/** Code that gives a declared name its first value. */
export function initialiseName(ctx: Context, name: string): Store {
  const binding = ctx.find(name) as Binding;
  const { slot } = binding;
  if (binding.captured) {
    return (f, value) => {
      (f[slot] as Box).value = value;
    };
  }
  return (f, value) => {
    f[slot] = value;
  };
}

/** Code that assigns to a name. */
export function assignName(ctx: Context, name: string): Store {
  const binding = ctx.find(name);
  if (binding === undefined) {
    return () => forbidden(`an assignment to ${name}, which is not a local`);
  }
  const { constant } = binding;
  if (binding.captured) {
    const box = boxOf(ctx, binding);
    return (f, value) => {
      const at = box(f);
      checked(at.value, name);
      if (constant) {
        throwType("Assignment to constant variable.");
      }
      if (at.owner !== evaluationOf(f)) {
        frozen(`an assignment to ${name}, which belongs to another cell`);
      }
      at.value = value;
    };
  }
  const { slot } = binding;
  return (f, value) => {
    checked(f[slot], name);
    if (constant) {
      throwType("Assignment to constant variable.");
    }
    f[slot] = value;
  };
}
