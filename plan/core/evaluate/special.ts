import type { Call } from "../ast.ts";
import { isHostName } from "../host.ts";
import { Demand, Handle, type Outcome, Pending, type Value } from "../values.ts";
import { compileArgs, keyCode } from "./calls.ts";
import { toKey } from "./coerce.ts";
import type { Context } from "./context.ts";
import { handleError, Thrown } from "./errors.ts";
import { type Code, envOf, evaluationOf, type Frame } from "./evaluation.ts";
import { compile } from "./expressions.ts";
import { guardKey } from "./keys.ts";
import { thrownError } from "./outcome.ts";
import { copyInto } from "./properties.ts";
import { promptText } from "./text.ts";

type Args = Call["args"];

/**
 * Runs code and keeps how it ended. A Demand is nobody's outcome: it unwinds to whoever drives the evaluation. Inside a
 * `try` an error is no outcome either: it belongs to the handler, as where the element is made in JavaScript.
 */
function capture(f: Frame, code: Code): Outcome {
  const ev = evaluationOf(f);
  const { depth } = ev;
  try {
    return { kind: "value", value: code(f) };
  } catch (error) {
    ev.depth = depth;
    ev.spend(500);
    if (error instanceof Pending) {
      return { kind: "pending", cell: error.cell };
    }
    const failure = thrownError(error);
    // out of fuel is the whole evaluation's failure, not this argument's
    if (error instanceof Demand || failure === undefined || ev.fuel < 0) {
      throw error;
    }
    if (ev.trying > 0 && error instanceof Thrown) {
      throw error;
    }
    return { kind: "error", error: failure };
  }
}

/** `site('key', { field: expr, … }, children?)`: each field is kept as its outcome. */
function compileSite(ctx: Context, args: Args): Code {
  const [id, fields, children] = args;
  if (id === undefined || id.type === "Spread" || args.length > 3 || children?.type === "Spread") {
    return () => handleError("site() takes a key, its fields and its children");
  }
  const idCode = compile(ctx, id);
  const fieldsCode = fields === undefined ? undefined : compileFields(ctx, fields);
  const childrenCode = children === undefined ? undefined : compile(ctx, children);
  return (f) => {
    const key = idCode(f);
    if (typeof key !== "string") {
      return handleError("site() takes the key of a node of the plan");
    }
    return new Handle("site", key, fieldsCode?.(f) ?? {}, childrenCode?.(f));
  };
}

type Outcomes = Record<string, Outcome>;

function compileFields(ctx: Context, fields: Args[number]): (f: Frame) => Outcomes {
  if (fields.type !== "Object") {
    return () => handleError("site() takes its fields as an object literal");
  }
  const steps = fields.props.map((prop): ((f: Frame, out: Outcomes) => void) => {
    if (prop.type === "Spread") {
      const code = compile(ctx, prop.arg);
      return (f, out) => {
        const own: Record<string, Value> = {};
        copyInto(evaluationOf(f), code(f), own);
        for (const [key, value] of Object.entries(own)) {
          out[key] = { kind: "value", value };
        }
      };
    }
    const key = keyCode(ctx, prop.key);
    const code = compile(ctx, prop.value);
    return (f, out) => {
      const name = toKey(evaluationOf(f), key(f));
      guardKey(name);
      out[name] = capture(f, code);
    };
  });
  return (f) => {
    const out: Outcomes = {};
    for (const step of steps) {
      step(f, out);
    }
    return out;
  };
}

/** `text(...parts)`: the text of a prompt. */
function compileText(ctx: Context, args: Args): Code {
  const parts = compileArgs(ctx, args);
  return (f) => promptText(evaluationOf(f), parts(f), envOf(f));
}

/** `host('name')`: a value of the machine, as it was when the run began. */
function compileHost(_ctx: Context, args: Args): Code {
  const [name] = args;
  if (args.length !== 1 || name?.type !== "Literal" || typeof name.value !== "string") {
    return () => handleError("host() takes the name of a host value");
  }
  const { value } = name;
  if (!isHostName(value)) {
    return () => handleError(`host() knows no '${value}'`);
  }
  return (f) => envOf(f).name(`host:${value}`, evaluationOf(f).reader);
}

/** What looks like a call and is not: names that stand for a form of their own. */
export const SPECIAL_FORMS: ReadonlyMap<string, (ctx: Context, args: Args) => Code> = new Map([
  ["host", compileHost],
  ["site", compileSite],
  ["text", compileText],
]);
