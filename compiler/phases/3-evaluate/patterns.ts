/** Binding a value to a pattern: every name it binds is the name of a value in the plan. */
import type * as Core from "../../../plan/core/ast.ts";
import type * as Surface from "../../surface.ts";
import { choose, factsOf, mapChoices, under } from "./choice.ts";
import { arrowOf, binary, call, literal, nameOf } from "./core.ts";
import type { LocalEnvironment } from "./env.ts";
import { evaluate } from "./evaluate.ts";
import { access } from "./member.ts";
import { named, reify } from "./reify.ts";
import { isStructural } from "./shape.ts";
import { Bail, declare, type Evaluation } from "./state.ts";
import { array, known, object, residual, type SpreadItem, UNDEFINED, type Value } from "./value.ts";

export function bind(ev: Evaluation, pattern: Surface.Pattern, value: Value, env: LocalEnvironment): void {
  switch (pattern.type) {
    case "Name":
      env.bind(pattern.name, named(ev, pattern.name, value));
      return;
    case "Member":
      throw new Bail("an assignment to a member", pattern.span);
    case "DefaultPattern":
      bind(ev, pattern.target, withDefault(ev, value, pattern, env), env);
      return;
    case "ObjectPattern":
      bindObject(ev, pattern, value, env);
      return;
    case "ArrayPattern":
      bindArray(ev, pattern, value, env);
      return;
    default: {
      const missing: never = pattern;
      throw new Error(String(missing));
    }
  }
}

function withDefault(
  ev: Evaluation,
  value: Value,
  pattern: Core.DefaultPattern<Surface.Extra>,
  env: LocalEnvironment,
): Value {
  switch (value.type) {
    case "Known":
      return value.value === undefined ? evaluate(ev, pattern.value, env) : value;
    case "Residual": {
      if (value.facts.defined) return value;
      const fallback = under(ev, null, true, () => evaluate(ev, pattern.value, env));
      const text = value.expr.type === "Name" ? value.expr : declare(ev, targetName(pattern), value.expr);
      return choose(ev, binary("===", text, literal(undefined)), fallback, residual(text, value.facts));
    }
    case "Choice":
    case "Select":
      return mapChoices(ev, value, (one) => withDefault(ev, one, pattern, env));
    default:
      return value;
  }
}

function targetName(pattern: Core.DefaultPattern<Surface.Extra>): string {
  return pattern.target.type === "Name" ? `${pattern.target.name}Given` : "given";
}

function bindObject(
  ev: Evaluation,
  pattern: Core.ObjectPattern<Surface.Extra>,
  given: Value,
  env: LocalEnvironment,
): void {
  const isCtx = given.type === "Residual" && given.expr.type === "Name";
  const value =
    given.type === "Residual" && !isCtx && pattern.props.length + (pattern.rest ? 1 : 0) > 1
      ? residual(declare(ev, objectName(given.expr), given.expr), given.facts)
      : given;
  const taken: string[] = [];
  for (const prop of pattern.props) {
    const key = typeof prop.key === "string" ? known(prop.key) : evaluate(ev, prop.key, env);
    if (key.type === "Known") taken.push(String(key.value));
    else if (pattern.rest) throw new Bail("a computed key beside a rest pattern", pattern.span);
    const span = prop.span ?? pattern.span;
    bind(ev, prop.value, access(ev, value, key, { optional: false, chain: null, span }), env);
  }
  if (pattern.rest) bind(ev, pattern.rest, restOf(ev, value, taken), env);
}

function objectName(expr: Core.Expr): string {
  let at = expr;
  while (at.type === "Call" || at.type === "Chain") at = at.type === "Call" ? at.callee : at.expr;
  if (at.type === "Member" && typeof at.property === "string") return at.property;
  return at.type === "Name" ? at.name : "object";
}

function restOf(ev: Evaluation, value: Value, taken: readonly string[]): Value {
  if (value.type === "Object") {
    return object([...value.props].filter(([key]) => !taken.includes(key)));
  }
  if (value.type === "Choice") return mapChoices(ev, value, (one) => restOf(ev, one, taken));
  if (isStructural(value)) throw new Bail("a rest pattern over structure");
  const props = taken.map((key, n) => ({ key, value: nameOf(`_${n}`) }));
  const pattern: Core.ObjectPattern = { type: "ObjectPattern", props, rest: nameOf("rest") };
  return residual(call(arrowOf([pattern], nameOf("rest")), reify(ev, value)), {
    kind: "object",
    defined: true,
  });
}

function bindArray(
  ev: Evaluation,
  pattern: Core.ArrayPattern<Surface.Extra>,
  value: Value,
  env: LocalEnvironment,
): void {
  if (value.type === "Choice" && isStructural(value))
    throw new Bail("an array pattern over a choice", pattern.span);
  if (value.type === "Array") {
    const fixed = value.items.findIndex((item) => item.type === "SpreadItem");
    const reach = pattern.elements.length;
    if (fixed === -1 || fixed >= reach) {
      pattern.elements.forEach((element, n) => {
        const item = value.items[n] as Value | undefined;
        if (element) bind(ev, element, item ?? UNDEFINED, env);
      });
      if (pattern.rest)
        bind(ev, pattern.rest, array(value.items.slice(reach) as (Value | SpreadItem)[]), env);
      return;
    }
  }
  if (isStructural(value)) throw new Bail("an array pattern over structure", pattern.span);
  const isArray = factsOf(value).kind === "array";
  const source = reify(ev, value);
  const whole = source.type === "Name" ? source : isArray ? declare(ev, "items", source) : source;
  if (isArray) {
    pattern.elements.forEach((element, n) => {
      const item: Core.Expr = { type: "Member", object: whole, property: literal(n) };
      if (element) bind(ev, element, residual(item), env);
    });
    if (pattern.rest) {
      const rest = call(
        { type: "Member", object: whole, property: "slice" },
        literal(pattern.elements.length),
      );
      bind(ev, pattern.rest, residual(rest, { kind: "array", defined: true }), env);
    }
    return;
  }
  // Any iterable may stand here: let Core's own destructuring read it once, and index the copy.
  const copy = declare(ev, "items", { type: "Array", elements: [{ type: "Spread", arg: whole }] });
  bindArray(ev, pattern, residual(copy, { kind: "array", defined: true }), env);
}
