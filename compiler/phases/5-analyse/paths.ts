/** Names of values that are the same whatever stands for them, with or without `?.`: `ctx.input.note`. */
import type * as Core from "../../../plan/core/ast.ts";
import { printExpr } from "../../../plan/core/index.ts";
import type { NodeDraft } from "../4-lower/draft.ts";
import type { Model } from "./model.ts";
import type { Names } from "./names.ts";
import { outputRead } from "./reads.ts";

/** Where an expression stands. */
export interface Standing {
  readonly model: Model;
  readonly node: NodeDraft;
  readonly names: Names;
}

export const MAX_DEPTH = 40;

/** How a value is called, whatever stands for it; null where it has no such name. */
export function pathOf(at: Standing, expr: Core.Expr, depth = 0): string | null {
  if (depth > MAX_DEPTH) return null;
  switch (expr.type) {
    case "Name": {
      if (at.names.get(expr.name) !== undefined) return expr.name;
      const meaning = at.model.lookup(at.node, expr.name);
      if (!meaning || typeof meaning.expr === "string") return expr.name;
      const { type } = meaning.expr;
      if (type !== "Name" && type !== "Member" && type !== "Chain" && type !== "Call") return expr.name;
      return pathOf({ ...at, node: meaning.from }, meaning.expr, depth + 1) ?? expr.name;
    }
    case "Chain":
      return pathOf(at, expr.expr, depth + 1);
    case "Member": {
      const object = pathOf(at, expr.object, depth + 1);
      if (object === null) return null;
      return typeof expr.property === "string"
        ? `${object}.${expr.property}`
        : `${object}[${printExpr(expr.property)}]`;
    }
    case "Call": {
      if (outputRead(expr)) return printExpr(expr);
      const callee = pathOf(at, expr.callee, depth + 1);
      if (callee === null) return null;
      return `${callee}(${expr.args.map((arg) => printExpr(arg.type === "Spread" ? arg.arg : arg)).join()})`;
    }
    default:
      return null;
  }
}

/** Facts of paths, without those of paths that begin with one of these names. */
export function without<F extends readonly [path: string, ...rest: unknown[]]>(
  facts: readonly F[],
  names: readonly string[],
): F[] {
  const hidden = new Set(names);
  return facts.filter(([path]) => !hidden.has(/^[\w$]+/.exec(path)?.[0] ?? ""));
}
