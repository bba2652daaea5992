/** Small questions about types and the expressions that give them. */
import type * as Core from "../../../plan/core/ast.ts";
import { isContext as isContextText } from "../../../plan/core/index.ts";
import type { Span } from "../../surface.ts";
import { anyField, holdsAgent } from "./agents-as-data.ts";
import { itemOf, onlyKind } from "./methods.ts";
import type { Names } from "./names.ts";
import { hull, LENGTHS } from "./ranges.ts";
import { orUndefined, present, spanOf, type Type, typeOf } from "./types.ts";

export function lengthOf(type: Type): Type {
  const range = present(type)!
    .alternatives.map((one) => spanOf(one) ?? LENGTHS)
    .reduce((all, one) => hull(all, one)!);
  return { ...typeOf(`the length of ${type.of}`, { kind: "number", values: null, range }), told: type.told };
}

/** Whether a value is text in every run. */
export function isText(type: Type | null): boolean {
  return (
    type !== null && type.alternatives.length > 0 && type.alternatives.every(({ kind }) => kind === "string")
  );
}

/** What stands at a computed place of a list, or of a record without names of its own. */
export function elementOf(type: Type | null): Type | null {
  if (onlyKind(type) === "array") return orUndefined(itemOf(type));
  const [one, ...more] = present(type)?.alternatives ?? [];
  // Of tables nothing is said but where their agents are.
  if (one?.kind === "object" && one.fields.size > 0)
    return more.length === 0 && holdsAgent(type, 0) ? orUndefined(anyField(one.fields)) : null;
  return one?.kind === "object" && more.length === 0 && one.fields.size === 0 ? (one.rest ?? null) : null;
}

export function isJsonText(callee: Core.Expr): boolean {
  return (
    callee.type === "Member" &&
    callee.property === "stringify" &&
    callee.object.type === "Name" &&
    callee.object.name === "JSON"
  );
}

export function isContext(expr: Core.Expr, names: Names): boolean {
  return isContextText(expr) && names.get("ctx") === undefined;
}

/** Equal as far as a pass needs to know. */
export function same(a: Type | null, b: Type | null): boolean {
  if (!a || !b) return a === b;
  return a.alternatives.length === b.alternatives.length;
}

/** The place of the name behind the dot: it ends where the member does. */
export function nameSpan(member: Core.Member): Span | undefined {
  const { span, property } = member;
  if (!span || typeof property !== "string") return undefined;
  return { ...span, start: Math.max(span.start, span.end - property.length) };
}
