/** SM201: one id for two nodes that can be mounted at the same time. */

import { printExpr } from "../../../plan/core/index.ts";
import type { Diagnostic } from "../../diagnostics.ts";
import { mentionsPoison } from "../../phases/3-evaluate/poison.ts";
import type { NodeDraft } from "../../phases/4-lower/draft.ts";
import { exclude, factsOf, isInBlock } from "../../phases/5-analyse/conditions.ts";
import type { Meaning, Model } from "../../phases/5-analyse/model.ts";
import { namesThrough } from "../../phases/5-analyse/reads.ts";
import { problem } from "../../report.ts";
import type { Rule } from "../rule.ts";

export const duplicateId: Rule = {
  code: "SM201",
  check(model) {
    const byId = new Map<string, NodeDraft[]>();
    for (const { node, id } of model.producers) {
      // Which instances of a block's sites there are only the run knows.
      if (id.type !== "exact" || !node.id || isInBlock(model, node)) continue;
      const same = byId.get(id.id);
      if (same) same.push(node);
      else byId.set(id.id, [node]);
    }
    return [...[...byId].flatMap(([id, nodes]) => clashes(model, id, nodes)), ...sameForAll(model)];
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

/** Ids that say nothing of the item: the second item of the list would have the id of the first. */
function sameForAll(model: Model): Diagnostic[] {
  return model.producers.flatMap(({ node }): Diagnostic[] => {
    if (!node.id || isInBlock(model, node)) return [];
    const chain = [node, ...model.above(node)];
    const each = chain.find((at) => at.each && !hasOneItem(model, at));
    if (!each) return [];
    const used = node.id.type === "core" ? namesThrough(model, node, node.id.expr) : [];
    // A name that nothing is known of may well be of the item.
    const isOfItem = ({ from, expr }: Meaning): boolean =>
      typeof expr === "string" && (from === each || expr === "argument");
    if (node.id.type === "core" && (used.some(isOfItem) || mentionsPoison(node.id.expr))) return [];
    // A condition may leave no more than one item.
    if (chain.slice(0, chain.indexOf(each) + 1).some((at) => at.if || at.else || at.each?.if)) return [];
    const text = node.id.type === "json" ? `\`${String(node.id.value)}\`` : printExpr(node.id.expr);
    const span =
      node.id.type === "core"
        ? (node.id.expr.span ?? node.span)
        : model.placeIn(node.span, String(node.id.value));
    return [
      problem("SM201", span, `Every item of the list gives a task with the id ${text}.`, {
        hint: "Build the id from the item: id={`work-${item.id}`}.",
      }),
    ];
  });
}

/** A list that is written out with one item at most, or cut to it. */
function hasOneItem(model: Model, { each }: NodeDraft): boolean {
  const expr = each!.of.type === "Name" ? (model.meaning(each!.of.name) ?? each!.of) : each!.of;
  if (expr.type === "Array")
    return expr.elements.length < 2 && !expr.elements.some((x) => x?.type === "Spread");
  return /"(slice|splice|toSpliced|filter)"/.test(JSON.stringify(expr));
}
