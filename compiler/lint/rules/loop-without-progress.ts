/** SM403: a loop whose `until` can't change by what its body does. */
import type * as Core from "../../../plan/core/ast.ts";
import type { Diagnostic } from "../../diagnostics.ts";
import type { NodeDraft } from "../../phases/4-lower/draft.ts";
import { cellsOf, isFixed, writersOf } from "../../phases/5-analyse/cells.ts";
import type { Model } from "../../phases/5-analyse/model.ts";
import { problem } from "../../report.ts";
import type { Rule } from "../rule.ts";

export const loopWithoutProgress: Rule = {
  code: "SM403",
  ofWhole: true,
  check: (model) =>
    model.draft.nodes.flatMap((node): Diagnostic[] => {
      const until = node.fields.get("until");
      if (node.kind !== "loop" || until?.type !== "core") return [];
      const { expr } = until;
      const cells = [...cellsOf(model, node, expr)];
      // A constant is written on purpose: run to maxIterations.
      if (cells.length === 0 || !cells.every((cell) => isSettled(model, node, cell))) return [];
      return [
        problem("SM403", spanOf(expr, node), "Nothing that this loop runs can make its `until` true.", {
          hint: "Read what the body gives: until={ctx.latest(TABLE, ID)?.done === true}; or leave until out and set maxIterations.",
        }),
      ];
    }),
};

const spanOf = (expr: Core.Expr, node: NodeDraft) => expr.span ?? node.span;

/** Whether a cell has its last value by the time the loop starts. */
function isSettled(model: Model, loop: NodeDraft, cell: string): boolean {
  if (isFixed(cell)) return true;
  const writers = writersOf(model, cell);
  if (!writers || writers.length === 0) return false;
  return writers.every(
    (writer) => !model.above(writer).includes(loop) && model.order.comesAfter(loop, writer),
  );
}
