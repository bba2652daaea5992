/** SM304: a node that waits for a node which can start only after it. */
import type { Diagnostic } from "../../diagnostics.ts";
import type { NodeDraft } from "../../phases/4-lower/draft.ts";
import { Order, type Wait, waitsOf } from "../../phases/5-analyse/waits.ts";
import { problem } from "../../report.ts";
import type { Rule } from "../rule.ts";

export const dependencyCycle: Rule = {
  code: "SM304",
  check(model) {
    const order = new Order(model);
    // A wait for what a sequence runs first anyway adds nothing; where that node waits in turn, it is reported there.
    const waits = waitsOf(model).filter((w) => !w.on.every((target) => order.comesAfter(w.node, target)));
    const byNode = new Map<NodeDraft, Wait[]>();
    for (const wait of waits) byNode.set(wait.node, [...(byNode.get(wait.node) ?? []), wait]);
    return waits.flatMap((wait): Diagnostic[] => {
      if (!wait.on.every((target) => dependsOn(order, byNode, target, wait.node, new Set()))) return [];
      const output = wait.on[0]!.fields.get("output");
      const table = output?.type === "json" ? `'${String(output.value)}'` : "table";
      const own = wait.on.every((target) => target === wait.node);
      return [
        problem(
          "SM304",
          wait.span,
          own
            ? `\`${wait.id}\` waits for its own output.`
            : `This waits for \`${wait.id}\`, which can start only after it.`,
          {
            hint: `Read what there is so far with ctx.latest(${table}, '${wait.id}'), or move \`${wait.id}\` in front.`,
            related: own ? [] : [{ span: wait.on[0]!.span, message: `\`${wait.id}\` stands here` }],
          },
        ),
      ];
    });
  },
};

/** Whether `node` can't start before `target` has settled. */
function dependsOn(
  order: Order,
  waits: ReadonlyMap<NodeDraft, readonly Wait[]>,
  node: NodeDraft,
  target: NodeDraft,
  seen: Set<NodeDraft>,
): boolean {
  if (node === target || order.comesAfter(node, target)) return true;
  if (seen.has(node)) return false;
  seen.add(node);
  return (waits.get(node) ?? []).some((wait) =>
    wait.on.every((next) => dependsOn(order, waits, next, target, seen)),
  );
}
