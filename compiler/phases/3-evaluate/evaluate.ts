/** Expressions of the source → abstract values, while `ctx` is unknown. */
import type * as Core from "../../../plan/core/ast.ts";
import type * as Surface from "../../surface.ts";
import { freshListAsTest } from "./always-true.ts";
import { amongLogical, amongOf, either } from "./among.ts";
import { evaluateCall, evaluateNew } from "./calls.ts";
import { choose, factsOf, keptApart, refine, testOf, under } from "./choice.ts";
import { classValue } from "./class-value.ts";
import { conditional } from "./core.ts";
import { evaluateElement } from "./elements.ts";
import { CyclicBinding } from "./env.ts";
import { globalValue } from "./globals.ts";
import { evaluateMember } from "./member.ts";
import { evaluateBinary, evaluateUnary } from "./operators.ts";
import { holdsSchema, reify } from "./reify.ts";
import { isStructural, nullish, touchesElements, truth } from "./shape.ts";
import { Bail, type Evaluation, report, spend } from "./state.ts";
import {
  array,
  type Environment,
  known,
  lookup,
  POISON,
  residual,
  type SpreadItem,
  UNDEFINED,
  type Value,
} from "./value.ts";

/** How an optional chain is read: `null` outside of one. With `guards` the tests are collected and the rest is read as if they held. */
export interface ChainMode {
  readonly guards: Core.Expr[] | null;
}

/** What a chain gives where it was cut short. */
export const CUT: Value = { type: "Known", value: undefined };

export function evaluate(
  ev: Evaluation,
  node: Surface.Expr,
  env: Environment,
  chain: ChainMode | null = null,
): Value {
  spend(ev, node.span);
  switch (node.type) {
    case "Literal":
      return known(node.value);
    case "Regex":
      return residual(node, { kind: "object", defined: true });
    case "Template":
      return evaluateTemplate(ev, node, env);
    case "Name":
      return evaluateName(ev, node, env);
    case "Array":
      return evaluateArray(ev, node, env);
    case "Object":
      return evaluateObject(ev, node, env);
    case "Arrow":
      return { type: "Closure", arrow: node, env, home: ev.scope === ev.moduleScope ? null : ev.scope };
    case "Func":
      return node.name
        ? { type: "Code", func: node, env, name: node.name }
        : { type: "Code", func: node, env };
    case "Class":
      return classValue(ev, node, env);
    case "Element":
      return evaluateElement(ev, node, env);
    case "Unary":
      return evaluateUnary(ev, node, env);
    case "Binary":
      return evaluateBinary(ev, node, evaluate(ev, node.left, env), evaluate(ev, node.right, env));
    case "Logical":
      return evaluateLogical(ev, node, env);
    case "Conditional":
      return evaluateConditional(ev, node, env);
    case "Chain":
      return evaluateChain(ev, node, env);
    case "Member":
      return evaluateMember(ev, node, env, chain);
    case "Call":
      return evaluateCall(ev, node, env, chain);
    case "New":
    case "Construct":
      return evaluateNew(ev, node, env);
    case "Comma": {
      let last: Value = UNDEFINED;
      for (const part of node.exprs) last = evaluate(ev, part, env);
      return last;
    }
    case "Assign":
    case "Update":
      throw new Bail("an assignment inside an expression", node.span);
    case "Foreign":
      return report(
        ev,
        "SM103",
        node.span,
        `${node.what} can't be used while the workflow is rendered`,
        "Use plain functions and objects, or move it into a compute task.",
      );
    default: {
      const missing: never = node;
      return missing;
    }
  }
}

function evaluateName(ev: Evaluation, node: Core.Name, env: Environment): Value {
  try {
    const found = lookup(env, node.name);
    if (!found) return globalValue(ev, node.name, env, node.span);
    return refine(ev, found.value);
  } catch (error) {
    if (!(error instanceof CyclicBinding)) throw error;
    return report(ev, "SM103", node.span, error.message, "Move the declaration before its first use.");
  }
}

function evaluateTemplate(ev: Evaluation, node: Core.Template<Surface.Extra>, env: Environment): Value {
  const quasis: string[] = [node.quasis[0] ?? ""];
  const exprs: Core.Expr[] = [];
  node.exprs.forEach((part, n) => {
    const value = evaluate(ev, part, env);
    const after = node.quasis[n + 1] ?? "";
    if (value.type === "Known") {
      quasis[quasis.length - 1] += `${String(value.value)}${after}`;
    } else {
      const expr = reify(ev, value);
      if (expr.type === "Template") {
        quasis[quasis.length - 1] += expr.quasis[0] ?? "";
        expr.exprs.forEach((x, i) => {
          exprs.push(x);
          quasis.push(expr.quasis[i + 1] ?? "");
        });
        quasis[quasis.length - 1] += after;
      } else {
        exprs.push(expr);
        quasis.push(after);
      }
    }
  });
  if (exprs.length === 0) return known(quasis[0] ?? "");
  const span = node.span && { span: node.span };
  return residual({ type: "Template", quasis, exprs, ...span }, { kind: "string", defined: true });
}

/** Members of a list: literals, and spreads whose members are known. */
export function evaluateItems(
  ev: Evaluation,
  nodes: readonly (Surface.Expr | Core.Spread<Surface.Extra> | null)[],
  env: Environment,
): (Value | SpreadItem)[] {
  const items: (Value | SpreadItem)[] = [];
  for (const node of nodes) {
    if (node === null) throw new Bail("a hole in an array");
    if (node.type !== "Spread") {
      items.push(evaluate(ev, node, env));
      continue;
    }
    const value = evaluate(ev, node.arg, env);
    if (value.type === "Array") items.push(...value.items);
    else items.push({ type: "SpreadItem", value });
  }
  return items;
}

function evaluateArray(ev: Evaluation, node: Core.ArrayExpr<Surface.Extra>, env: Environment): Value {
  const items = evaluateItems(ev, node.elements, env);
  return array(items);
}

function evaluateObject(ev: Evaluation, node: Core.ObjectExpr<Surface.Extra>, env: Environment): Value {
  let props = new Map<string, Value>();
  for (const prop of node.props) {
    if (prop.type === "Spread") {
      const value = evaluate(ev, prop.arg, env);
      const merged = spreadInto(ev, props, value);
      if (!merged) return opaqueObject(ev, node, env);
      props = merged;
      continue;
    }
    let key: string;
    if (typeof prop.key === "string") key = prop.key;
    else {
      const computed = evaluate(ev, prop.key, env);
      if (computed.type !== "Known") return opaqueObject(ev, node, env);
      key = String(computed.value);
    }
    const value = propertyValue(ev, key, prop.value, env);
    props.delete(key);
    props.set(key, value);
  }
  const span = node.span && { span: node.span };
  return { type: "Object", props, ...span };
}

/** A getter is kept as one: schemas read the getters of their shapes late. */
function propertyValue(ev: Evaluation, name: string, node: Surface.Expr, env: Environment): Value {
  if (node.type !== "Foreign" || !node.getter) return evaluate(ev, node, env);
  const home = ev.scope === ev.moduleScope ? null : ev.scope;
  return { type: "Closure", arrow: node.getter, env, home, name, getter: true };
}

/** An object whose keys only the run knows: data, or else not structural at all. */
function opaqueObject(ev: Evaluation, node: Core.ObjectExpr<Surface.Extra>, env: Environment): Value {
  const parts = node.props.map((prop): Core.Property | Core.Spread => {
    if (prop.type === "Spread") return { ...prop, arg: reify(ev, evaluate(ev, prop.arg, env)) };
    const key = typeof prop.key === "string" ? prop.key : reify(ev, evaluate(ev, prop.key, env));
    return { ...prop, key, value: reify(ev, evaluate(ev, prop.value, env)) };
  });
  return residual({ ...node, props: parts }, { kind: "object", defined: true });
}

/** `{ ...props, ...value }` where the keys of `value` are known; undefined where they are not. */
export function spreadInto(
  ev: Evaluation,
  props: ReadonlyMap<string, Value>,
  value: Value,
): Map<string, Value> | undefined {
  switch (value.type) {
    case "Object": {
      const result = new Map(props);
      for (const [key, member] of value.props) result.set(key, member);
      return result;
    }
    case "Known":
      return typeof value.value === "string" ? undefined : new Map(props);
    case "Choice": {
      if (!isStructural(value)) return undefined;
      const then = spreadInto(ev, props, value.then);
      const otherwise = spreadInto(ev, props, value.else);
      if (!then || !otherwise) return undefined;
      // a key that only one side brings would be there, undefined, on both: its absence shows in Object.keys and `in`
      if ([...then.keys()].join() !== [...otherwise.keys()].join()) return undefined;
      return new Map(
        [...then].map(([key, x]) => [key, choose(ev, value.test, x, otherwise.get(key) ?? UNDEFINED)]),
      );
    }
    default:
      return undefined;
  }
}

function evaluateLogical(ev: Evaluation, node: Core.Logical<Surface.Extra>, env: Environment): Value {
  const left = evaluate(ev, node.left, env);
  if (node.op === "??") {
    const none = nullish(left);
    if (none === true) return evaluate(ev, node.right, env);
    if (none === false) return left;
    const right = under(ev, null, false, () => evaluate(ev, node.right, env));
    return join(ev, node, left, right);
  }
  const holds = truth(left);
  if (holds === true && node.op === "&&") freshListAsTest(ev, left, node.left.span);
  if (holds !== undefined) return (node.op === "&&") === holds ? evaluate(ev, node.right, env) : left;
  const test = testOf(ev, left);
  const right = under(ev, test, node.op === "&&", () =>
    evaluate(ev, node.right, refineEnv(ev, node.left, env, node.op === "&&")),
  );
  return join(ev, node, left, right);
}

function join(ev: Evaluation, node: Core.Logical<Surface.Extra>, left: Value, right: Value): Value {
  if (right.type === "Poison" && !isStructural(left)) return POISON;
  if (left.type === "Choice" && isStructural(left)) {
    return choose(
      ev,
      left.test,
      joinKnown(ev, node, left.then, right),
      joinKnown(ev, node, left.else, right),
    );
  }
  if (left.type === "Select") {
    const cases = left.cases.map((x) => ({ key: x.key, value: joinKnown(ev, node, x.value, right) }));
    return { ...left, cases, other: joinKnown(ev, node, left.other, right) };
  }
  const text = reify(ev, left);
  if (!keptApart(right)) {
    const shared = node.op === "&&" ? keysOnly(right) : sharedFacts(left, right);
    const facts = { ...shared, ...amongLogical(node.op, left, right) };
    return residual({ type: "Logical", op: node.op, left: text, right: reify(ev, right) }, facts);
  }
  const value = residual(text, factsOf(left));
  if (node.op === "&&") return choose(ev, placed(testOf(ev, left), node.left.span), right, value);
  if (node.op === "||") return choose(ev, placed(testOf(ev, left), node.left.span), value, right);
  return choose(
    ev,
    { type: "Binary", op: "!=", left: text, right: { type: "Literal", value: null } },
    value,
    right,
  );
}

/** A condition with its place: the name of a value has none of its own. */
function placed(test: Core.Expr, span: Core.Span | undefined): Core.Expr {
  return test.span || !span ? test : { ...test, span };
}

function joinKnown(ev: Evaluation, node: Core.Logical<Surface.Extra>, left: Value, right: Value): Value {
  if (left.type === "Fail") return left;
  const decided = node.op === "??" ? nullish(left) : truth(left);
  if (decided === undefined) return join(ev, node, left, right);
  const takesRight = node.op === "||" ? !decided : decided;
  return takesRight ? right : left;
}

function evaluateConditional(ev: Evaluation, node: Core.Conditional<Surface.Extra>, env: Environment): Value {
  const test = evaluate(ev, node.test, env);
  const holds = truth(test);
  if (holds === true) freshListAsTest(ev, test, node.test.span);
  if (holds !== undefined) return evaluate(ev, holds ? node.then : node.else, env);
  const text = testOf(ev, test);
  const then = under(ev, text, true, () => evaluate(ev, node.then, refineEnv(ev, node.test, env, true)));
  const otherwise = under(ev, text, false, () =>
    evaluate(ev, node.else, refineEnv(ev, node.test, env, false)),
  );
  if (keptApart(then) || keptApart(otherwise) || holdsSchema(then) || holdsSchema(otherwise))
    return choose(ev, placed(text, node.test.span), then, otherwise);
  return residual(conditional(reify(ev, test), reify(ev, then), reify(ev, otherwise)), {
    ...sharedFacts(then, otherwise),
    ...either(amongOf(then), amongOf(otherwise)),
  });
}

/** `x && { a }` spreads only what the object holds: a falsy `x` has no properties. */
function keysOnly(value: Value): ReturnType<typeof factsOf> {
  const { keys } = factsOf(value);
  return keys ? { keys } : {};
}

function sharedFacts(a: Value, b: Value): ReturnType<typeof factsOf> {
  const left = factsOf(a);
  const right = factsOf(b);
  return {
    ...(left.kind && left.kind === right.kind && { kind: left.kind }),
    ...(left.defined && right.defined && { defined: true as const }),
    ...(left.keys && right.keys && { keys: [...new Set([...left.keys, ...right.keys])] }),
  };
}

/** Inside a branch a name whose value is one of several loses those that the test excludes. */
export function refineEnv(ev: Evaluation, test: Surface.Expr, env: Environment, holds: boolean): Environment {
  if (test.type === "Unary" && test.op === "!") return refineEnv(ev, test.arg, env, !holds);
  if (test.type === "Logical" && ((test.op === "&&" && holds) || (test.op === "||" && !holds)))
    return refineEnv(ev, test.right, refineEnv(ev, test.left, env, holds), holds);
  if (test.type !== "Name") return env;
  const value = lookup(env, test.name)?.value;
  if (!value || (value.type !== "Choice" && value.type !== "Select")) return env;
  const narrowed = narrow(value, holds);
  if (!narrowed || narrowed === value) return env;
  return { parent: env, module: null, own: (name) => (name === test.name ? narrowed : undefined) };
}

function narrow(value: Value, holds: boolean): Value | null {
  if (value.type === "Choice") {
    const then = narrow(value.then, holds);
    const otherwise = narrow(value.else, holds);
    if (!then) return otherwise;
    if (!otherwise) return then;
    return { ...value, then, else: otherwise };
  }
  if (value.type === "Select") {
    const cases = value.cases.filter((x) => truth(x.value) !== !holds);
    const other: Value =
      truth(value.other) === !holds
        ? { type: "Fail", message: { type: "Literal", value: "no case of the table" } }
        : value.other;
    return { ...value, cases, other };
  }
  const known = truth(value);
  return known === undefined || known === holds ? value : null;
}

function evaluateChain(ev: Evaluation, node: Core.Chain<Surface.Extra>, env: Environment): Value {
  const structural = touchesElements(node, env, new Set());
  const guards: Core.Expr[] | null = structural ? [] : null;
  const value = evaluate(ev, node.expr, env, { guards });
  if (!guards) {
    if (value.type !== "Residual") return value;
    return residual(wrapChain(value.expr), amongOf(value));
  }
  let result = value;
  for (const guard of guards.reverse()) {
    const test: Core.Expr = {
      type: "Binary",
      op: "!=",
      left: guard,
      right: { type: "Literal", value: null },
    };
    result = choose(ev, test, result, UNDEFINED);
  }
  return result;
}

/** The extent of a chain is closed where anything optional is left in it. */
function wrapChain(expr: Core.Expr): Core.Expr {
  let at: Core.Expr = expr;
  while (at.type === "Member" || at.type === "Call") {
    if (at.optional) return { type: "Chain", expr };
    at = at.type === "Member" ? at.object : at.callee;
  }
  return expr;
}
