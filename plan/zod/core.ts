import type { Arrow, Expr, RegexLiteral } from "../core/ast.ts";
import { ZodBuildError } from "./error.ts";

/** What the builder needs of Core: plain data, and functions of the author as JavaScript functions over plain values. */
export interface CoreBridge {
  data(expr: Expr): unknown;
  regex(expr: RegexLiteral): RegExp;
  lambda(arrow: Arrow): (args: readonly unknown[]) => unknown;
}

/** Literals alone: names of constants and functions need an evaluator. */
export function coreBridge(): CoreBridge {
  return {
    data: literal,
    regex: (expr) => new RegExp(expr.pattern, expr.flags),
    lambda: (arrow) => {
      throw new ZodBuildError("A function needs an evaluator: pass `core`.", arrow.span);
    },
  };
}

function literal(expr: Expr): unknown {
  if (expr.type === "Literal") return expr.value;
  if (expr.type === "Template" && expr.exprs.length === 0) return expr.quasis[0];
  if (expr.type === "Name") {
    if (expr.name === "undefined") return undefined;
    if (expr.name === "Infinity") return Number.POSITIVE_INFINITY;
    if (expr.name === "NaN") return Number.NaN;
  }
  if (expr.type === "Unary" && (expr.op === "-" || expr.op === "+")) {
    const value = literal(expr.arg);
    if (typeof value === "number") return expr.op === "-" ? -value : value;
  }
  throw new ZodBuildError("Only literals can stand here.", expr.span);
}
