/** SM405: tasks of one Parallel whose ids can be equal, so that they would write one row. */
import type * as Core from "../../../plan/core/ast.ts";
import type { Diagnostic } from "../../diagnostics.ts";
import type { NodeDraft } from "../../phases/4-lower/draft.ts";
import { exclude, factsOf, isInBlock } from "../../phases/5-analyse/conditions.ts";
import type { Model } from "../../phases/5-analyse/model.ts";
import { problem } from "../../report.ts";
import type { Rule } from "../rule.ts";

export const parallelWriteConflict: Rule = {
  code: "SM405",
  ofWhole: true,
  check(model) {
    const byShape = new Map<string, NodeDraft[]>();
    for (const { node } of model.producers) {
      const shape = shapeOf(node);
      const parallel = model.above(node).find(({ kind }) => kind === "parallel");
      if (shape === null || !parallel || isInBlock(model, node)) continue;
      const key = `${parallel.key} ${shape}`;
      const same = byShape.get(key);
      if (same) same.push(node);
      else byShape.set(key, [node]);
    }
    return [...byShape.values()].flatMap((nodes) => conflicts(model, nodes));
  },
};

function conflicts(model: Model, nodes: readonly NodeDraft[]): Diagnostic[] {
  return nodes.flatMap((node, i): Diagnostic[] => {
    const first = nodes
      .slice(0, i)
      .find(
        (other) =>
          eachOf(model, other) !== eachOf(model, node) &&
          !exclude(factsOf(model, other), factsOf(model, node)),
      );
    if (!first) return [];
    const id = node.id?.type === "core" ? node.id.expr : undefined;
    return [
      problem(
        "SM405",
        id?.span ?? node.span,
        "Two lists of one Parallel give ids of the same form: where they agree, two tasks would write one row.",
        {
          hint: "Give each list a prefix of its own.",
          related: [
            {
              span: (first.id?.type === "core" ? first.id.expr.span : undefined) ?? first.span,
              message: "the other one",
            },
          ],
        },
      ),
    ];
  });
}

/** The literal parts of an id that has holes, and at least some letters. */
function shapeOf(node: NodeDraft): string | null {
  if (node.id?.type !== "core" || node.id.expr.type !== "Template") return null;
  const { quasis }: Core.Template = node.id.expr;
  return quasis.some((text) => /\w/.test(text)) ? JSON.stringify(quasis) : null;
}

/** The each that multiplies a node. */
function eachOf(model: Model, node: NodeDraft): NodeDraft | undefined {
  return [node, ...model.above(node)].find((at) => at.each);
}
