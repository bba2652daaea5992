/** What the text of a Zod construction shows without building it. */
import type * as Core from "../../../plan/core/ast.ts";
import { CONSTRUCTORS, GROUPS, METHODS, REFUSED } from "../../../plan/zod/index.ts";

export const isZ = (expr: Core.Expr): boolean => expr.type === "Name" && expr.name === "z";

/**
 * True for a text that can only stand for a schema, and for `z` itself: an object, so neither false nor a text. A call
 * such as `.isOptional()` and a member such as `._def` may be anything.
 */
export function isSchemaText(expr: Core.Expr): boolean {
  if (isZ(expr)) return true;
  if (expr.type === "Member") return ofShape(expr);
  if (expr.type !== "Call" || expr.callee.type !== "Member") return false;
  const { object, property } = expr.callee;
  if (typeof property !== "string") return false;
  if (isZ(object)) return CONSTRUCTORS.has(property) || REFUSED.has(property);
  if (object.type === "Member" && isZ(object.object)) {
    const group = typeof object.property === "string" ? GROUPS.get(object.property) : undefined;
    if (group) return true;
  }
  return METHODS.has(property);
}

/** `.shape.a`, `.options[1]`: written by us for what was found there. */
function ofShape({ object }: Core.Member): boolean {
  return object.type === "Member" && (object.property === "shape" || object.property === "options");
}
