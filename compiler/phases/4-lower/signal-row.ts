/** What was sent to a `<Signal>`, as the function that is its child reads it. */
import type * as Core from "../../../plan/core/ast.ts";
import { call, memberOf, nameOf, objectOf } from "../3-evaluate/core.ts";

/**
 * The row of the iteration that the signal stands in; undefined until it is there. Without an iteration an earlier one would
 * do (DESIGN §6 "Reading outputs"), and what was sent last would be taken for what is still waited for.
 */
export function signalRow(table: Core.Expr, id: Core.Expr): Core.Expr {
  const ctx = nameOf("ctx");
  const key = objectOf([
    ["nodeId", id],
    ["iteration", memberOf(ctx, "iteration")],
  ]);
  return call(memberOf(ctx, "outputMaybe"), table, key);
}
