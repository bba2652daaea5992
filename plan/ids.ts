/** Which ids an expression can give. */
import type { Expr } from "./core/ast.ts";

/** Exactly one, or those that match a pattern. */
export type IdPattern =
  | { readonly type: "exact"; readonly id: string }
  | { readonly type: "pattern"; readonly matches: RegExp };

/** The ids that an expression can give; only literal text is certain. */
export function idPattern(expr: Expr): IdPattern {
  const parts = textOf(expr);
  if (parts.every((part) => part !== null)) return { type: "exact", id: parts.join("") };
  const pattern = parts.map((part) =>
    part === null ? "[\\s\\S]*" : part.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&"),
  );
  return { type: "pattern", matches: new RegExp(`^${pattern.join("")}$`) };
}

/** The parts of a text; null for what only the run knows. */
function textOf(expr: Expr): (string | null)[] {
  if (expr.type === "Literal") return [String(expr.value)];
  if (expr.type === "Template")
    return expr.quasis.flatMap((quasi, i) =>
      i < expr.exprs.length ? [quasi, ...textOf(expr.exprs[i]!)] : [quasi],
    );
  if (expr.type === "Binary" && expr.op === "+") return [...textOf(expr.left), ...textOf(expr.right)];
  return [null];
}
