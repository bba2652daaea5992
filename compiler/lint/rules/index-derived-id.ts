/** SM202: items of a list that their place identifies, although the list can change while the workflow runs. */
import type * as Core from "../../../plan/core/ast.ts";
import type { Diagnostic } from "../../diagnostics.ts";
import type { NodeDraft } from "../../phases/4-lower/draft.ts";
import { cellsOf, isFixed, writersOf } from "../../phases/5-analyse/cells.ts";
import type { Model } from "../../phases/5-analyse/model.ts";
import { namesThrough } from "../../phases/5-analyse/reads.ts";
import { problem } from "../../report.ts";
import type { Rule } from "../rule.ts";

export const indexDerivedId: Rule = {
  code: "SM202",
  ofWhole: true,
  check: (model) =>
    model.draft.nodes.flatMap((node): Diagnostic[] => {
      if (!node.each || !canShift(model, node)) return [];
      return below(model, node).flatMap((producer) => {
        const id = producer.id ?? (producer === node ? undefined : node.id);
        const expr = id?.type === "core" ? id.expr : producer === node ? node.each!.key : undefined;
        if (id?.type === "json") return [];
        if (expr && !isByIndex(model, producer, expr, node)) return [];
        if (!expr && producer !== node) return [];
        return [
          problem(
            "SM202",
            expr?.span ?? producer.span,
            "The place in the list identifies this task, and the list can change while the workflow runs.",
            { hint: "Build the id from the item itself: id={`work-${item.id}`}." },
          ),
        ];
      });
    }),
};

/** The tasks of an each: the node itself, and those within it that no inner each multiplies. */
function below(model: Model, node: NodeDraft): NodeDraft[] {
  return model.producers
    .map((producer) => producer.node)
    .filter((one) => one === node || model.above(one).find((at) => at.each) === node)
    .filter((one) => one === node || !one.each);
}

/** Whether an id comes from the index of the each and from nothing of its item. */
function isByIndex(model: Model, node: NodeDraft, expr: Core.Expr, each: NodeDraft): boolean {
  const used = namesThrough(model, node, expr);
  return (
    used.some((x) => x.from === each && x.expr === "index") &&
    !used.some((x) => x.from === each && x.expr === "item")
  );
}

/**
 * Whether items can move: a list that reads several rows, or rows that a loop writes anew. One row of a task that runs
 * once is there or not; and `ctx.outputs.t` only grows at its end.
 */
function canShift(model: Model, node: NodeDraft): boolean {
  const [scope = node] = model.above(node);
  const cells = [...cellsOf(model, scope, node.each!.of)].filter((cell) => !isFixed(cell));
  if (cells.length === 0) return false;
  if (cells.length > 1) return true;
  const [cell] = cells;
  const writers = writersOf(model, cell!);
  if (!writers) return true;
  if (!cell!.includes("@"))
    return /\b(toSorted|sort|reverse|toReversed|unshift)\b/.test(JSON.stringify(node.each!.of));
  const around = new Set(model.above(node));
  return writers.some((writer) => model.above(writer).some((at) => at.kind === "loop" && !around.has(at)));
}
