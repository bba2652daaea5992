import type { ArrayExpr, ObjectExpr } from "../ast.ts";
import type { Value } from "../values.ts";
import { keyCode } from "./calls.ts";
import { toKey } from "./coerce.ts";
import type { Context } from "./context.ts";
import { type Code, evaluationOf, type Frame } from "./evaluation.ts";
import { compile } from "./expressions.ts";
import { elementsOf, sourceNotIterable } from "./iterate.ts";
import { guardKey } from "./keys.ts";
import { copyInto } from "./properties.ts";

export function compileArray(ctx: Context, expr: ArrayExpr): Code {
  if (expr.elements.every((element) => element !== null && element.type !== "Spread")) {
    const items = expr.elements.map((element) => compile(ctx, element as Exclude<typeof element, null>));
    return (f) => {
      const out = new Array(items.length);
      for (let i = 0; i < items.length; i++) {
        out[i] = (items[i] as Code)(f);
      }
      return evaluationOf(f).own(out);
    };
  }
  const add = expr.elements.map((element): ((f: Frame, out: Value[]) => void) => {
    if (element === null) {
      return (_f, out) => {
        out.length++;
      };
    }
    if (element.type !== "Spread") {
      const code = compile(ctx, element);
      return (f, out) => {
        out.push(code(f));
      };
    }
    const code = compile(ctx, element.arg);
    const { arg } = element;
    return (f, out) => {
      const value = code(f);
      const ev = evaluationOf(f);
      for (const item of elementsOf(ev, value, () => sourceNotIterable(arg, value))) {
        out.push(item);
      }
      ev.room(out.length);
    };
  });
  return (f) => {
    const out: Value[] = [];
    for (const step of add) {
      step(f, out);
    }
    return evaluationOf(f).own(out);
  };
}

export function compileObject(ctx: Context, expr: ObjectExpr): Code {
  const add = expr.props.map((prop): ((f: Frame, out: Record<string, Value>) => void) => {
    if (prop.type === "Spread") {
      const code = compile(ctx, prop.arg);
      return (f, out) => copyInto(evaluationOf(f), code(f), out);
    }
    const value = compile(ctx, prop.value);
    if (typeof prop.key === "string") {
      const { key } = prop;
      return (f, out) => {
        guardKey(key);
        out[key] = value(f);
      };
    }
    const key = keyCode(ctx, prop.key);
    return (f, out) => {
      const name = toKey(evaluationOf(f), key(f));
      guardKey(name);
      out[name] = value(f);
    };
  });
  return (f) => {
    const out: Record<string, Value> = {};
    for (const step of add) {
      step(f, out);
    }
    return evaluationOf(f).own(out);
  };
}
