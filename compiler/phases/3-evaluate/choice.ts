/** Values that the run chooses between, and what is known on the way into a branch. */
import type * as Core from "../../../plan/core/ast.ts";
import { amongOf, either } from "./among.ts";
import { conditional, literal, not, sameExpr, truthOf } from "./core.ts";
import { holdsSchema, poisonText, reify } from "./reify.ts";
import { isStructural, truth } from "./shape.ts";
import { type Evaluation, report, underCondition } from "./state.ts";
import { type Facts, residual, type Value } from "./value.ts";

/** One of two values, as tight as it can be written. */
export function choose(ev: Evaluation, test: Core.Expr, then: Value, otherwise: Value): Value {
  if (then === otherwise) return then;
  if (then.type === "Known" && otherwise.type === "Known" && Object.is(then.value, otherwise.value))
    return then;
  if (then.type === "Poison" && !isStructural(otherwise)) return then;
  if (otherwise.type === "Poison" && !isStructural(then)) return otherwise;
  const decided = decidedBy(ev, test);
  if (decided !== undefined) return decided ? then : otherwise;
  if (keptApart(then) || keptApart(otherwise)) return { type: "Choice", test, then, else: otherwise };
  if (then.type === "Fail" || otherwise.type === "Fail")
    return { type: "Choice", test, then, else: otherwise };
  if (ev.scope === ev.moduleScope && (holdsSchema(then) || holdsSchema(otherwise)))
    return chosenSchema(ev, test, then, otherwise);
  const a = factsOf(then);
  const b = factsOf(otherwise);
  const facts: Facts = {
    ...(a.kind && a.kind === b.kind && { kind: a.kind }),
    ...(a.defined && b.defined && { defined: true as const }),
    ...(a.keys && b.keys && { keys: [...new Set([...a.keys, ...b.keys])] }),
    ...either(amongOf(then), amongOf(otherwise)),
  };
  return residual(conditional(test, reify(ev, then), reify(ev, otherwise)), facts);
}

/** The plan holds one schema a table, with which every run parses. */
function chosenSchema(ev: Evaluation, test: Core.Expr, then: Value, otherwise: Value): Value {
  const at = [then, otherwise].find((x) => "span" in x && x.span);
  return report(
    ev,
    "SM601",
    at && "span" in at ? at.span : test.span,
    "which schema this is depends on what only the run knows, and a plan has one schema for all its runs",
    "Write one schema that takes both: z.union([…]), an optional field, or one table for each.",
  );
}

/** Values whose alternatives stay apart: structure, and functions, which a task may run as code. */
export const keptApart = (value: Value): boolean => value.type === "Closure" || isStructural(value);

/** What is known of a value as facts. */
export function factsOf(value: Value): Facts {
  switch (value.type) {
    case "Residual":
      return value.facts;
    case "Known": {
      const kind = typeof value.value;
      if (kind === "string" || kind === "number" || kind === "boolean") return { kind, defined: true };
      return {};
    }
    case "Array":
      return { kind: "array", defined: true };
    case "Object":
      return { kind: "object", defined: true, keys: [...value.props.keys()] };
    default:
      return {};
  }
}

/** Core text that is truthy exactly where the value is. */
export function testOf(ev: Evaluation, value: Value): Core.Expr {
  if (value.type === "Poison") return poisonText(ev);
  const holds = truth(value);
  if (holds !== undefined) return literal(holds);
  if (value.type === "Choice" && isStructural(value)) {
    const then = truth(value.then);
    const otherwise = truth(value.else);
    if (then === true && otherwise === false) return value.test;
    if (then === false && otherwise === true) return not(value.test);
    return conditional(value.test, testOf(ev, value.then), testOf(ev, value.else));
  }
  if (value.type === "Select" && isStructural(value)) {
    const cases = value.cases.filter((x) => truth(x.value) === true).map((x) => literal(x.key));
    if (value.cases.every((x) => truth(x.value) !== undefined) && truth(value.other) === false) {
      const key: Core.Expr = { type: "Call", callee: { type: "Name", name: "String" }, args: [value.key] };
      return {
        type: "Call",
        callee: { type: "Member", object: { type: "Array", elements: cases }, property: "includes" },
        args: [key],
      };
    }
  }
  return truthOf(reify(ev, value));
}

/** Runs `body` inside a branch: its test is known to hold, or not to. */
export function under<T>(ev: Evaluation, test: Core.Expr | null, holds: boolean, body: () => T): T {
  if (!test) return underCondition(ev, body);
  ev.path.push({ test, holds });
  try {
    return underCondition(ev, body);
  } finally {
    ev.path.pop();
  }
}

/** What the branches around an expression say of a test. */
export function decidedBy(ev: Evaluation, test: Core.Expr): boolean | undefined {
  if (test.type === "Literal") return Boolean(test.value);
  for (let n = ev.path.length - 1; n >= 0; n--) {
    const step = ev.path[n]!;
    if (sameExpr(step.test, test)) return step.holds;
    if (sameExpr(step.test, not(test))) return !step.holds;
  }
  return undefined;
}

/** The value as the branches around it leave it. */
export function refine(ev: Evaluation, value: Value): Value {
  if (value.type !== "Choice" || ev.path.length === 0) return value;
  const decided = decidedBy(ev, value.test);
  if (decided === undefined) return value;
  return refine(ev, decided ? value.then : value.else);
}

/** Applies `body` to each of the values that the run chooses between. */
export function mapChoices(ev: Evaluation, value: Value, body: (one: Value) => Value): Value {
  if (value.type === "Choice") {
    return choose(
      ev,
      value.test,
      under(ev, value.test, true, () => mapChoices(ev, value.then, body)),
      under(ev, value.test, false, () => mapChoices(ev, value.else, body)),
    );
  }
  if (value.type === "Select") {
    const cases = value.cases.map((x) => ({
      key: x.key,
      value: under(ev, null, true, () => mapChoices(ev, x.value, body)),
    }));
    const other = under(ev, null, true, () => mapChoices(ev, value.other, body));
    return { type: "Select", key: value.key, cases, other };
  }
  return body(value);
}
