/** Which functions of the source make schemas. */
import type * as Core from "../../../plan/core/ast.ts";
import { touchesElements } from "./shape.ts";
import { type Closure, type Environment, lookup } from "./value.ts";

/** True for a function that mentions schemas, by itself or through helpers, and no elements. */
export function makesSchemas(closure: Closure): boolean {
  return (
    mentions(closure.arrow, closure.env, new Set()) && !touchesElements(closure.arrow, closure.env, new Set())
  );
}

function mentions(node: unknown, env: Environment, seen: Set<unknown>): boolean {
  if (typeof node !== "object" || node === null || seen.has(node)) return false;
  seen.add(node);
  if (Array.isArray(node)) return node.some((item) => mentions(item, env, seen));
  if ((node as { readonly type?: string }).type === "Name") {
    const found = lookup(env, (node as Core.Name).name)?.value;
    if (found?.type === "Closure") return mentions(found.arrow, found.env, seen);
    return found?.type === "Schema";
  }
  return Object.entries(node).some(([key, part]) => key !== "span" && mentions(part, env, seen));
}
