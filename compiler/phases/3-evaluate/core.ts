/** Builders for Core trees, and small questions about them. */
import type * as Core from "../../../plan/core/ast.ts";
import type { Json } from "../../../plan/types.ts";

export const nameOf = (name: string, span?: Core.Span): Core.Name =>
  span ? { type: "Name", name, span } : { type: "Name", name };

export function literal(value: string | number | boolean | null | undefined): Core.Expr {
  if (value === undefined) return nameOf("undefined");
  if (typeof value !== "number") return { type: "Literal", value };
  if (Number.isNaN(value)) return nameOf("NaN");
  if (value < 0 || Object.is(value, -0)) return { type: "Unary", op: "-", arg: literal(-value) };
  if (value === Number.POSITIVE_INFINITY) return nameOf("Infinity");
  return { type: "Literal", value };
}

export function json(value: Json): Core.Expr {
  if (value === null || typeof value !== "object") return literal(value);
  if (Array.isArray(value)) return arrayOf(value.map(json));
  return objectOf(Object.entries(value).map(([key, member]) => [key, json(member as Json)]));
}

export const call = (callee: Core.Expr | string, ...args: (Core.Expr | Core.Spread)[]): Core.Call => ({
  type: "Call",
  callee: typeof callee === "string" ? nameOf(callee) : callee,
  args,
});

export const memberOf = (object: Core.Expr, property: string | Core.Expr): Core.Member => ({
  type: "Member",
  object,
  property,
});

export const arrayOf = (elements: readonly (Core.Expr | Core.Spread | null)[]): Core.ArrayExpr => ({
  type: "Array",
  elements,
});

export const objectOf = (
  props: readonly (readonly [string | Core.Expr, Core.Expr] | Core.Spread)[],
): Core.ObjectExpr => ({
  type: "Object",
  props: props.map((prop) => ("type" in prop ? prop : { type: "Property", key: prop[0], value: prop[1] })),
});

export const arrowOf = (params: readonly Core.Pattern[], body: Core.Expr | Core.Block): Core.Arrow => ({
  type: "Arrow",
  params,
  body,
});

export const logical = (op: "&&" | "||" | "??", left: Core.Expr, right: Core.Expr): Core.Logical => ({
  type: "Logical",
  op,
  left,
  right,
});

export const conditional = (test: Core.Expr, then: Core.Expr, otherwise: Core.Expr): Core.Conditional => ({
  type: "Conditional",
  test,
  then,
  else: otherwise,
});

export const binary = (op: Core.BinaryOp, left: Core.Expr, right: Core.Expr): Core.Binary => ({
  type: "Binary",
  op,
  left,
  right,
});

/** The negation of a test, in a place where only its truth counts. */
export function not(test: Core.Expr): Core.Expr {
  if (test.type === "Unary" && test.op === "!") return test.arg;
  if (test.type === "Literal") return literal(!test.value);
  if (test.type === "Binary") {
    const opposite = { "===": "!==", "!==": "===", "==": "!=", "!=": "==" } as const;
    if (test.op in opposite) return { ...test, op: opposite[test.op as keyof typeof opposite] };
  }
  return { type: "Unary", op: "!", arg: test };
}

/** A test whose double negation, if it has one, is taken off: `!!x` counts as `x`. */
export function truthOf(test: Core.Expr): Core.Expr {
  if (test.type === "Unary" && test.op === "!" && test.arg.type === "Unary" && test.arg.op === "!")
    return truthOf(test.arg.arg);
  return test;
}

/** Structural equality, blind to spans. */
export function sameExpr(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || !a || !b) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    return (
      Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((x, i) => sameExpr(x, b[i]))
    );
  }
  const left = Object.entries(a).filter(([key]) => key !== "span");
  const right = new Map(Object.entries(b).filter(([key]) => key !== "span"));
  return (
    left.length === right.size && left.every(([key, x]) => right.has(key) && sameExpr(x, right.get(key)))
  );
}

/** Whether a test says the same as another: undefined where it says neither that nor its opposite. */
export function agrees(one: Core.Expr, other: Core.Expr): boolean | undefined {
  const text = truthOf(one);
  if (sameExpr(text, other)) return true;
  return sameExpr(text, not(other)) ? false : undefined;
}

/** Whether a part of a tree is the same as another. */
export function contains(node: unknown, part: Core.Expr): boolean {
  if (typeof node !== "object" || node === null) return false;
  return sameExpr(node, part) || Object.values(node).some((inner) => contains(inner, part));
}

/** How many nodes a tree has. */
export function sizeOf(node: unknown): number {
  if (typeof node !== "object" || node === null) return 0;
  if (Array.isArray(node)) return node.reduce((sum: number, item) => sum + sizeOf(item), 0);
  let size = "type" in node ? 1 : 0;
  for (const [key, part] of Object.entries(node)) if (key !== "span") size += sizeOf(part);
  return size;
}

/** The place of an expression; made up ones have that of their first part. */
export function firstSpan(node: unknown): Core.Span | undefined {
  if (typeof node !== "object" || node === null) return undefined;
  const { span } = node as { readonly span?: Core.Span };
  if (span) return span;
  for (const part of Object.values(node)) {
    const found = firstSpan(part);
    if (found) return found;
  }
  return undefined;
}
