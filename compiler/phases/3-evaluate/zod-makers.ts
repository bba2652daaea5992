/** Which functions of the source make schemas. */
import type * as Core from "../../../plan/core/ast.ts";
import { unlessOpen } from "./env.ts";
import { touchesElements } from "./shape.ts";
import { type Closure, type Environment, lookup, type Value } from "./value.ts";

/** True for a function that mentions schemas, by itself or through helpers, and no elements. */
export function makesSchemas(closure: Closure): boolean {
  return (
    mentions(closure.arrow, closure.env, new Set()) && !touchesElements(closure.arrow, closure.env, new Set())
  );
}

/** Whether code names a schema, a maker of schemas, or a table that has one. */
export const mentionsSchemas = (node: unknown, env: Environment): boolean => mentions(node, env, new Set());

function mentions(node: unknown, env: Environment, seen: Set<unknown>): boolean {
  if (typeof node !== "object" || node === null || seen.has(node)) return false;
  seen.add(node);
  if (Array.isArray(node)) return node.some((item) => mentions(item, env, seen));
  if ((node as { readonly type?: string }).type === "Name") {
    const found = unlessOpen(() => lookup(env, (node as Core.Name).name)?.value);
    return found !== undefined && found !== null && holds(found, seen);
  }
  return Object.entries(node).some(([key, part]) => key !== "span" && mentions(part, env, seen));
}

/** A schema, a maker of schemas, or a table that has one. */
function holds(value: Value, seen: Set<unknown>): boolean {
  if (seen.has(value)) return false;
  seen.add(value);
  switch (value.type) {
    case "Schema":
      return true;
    case "Closure":
      return mentions(value.arrow, value.env, seen);
    case "Array":
      return value.items.some((item) => holds(item.type === "SpreadItem" ? item.value : item, seen));
    case "Object":
      return [...value.props.values()].some((member) => holds(member, seen));
    default:
      return false;
  }
}
