import type { Call, Chain, Expr, Member, New, Span, Spread } from "../ast.ts";
import { GLOBALS } from "../intrinsics/globals.ts";
import type { Value } from "../values.ts";
import { toKey } from "./coerce.ts";
import type { Context } from "./context.ts";
import { forbidden, throwType } from "./errors.ts";
import { type Code, type Evaluation, evaluationOf, type Frame } from "./evaluation.ts";
import { compile, compileSpine } from "./expressions.ts";
import { Closure, call, Intrinsic, invoke } from "./functions.ts";
import { elementsOf, notIterable } from "./iterate.ts";
import { getMember, lookUp, lookUpComputed } from "./members.ts";
import { render } from "./render.ts";
import { SHORT } from "./short.ts";
import { keyNote } from "./shown.ts";
import { SPECIAL_FORMS } from "./special.ts";
import { isPlain } from "./types.ts";

/** Code for a property key; a number stays one until it is used. */
export function keyCode(ctx: Context, key: string | Expr): Code {
  if (typeof key === "string") {
    return () => key;
  }
  return compile(ctx, key);
}

/** Own names of plain data that no prototype of ours has: read without looking at the tables. */
function isCommon(key: string): boolean {
  return !(key in Object.prototype);
}

export function compileMember(ctx: Context, expr: Member, spine: boolean): Code {
  const object = spine ? compileSpine(ctx, expr.object) : compile(ctx, expr.object);
  const optional = expr.optional === true;
  const read =
    typeof expr.property === "string"
      ? readNamed(ctx, expr, expr.property)
      : readComputed(ctx, expr, expr.property);
  if (!spine) {
    return (f) => read(f, object(f));
  }
  return (f) => {
    const at = object(f);
    if (at === SHORT || (optional && (at === undefined || at === null))) {
      return SHORT;
    }
    return read(f, at);
  };
}

type Read = (f: Frame, object: Value) => Value;

function readNamed(ctx: Context, { span }: Member, key: string): Read {
  const { scopes } = ctx;
  const read: Read = (f, object) => {
    const ev = evaluationOf(f);
    ev.mark(scopes, span);
    return getMember(ev, object, key);
  };
  return isCommon(key) ? (f, object) => (isPlain(object) ? object[key] : read(f, object)) : read;
}

function readComputed(ctx: Context, { span }: Member, property: Expr): Read {
  const { scopes } = ctx;
  const key = compile(ctx, property);
  return (f, object) => {
    const ev = evaluationOf(f);
    if (object === undefined || object === null) {
      const missing = key(f);
      ev.mark(scopes, span);
      return throwType(`Cannot read properties of ${object}${keyNote("reading", missing)}`);
    }
    const name = key(f);
    if (typeof name === "number" && Array.isArray(object) && name >= 0 && Number.isInteger(name)) {
      return object[name];
    }
    ev.mark(scopes, span);
    return getMember(ev, object, toKey(ev, name));
  };
}

export function compileArgs(ctx: Context, args: readonly (Expr | Spread)[]): (f: Frame) => Value[] {
  if (args.every((arg) => arg.type !== "Spread")) {
    const codes = args.map((arg) => compile(ctx, arg as Expr));
    const [first, second] = codes;
    if (first === undefined) {
      return () => [];
    }
    if (codes.length === 1) {
      return (f) => [first(f)];
    }
    if (codes.length === 2 && second !== undefined) {
      return (f) => [first(f), second(f)];
    }
    return (f) => {
      const out = new Array(codes.length);
      for (let i = 0; i < codes.length; i++) {
        out[i] = (codes[i] as Code)(f);
      }
      return out;
    };
  }
  const steps = args.map((arg, i) => {
    const source = arg.type === "Spread" ? arg.arg : arg;
    const last = i === args.length - 1;
    return {
      code: compile(ctx, source),
      problem: arg.type === "Spread" ? (value: Value) => spreadArgument(source, value, last) : undefined,
    };
  });
  return (f) => {
    const ev = evaluationOf(f);
    const out: Value[] = [];
    for (const { code, problem } of steps) {
      const value = code(f);
      if (problem === undefined) {
        out.push(value);
      } else {
        for (const item of elementsOf(ev, value, () => problem(value))) {
          out.push(item);
        }
      }
    }
    // V8 has no room for more arguments than this on its stack
    if (out.length > 50_000) {
      forbidden("a call with more than 50,000 arguments");
    }
    return out;
  };
}

/** V8 words it by where the spread stands: a last one is not iterated by the language but by a helper. */
function spreadArgument(source: Expr, value: Value, last: boolean): string {
  if (!last) {
    return notIterable(value);
  }
  return value === undefined || value === null
    ? `${render(source)} is not iterable (cannot read property ${value})`
    : "Spread syntax requires ...iterable[Symbol.iterator] to be a function";
}

export function compileCall(ctx: Context, expr: Call, spine: boolean): Code {
  const { callee } = expr;
  if (callee.type === "Name" && ctx.find(callee.name) === undefined) {
    const special = SPECIAL_FORMS.get(callee.name);
    if (special !== undefined) {
      return special(ctx, expr.args);
    }
  }
  const args = compileArgs(ctx, expr.args);
  const optional = expr.optional === true;
  const describe = (): string => `${render(callee)} is not a function`;
  if (callee.type === "Member") {
    return compileMethodCall(ctx, callee, args, { optional, spine, describe, span: expr.span });
  }
  const target = spine ? compileSpine(ctx, callee) : compile(ctx, callee);
  return (f) => {
    const fn = target(f);
    if (fn === SHORT || (optional && (fn === undefined || fn === null))) {
      return SHORT;
    }
    const list = args(f);
    const ev = evaluationOf(f);
    ev.mark(ctx.scopes, expr.span);
    return fn instanceof Closure ? invoke(fn, list, ev) : call(ev, fn, undefined, list, describe);
  };
}

interface CallShape {
  readonly optional: boolean;
  readonly spine: boolean;
  readonly describe: () => string;
  readonly span: Span | undefined;
}

function compileMethodCall(
  ctx: Context,
  callee: Member,
  args: (f: Frame) => Value[],
  shape: CallShape,
): Code {
  const { optional, spine, describe, span } = shape;
  const { scopes } = ctx;
  const object = spine ? compileSpine(ctx, callee.object) : compile(ctx, callee.object);
  const objectOptional = callee.optional === true;
  const find = methodFinder(ctx, callee.property);
  return (f) => {
    const self = object(f);
    if (self === SHORT || (objectOptional && (self === undefined || self === null))) {
      return SHORT;
    }
    const ev: Evaluation = evaluationOf(f);
    ev.mark(scopes, callee.span);
    const fn = find(f, self);
    if (optional && (fn === undefined || fn === null)) {
      return SHORT;
    }
    const list = args(f);
    ev.mark(scopes, span);
    return fn instanceof Closure ? invoke(fn, list, ev) : call(ev, fn, self, list, describe);
  };
}

function methodFinder(ctx: Context, property: string | Expr): Read {
  if (typeof property === "string") {
    return (f, self) => lookUp(evaluationOf(f), self, property);
  }
  const key = compile(ctx, property);
  return (f, self) => lookUpComputed(evaluationOf(f), self, key(f));
}

export function compileChain(ctx: Context, expr: Chain): Code {
  const code = compileSpine(ctx, expr.expr);
  return (f) => {
    const value = code(f);
    return value === SHORT ? undefined : value;
  };
}

export function compileNew(ctx: Context, expr: New): Code {
  const { name } = expr.callee;
  const target = ctx.find(name) === undefined ? GLOBALS.get(name) : undefined;
  const construct = target instanceof Intrinsic ? target.construct : undefined;
  if (construct === undefined) {
    return () => forbidden(`new ${name}`);
  }
  const args = compileArgs(ctx, expr.args);
  return (f) => {
    const list = args(f);
    const ev = evaluationOf(f);
    ev.spend(1);
    return construct(ev, list);
  };
}
