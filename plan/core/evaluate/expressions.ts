import type { Arrow, Assign, Expr, Logical, Member, Template, Unary, Update } from "../ast.ts";
import type { Value } from "../values.ts";
import { nesting, weight } from "./analyse.ts";
import { compileCall, compileChain, compileMember, compileNew, keyCode } from "./calls.ts";
import { toKey, toNumber, toText, truthy, typeofValue } from "./coerce.ts";
import { RETURN_COMPLETION } from "./completion.ts";
import { boxOf, type Context } from "./context.ts";
import { throwType } from "./errors.ts";
import { type Code, ENV, evaluationOf, type Frame, RETURN } from "./evaluation.ts";
import { Closure, type FunctionCode } from "./functions.ts";
import { compileArray, compileObject } from "./literals.ts";
import { getMember, lookUpComputed } from "./members.ts";
import { assignName, readName } from "./names.ts";
import { BINARY, type BinaryRun } from "./operators.ts";
import { assignPattern, bindArguments, sourceOf } from "./patterns.ts";
import { compileRegex } from "./regex-literal.ts";
import { SHORT } from "./short.ts";
import { keyNote } from "./shown.ts";
import { compileBlock } from "./statements.ts";
import { deleteMember, setComputed, setMember } from "./writes.ts";

/** Makes code for an expression. */
export function compile(ctx: Context, expr: Expr): Code {
  switch (expr.type) {
    case "Literal": {
      const { value } = expr;
      return () => value;
    }
    case "Regex":
      return compileRegex(expr.pattern, expr.flags);
    case "Template":
      return compileTemplate(ctx, expr);
    case "Name":
      return readName(ctx, expr.name);
    case "Array":
      return compileArray(ctx, expr);
    case "Object":
      return compileObject(ctx, expr);
    case "Arrow":
      return compileArrow(ctx, expr);
    case "Unary":
      return compileUnary(ctx, expr);
    case "Binary":
      return compileBinary(BINARY[expr.op], compile(ctx, expr.left), compile(ctx, expr.right), expr.op);
    case "Logical":
      return compileLogical(expr.op, compile(ctx, expr.left), compile(ctx, expr.right));
    case "Conditional": {
      const test = compile(ctx, expr.test);
      const then = compile(ctx, expr.then);
      const otherwise = compile(ctx, expr.else);
      return (f) => (truthy(test(f)) ? then(f) : otherwise(f));
    }
    case "Assign":
      return compileAssign(ctx, expr);
    case "Update":
      return compileUpdate(ctx, expr);
    case "Call":
      return compileCall(ctx, expr, false);
    case "New":
      return compileNew(ctx, expr);
    case "Member":
      return compileMember(ctx, expr, false);
    case "Chain":
      return compileChain(ctx, expr);
    case "Comma": {
      const parts = expr.exprs.map((part) => compile(ctx, part));
      return (f) => {
        let value: Value;
        for (const part of parts) {
          value = part(f);
        }
        return value;
      };
    }
    default:
      return expr satisfies never;
  }
}

function compileBinary(run: BinaryRun, left: Code, right: Code, op: string): Code {
  switch (op) {
    case "===":
      return (f) => {
        const a = left(f);
        const b = right(f);
        return typeof a === "number" || typeof a === "boolean" ? a === b : run(evaluationOf(f), a, b);
      };
    case "+":
      return (f) => {
        const a = left(f);
        const b = right(f);
        return typeof a === "number" && typeof b === "number" ? a + b : run(evaluationOf(f), a, b);
      };
    case "<":
      return (f) => {
        const a = left(f);
        const b = right(f);
        return typeof a === "number" && typeof b === "number" ? a < b : run(evaluationOf(f), a, b);
      };
    case ">":
      return (f) => {
        const a = left(f);
        const b = right(f);
        return typeof a === "number" && typeof b === "number" ? a > b : run(evaluationOf(f), a, b);
      };
    default:
      return (f) => {
        const a = left(f);
        return run(evaluationOf(f), a, right(f));
      };
  }
}

function compileLogical(op: Logical["op"], left: Code, right: Code): Code {
  switch (op) {
    case "&&":
      return (f) => {
        const value = left(f);
        return truthy(value) ? right(f) : value;
      };
    case "||":
      return (f) => {
        const value = left(f);
        return truthy(value) ? value : right(f);
      };
    case "??":
      return (f) => left(f) ?? right(f);
    default:
      return op satisfies never;
  }
}

function compileTemplate(ctx: Context, expr: Template): Code {
  const quasis = expr.quasis;
  const holes = expr.exprs.map((hole) => compile(ctx, hole));
  return (f) => {
    const ev = evaluationOf(f);
    let out = quasis[0] ?? "";
    for (let i = 0; i < holes.length; i++) {
      const value = (holes[i] as Code)(f);
      out += (typeof value === "string" ? value : toText(ev, value)) + (quasis[i + 1] ?? "");
      ev.fits(out.length);
    }
    return ev.text(out);
  };
}

function compileUnary(ctx: Context, expr: Unary): Code {
  if (expr.op === "delete") {
    return compileDelete(ctx, expr.arg);
  }
  if (expr.op === "typeof" && expr.arg.type === "Member") {
    const object = compile(ctx, expr.arg.object);
    const key = keyCode(ctx, expr.arg.property);
    return (f) => {
      const target = object(f);
      const ev = evaluationOf(f);
      return typeofValue(lookUpComputed(ev, target, key(f)));
    };
  }
  const arg = compile(ctx, expr.arg);
  switch (expr.op) {
    case "-":
      return (f) => {
        const value = arg(f);
        return -(typeof value === "number" ? value : toNumber(evaluationOf(f), value));
      };
    case "+":
      return (f) => toNumber(evaluationOf(f), arg(f));
    case "!":
      return (f) => !truthy(arg(f));
    case "~":
      return (f) => ~toNumber(evaluationOf(f), arg(f));
    case "typeof":
      return (f) => typeofValue(arg(f));
    case "void":
      return (f) => {
        arg(f);
        return undefined;
      };
    default:
      return expr.op satisfies never;
  }
}

function compileDelete(ctx: Context, arg: Expr): Code {
  const member = arg.type === "Chain" ? arg.expr : arg;
  if (member.type !== "Member") {
    const value = compile(ctx, arg);
    return (f) => {
      value(f);
      return true;
    };
  }
  const object = arg.type === "Chain" ? compileSpine(ctx, member.object) : compile(ctx, member.object);
  const key = keyCode(ctx, member.property);
  const optional = member.optional === true;
  return (f) => {
    const target = object(f);
    if (target === SHORT || (optional && (target === undefined || target === null))) {
      return true;
    }
    const ev = evaluationOf(f);
    return deleteMember(ev, target, toKey(ev, key(f)));
  };
}

/** Code for a part of an optional chain: SHORT where the chain ended. */
export function compileSpine(ctx: Context, expr: Expr): Code {
  switch (expr.type) {
    case "Member":
      return compileMember(ctx, expr, true);
    case "Call":
      return compileCall(ctx, expr, true);
    default:
      return compile(ctx, expr);
  }
}

/** Code that reads and code that writes one place, its object and key evaluated once. */
function compileAssign(ctx: Context, expr: Assign): Code {
  const { op, target } = expr;
  const value = compile(ctx, expr.value);
  if (op === "=") {
    if (target.type === "Name") {
      const store = assignName(ctx, target.name);
      return (f) => {
        const result = value(f);
        store(f, result);
        return result;
      };
    }
    if (target.type === "Member") {
      const object = compile(ctx, target.object);
      const key = keyCode(ctx, target.property);
      return (f) => {
        const at = object(f);
        const name = key(f);
        const result = value(f);
        setComputed(evaluationOf(f), at, name, result);
        return result;
      };
    }
    const store = assignPattern(ctx, target, sourceOf(expr.value, false));
    return (f) => {
      const result = value(f);
      store(f, result);
      return result;
    };
  }
  const combine = combiner(op, value);
  return compileModify(ctx, target as Member | Extract<Expr, { type: "Name" }>, combine);
}

type Combine = (f: Frame, old: Value) => { readonly write: boolean; readonly value: Value };

function combiner(op: Exclude<Assign["op"], "=">, value: Code): Combine {
  switch (op) {
    case "&&=":
      return (f, old) => (truthy(old) ? { write: true, value: value(f) } : { write: false, value: old });
    case "||=":
      return (f, old) => (truthy(old) ? { write: false, value: old } : { write: true, value: value(f) });
    case "??=":
      return (f, old) =>
        old === undefined || old === null ? { write: true, value: value(f) } : { write: false, value: old };
    default: {
      const run = BINARY[op.slice(0, -1) as keyof typeof BINARY];
      return (f, old) => ({ write: true, value: run(evaluationOf(f), old, value(f)) });
    }
  }
}

function compileModify(
  ctx: Context,
  target: Member | Extract<Expr, { type: "Name" }>,
  combine: Combine,
): Code {
  if (target.type === "Name") {
    const read = readName(ctx, target.name);
    const store = assignName(ctx, target.name);
    return (f) => {
      const { write, value } = combine(f, read(f));
      if (write) {
        store(f, value);
      }
      return value;
    };
  }
  const object = compile(ctx, target.object);
  const key = keyCode(ctx, target.property);
  return (f) => {
    const at = object(f);
    const ev = evaluationOf(f);
    const rawKey = key(f);
    if (at === undefined || at === null) {
      return throwType(`Cannot read properties of ${at}${keyNote("reading", rawKey)}`);
    }
    const name = toKey(ev, rawKey);
    const { write, value } = combine(f, getMember(ev, at, name));
    if (write) {
      setMember(ev, at, name, value);
    }
    return value;
  };
}

function compileUpdate(ctx: Context, expr: Update): Code {
  const step = expr.op === "++" ? 1 : -1;
  if (expr.prefix) {
    return compileModify(ctx, expr.target, (f, old) => ({
      write: true,
      value: toNumber(evaluationOf(f), old) + step,
    }));
  }
  // the old value waits in a slot of its own while the new one is stored
  const slot = ctx.fn.slots++;
  const update = compileModify(ctx, expr.target, (f, old) => {
    const number = toNumber(evaluationOf(f), old);
    f[slot] = number;
    return { write: true, value: number + step };
  });
  return (f) => {
    update(f);
    return f[slot];
  };
}

function compileArrow(ctx: Context, expr: Arrow): Code {
  const inner = ctx.function();
  const { params, rest, body } = expr;
  const opened = inner.open(expr, () => false);
  const { fn } = inner;
  const simple = rest === undefined && params.every((param) => param.type === "Name");
  const plain = simple && opened.enter === undefined && opened.bindings.length === params.length;
  const bind = plain ? undefined : bindArguments(opened, params, rest);
  const code: Code =
    body.type === "Block" ? functionBody(compileBlock(opened.ctx, body)) : compile(opened.ctx, body);
  const shared: FunctionCode = {
    slots: fn.slots,
    simple: plain ? params.length : 0,
    bind,
    body: code,
    cost: weight(body) + params.length,
    nest: nesting(expr) + 2,
    arity: params.length,
  };
  const captures = fn.captures.map((binding) => boxOf(ctx, binding));
  return (f) => {
    const boxes = new Array(captures.length);
    for (let i = 0; i < captures.length; i++) {
      boxes[i] = (captures[i] as (f: Frame) => unknown)(f);
    }
    return new Closure(shared, f[ENV] as Closure["env"], boxes);
  };
}

function functionBody(block: Code): Code {
  return (f) => {
    f[RETURN] = undefined;
    return block(f) === RETURN_COMPLETION ? f[RETURN] : undefined;
  };
}
