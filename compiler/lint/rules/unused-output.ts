/** SM306: a task that only thinks, and whose answer nothing reads. */
import type { Diagnostic } from "../../diagnostics.ts";
import type { NodeDraft } from "../../phases/4-lower/draft.ts";
import { cellsOf, writersOf } from "../../phases/5-analyse/cells.ts";
import { isInBlock } from "../../phases/5-analyse/conditions.ts";
import type { Model } from "../../phases/5-analyse/model.ts";
import { problem } from "../../report.ts";
import type { Rule } from "../rule.ts";

export const unusedOutput: Rule = {
  code: "SM306",
  ofWhole: true,
  check(model) {
    const read = readNodes(model);
    if (!read) return [];
    const writers = new Map<unknown, number>();
    for (const { node } of model.producers) writers.set(tableOf(node), (writers.get(tableOf(node)) ?? 0) + 1);
    return model.producers.flatMap(({ node }): Diagnostic[] => {
      if (
        node.fields.has("onFinished") ||
        read.has(node) ||
        !onlyThinks(model, node) ||
        isInBlock(model, node)
      )
        return [];
      // The last answers are results, and a table that several tasks write is a collection: people read both.
      if (!model.order.hasFollower(node) || writers.get(tableOf(node)) !== 1) return [];
      return [
        problem("SM306", node.span, "Nothing reads what this task gives.", {
          hint: "Use it in a later prompt or condition, or take the task away.",
        }),
      ];
    });
  },
};

function tableOf(node: NodeDraft): unknown {
  const output = node.fields.get("output");
  return output?.type === "json" ? output.value : undefined;
}

/** Every node whose rows something may read; null where something may read any. */
function readNodes(model: Model): ReadonlySet<NodeDraft> | null {
  const read = new Set<NodeDraft>();
  const cells = new Set<string>();
  for (const { scope, expr } of model.exprs) for (const cell of cellsOf(model, scope, expr)) cells.add(cell);
  for (const node of model.draft.nodes) for (const cell of node.codeReads ?? []) cells.add(cell);
  for (const cell of cells) {
    if (cell === "ctx" || cell.startsWith("outputs.*") || cell === "outputs") return null;
    for (const writer of writersOf(model, cell) ?? []) read.add(writer);
  }
  for (const wait of model.order.waits) for (const node of wait.on) read.add(node);
  const isOpen = (node: NodeDraft): boolean =>
    ["deps", "needs", "dependsOn"].some((field) => node.fields.get(field)?.type === "core");
  return model.draft.nodes.some(isOpen) ? null : read;
}

/** An agent without tools and without a machine of its own changes nothing but its row. */
function onlyThinks(model: Model, node: NodeDraft): boolean {
  const agent = node.fields.get("agent");
  if (node.kind !== "task" || agent?.type !== "json") return false;
  const names = [agent.value].flat().filter((name) => typeof name === "string");
  return names.every((name) => {
    const made = model.agents[name];
    return made?.kind === "anthropic" && made.options.tools === undefined;
  });
}
