import type { Expr } from "./ast.ts";
import { flat, hasNewline, layout } from "./print/doc.ts";
import { print } from "./print/expressions.ts";

/**
 * Writes the canonical text of an expression on one line: strict JavaScript syntax, single quotes, fixed spacing, no
 * parentheses that are not needed. Parsing it gives the same tree.
 */
export function printExpr(expr: Expr): string {
  return flat(print(expr, 0));
}

/**
 * Writes an expression as it stands in a plan: one string where it fits in `width` columns and holds no template with
 * a line end, else its lines. Templates are broken at their own line ends. Joined by "\n", the lines parse to the same
 * tree as printExpr's text.
 */
export function printLines(expr: Expr, width = 100): string | string[] {
  const doc = print(expr, 0);
  if (!hasNewline(doc)) {
    const text = flat(doc);
    if (text.length <= width) {
      return text;
    }
  }
  const lines = layout(doc, width);
  return lines.length === 1 ? (lines[0] ?? "") : lines;
}
