/** Named constants of a plan. */
import type * as Core from "../../../plan/core/ast.ts";
import { printLines } from "../../../plan/core/index.ts";
import type { Constant, Json } from "../../../plan/types.ts";

/** A named constant: JSON where it is written out, else its text. */
export function constantOf(expr: Core.Expr): Constant {
  const value = literalOf(expr);
  return value === undefined ? { expr: printLines(expr) } : { value };
}

/** The JSON that an expression writes out; undefined where it is more than a literal. */
export function literalOf(expr: Core.Expr): Json | undefined {
  switch (expr.type) {
    case "Literal":
      return expr.value;
    case "Template":
      return expr.exprs.length === 0 ? expr.quasis[0] : undefined;
    case "Unary": {
      const value = expr.op === "-" ? literalOf(expr.arg) : undefined;
      return typeof value === "number" && value !== 0 ? -value : undefined;
    }
    case "Array": {
      const items = expr.elements.map((e) => (e === null || e.type === "Spread" ? undefined : literalOf(e)));
      return items.every((item) => item !== undefined) ? items : undefined;
    }
    case "Object": {
      const entries: [string, Json][] = [];
      for (const p of expr.props) {
        const value = p.type === "Spread" || typeof p.key !== "string" ? undefined : literalOf(p.value);
        if (value === undefined || p.type === "Spread") return undefined;
        entries.push([p.key as string, value]);
      }
      return Object.fromEntries(entries);
    }
    default:
      return undefined;
  }
}
