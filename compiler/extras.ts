/** The kinds that the surface AST adds to Core, found in a tree. */
import type { Expr, Extra, Stmt } from "./surface.ts";

const EXTRAS: ReadonlySet<unknown> = new Set([
  "Element",
  "Func",
  "Class",
  "Construct",
  "Foreign",
] satisfies Extra["type"][]);

/** The first node of a tree that Core does not have; null where the tree is Core. */
export function firstExtra(tree: Expr | Stmt): Extra | null {
  const search = (part: unknown): Extra | null => {
    if (typeof part !== "object" || part === null) return null;
    if ("type" in part && EXTRAS.has(part.type)) return part as Extra;
    for (const value of Object.values(part)) {
      const found = search(value);
      if (found) return found;
    }
    return null;
  };
  return search(tree);
}

/** What to call it in a message. */
export function nameOfExtra(extra: Extra): string {
  switch (extra.type) {
    case "Element":
      return "an element";
    case "Func":
      return extra.async ? "an async function" : "a function of the host language";
    case "Class":
      return "a class";
    case "Construct":
      return "`new` of a member";
    case "Foreign":
      return extra.what;
    default:
      return extra satisfies never;
  }
}
