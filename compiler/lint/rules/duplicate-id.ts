/** SM201: one id for two nodes that can be mounted at the same time. */
import type { Diagnostic } from "../../diagnostics.ts";
import type { NodeDraft } from "../../phases/4-lower/draft.ts";
import { exclude, factsOf, isInBlock } from "../../phases/5-analyse/conditions.ts";
import type { Model } from "../../phases/5-analyse/model.ts";
import { problem } from "../../report.ts";
import type { Rule } from "../rule.ts";

export const duplicateId: Rule = {
  code: "SM201",
  check(model) {
    const byId = new Map<string, NodeDraft[]>();
    for (const { node, id } of model.producers) {
      // Which instances of a block's sites there are only the run knows.
      if (id.type !== "exact" || !node.id || isInBlock(model, node)) continue;
      byId.set(id.id, [...(byId.get(id.id) ?? []), node]);
    }
    return [...byId].flatMap(([id, nodes]) => clashes(model, id, nodes));
  },
};

function clashes(model: Model, id: string, nodes: readonly NodeDraft[]): Diagnostic[] {
  const facts = nodes.map((node) => factsOf(model, node));
  return nodes.flatMap((node, i) => {
    const other = nodes.findIndex((_, j) => j < i && !exclude(facts[j]!, facts[i]!));
    if (other < 0) return [];
    const first = nodes[other]!;
    return [
      problem(
        "SM201",
        model.placeIn(node.span, id),
        `Two nodes that can run at the same time have the id \`${id}\`.`,
        {
          hint: "Give each its own id, or put them into branches that exclude one another.",
          related: [{ span: model.placeIn(first.span, id), message: "the other one" }],
        },
      ),
    ];
  });
}
