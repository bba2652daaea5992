/** Unary and binary operators on abstract values: folded on known primitives by the host's own operators. */
import type * as Core from "../../../plan/core/ast.ts";
import type * as Surface from "../../surface.ts";
import { agentHas } from "./agent-members.ts";
import { mapChoices, testOf } from "./choice.ts";
import { not } from "./core.ts";
import { evaluate } from "./evaluate.ts";
import { reify } from "./reify.ts";
import { isStructural, nullish, truth, typeOf } from "./shape.ts";
import { Bail, type Evaluation } from "./state.ts";
import { type Environment, type Facts, type Known, known, POISON, residual, type Value } from "./value.ts";

export function evaluateUnary(ev: Evaluation, node: Core.Unary<Surface.Extra>, env: Environment): Value {
  if (node.op === "delete") throw new Bail("a property is deleted", node.span);
  const arg = evaluate(ev, node.arg, env);
  if (arg.type === "Poison") return POISON;
  if (node.op === "typeof") {
    const kind = typeOf(arg);
    if (kind) return known(kind);
    if (isStructural(arg)) return mapChoices(ev, arg, (one) => known(typeOf(one) ?? unknownKind()));
    return residual({ ...node, arg: reify(ev, arg) }, { kind: "string", defined: true });
  }
  if (node.op === "!") {
    const holds = truth(arg);
    if (holds !== undefined) return known(!holds);
    const test = isStructural(arg) ? testOf(ev, arg) : reify(ev, arg);
    if (test.type === "Unary" && test.op === "!" && test.arg.type !== "Unary")
      return residual({ type: "Unary", op: "!", arg: test }, { kind: "boolean", defined: true });
    const text = test.type === "Binary" ? not(test) : { type: "Unary" as const, op: "!" as const, arg: test };
    return residual(text, { kind: "boolean", defined: true });
  }
  if (node.op === "void") return known(undefined);
  if (arg.type === "Known") return known(foldUnary(node.op, arg.value));
  return residual({ ...node, arg: reify(ev, arg) }, { kind: "number", defined: true });
}

function unknownKind(): never {
  throw new Bail("the kind of a value is not known");
}

function foldUnary(op: "-" | "+" | "~", value: Known["value"]): number {
  switch (op) {
    case "-":
      return -(value as number);
    case "+":
      return Number(value);
    case "~":
      return ~(value as number);
    default: {
      const missing: never = op;
      return missing;
    }
  }
}

const COMPARISONS: ReadonlySet<Core.BinaryOp> = new Set([
  "==",
  "!=",
  "===",
  "!==",
  "<",
  "<=",
  ">",
  ">=",
  "in",
  "instanceof",
]);

export function evaluateBinary(
  ev: Evaluation,
  node: Core.Binary<Surface.Extra>,
  left: Value,
  right: Value,
): Value {
  if (left.type === "Poison" || right.type === "Poison") {
    if (left.type === right.type || isStructural(left) || isStructural(right)) return POISON;
    return residual({ ...node, left: reify(ev, left), right: reify(ev, right) });
  }
  const { op } = node;
  if (left.type === "Known" && right.type === "Known" && op !== "in" && op !== "instanceof")
    return known(foldBinary(op, left.value, right.value));
  if (op === "===" || op === "!==" || op === "==" || op === "!=") {
    const same = equality(left, right, op.length === 3);
    if (same !== undefined) return known(op.startsWith("=") ? same : !same);
  }
  if (op === "in" && right.type === "Object" && left.type === "Known")
    return known(right.props.has(String(left.value)));
  if (op === "in" && right.type === "Instance" && left.type === "Known") {
    const has = agentHas(right, String(left.value));
    if (has !== undefined) return known(has);
  }
  if (isStructural(left)) {
    if (left.type === "Choice" || left.type === "Select")
      return mapChoices(ev, left, (one) => evaluateBinary(ev, node, one, right));
    throw new Bail(`'${op}' on structure`, node.span);
  }
  if (isStructural(right)) {
    if (right.type === "Choice" || right.type === "Select")
      return mapChoices(ev, right, (one) => evaluateBinary(ev, node, left, one));
    throw new Bail(`'${op}' on structure`, node.span);
  }
  return residual(
    { ...node, left: reify(ev, left), right: reify(ev, right) },
    factsOfBinary(op, left, right),
  );
}

function factsOfBinary(op: Core.BinaryOp, left: Value, right: Value): Facts {
  if (COMPARISONS.has(op)) return { kind: "boolean", defined: true };
  if (op !== "+") return { kind: "number", defined: true };
  const isString = (value: Value): boolean =>
    (value.type === "Known" && typeof value.value === "string") ||
    (value.type === "Residual" && value.facts.kind === "string" && value.facts.defined === true);
  const isNumber = (value: Value): boolean =>
    (value.type === "Known" && typeof value.value === "number") ||
    (value.type === "Residual" && value.facts.kind === "number" && value.facts.defined === true);
  if (isString(left) || isString(right)) return { kind: "string", defined: true };
  if (isNumber(left) && isNumber(right)) return { kind: "number", defined: true };
  return {};
}

/** Whether two values are equal, where that is known without the run. */
function equality(left: Value, right: Value, strict: boolean): boolean | undefined {
  const none = [nullish(left), nullish(right)];
  const isNull = (value: Value): boolean => value.type === "Known" && (value.value ?? null) === null;
  if (isNull(left) || isNull(right)) {
    const other = isNull(left) ? none[1] : none[0];
    if (other === false) return false;
    if (other === true && !strict) return true;
    return undefined;
  }
  const opaque = (value: Value): boolean =>
    value.type === "Element" ||
    value.type === "Component" ||
    value.type === "Table" ||
    value.type === "Prompt";
  if (strict && opaque(left) && opaque(right)) {
    if (left.type !== right.type) return false;
    if (left.type === "Component" && right.type === "Component") return left.name === right.name;
    if (left.type === "Table" && right.type === "Table") return left.name === right.name;
    return left === right ? true : undefined;
  }
  const kinds = [typeOf(left), typeOf(right)];
  if (strict && kinds[0] && kinds[1] && kinds[0] !== kinds[1]) return false;
  return undefined;
}

function foldBinary(
  op: Exclude<Core.BinaryOp, "in" | "instanceof">,
  a: Known["value"],
  b: Known["value"],
): Known["value"] {
  const x = a as number;
  const y = b as number;
  switch (op) {
    case "+":
      return x + y;
    case "-":
      return x - y;
    case "*":
      return x * y;
    case "/":
      return x / y;
    case "%":
      return x % y;
    case "**":
      return x ** y;
    case "==":
      // biome-ignore lint/suspicious/noDoubleEquals: folds the program's own operator
      return a == b;
    case "!=":
      // biome-ignore lint/suspicious/noDoubleEquals: folds the program's own operator
      return a != b;
    case "===":
      return a === b;
    case "!==":
      return a !== b;
    case "<":
      return x < y;
    case "<=":
      return x <= y;
    case ">":
      return x > y;
    case ">=":
      return x >= y;
    case "&":
      return x & y;
    case "|":
      return x | y;
    case "^":
      return x ^ y;
    case "<<":
      return x << y;
    case ">>":
      return x >> y;
    case ">>>":
      return x >>> y;
    default: {
      const missing: never = op;
      return missing;
    }
  }
}
