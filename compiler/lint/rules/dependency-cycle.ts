/** SM304: a node that waits for a node which can start only after it. */
import { isLeaf } from "../../../plan/fields.ts";
import type { Diagnostic } from "../../diagnostics.ts";
import type { NodeDraft } from "../../phases/4-lower/draft.ts";
import type { Model } from "../../phases/5-analyse/model.ts";
import { dependsOnOf } from "../../phases/5-analyse/waits.ts";
import { problem } from "../../report.ts";
import type { Rule } from "../rule.ts";

function shareLoop(model: Model, a: NodeDraft, b: NodeDraft): boolean {
  const above = new Set(model.above(a));
  return model.above(b).some((at) => at.kind === "loop" && above.has(at));
}

export const dependencyCycle: Rule = {
  code: "SM304",
  check: (model) =>
    model.order.deadlocks().map((wait): Diagnostic => {
      const output = wait.on[0]!.fields.get("output");
      const table = output?.type === "json" ? `'${String(output.value)}'` : "table";
      const own = wait.on.every((target) => target === wait.node);
      const around = wait.on.every((target) => model.above(wait.node).includes(target));
      const latest = `read what there is so far with ctx.latest(${table}, '${wait.id}')`;
      const move = own ? "" : around ? ", or move this behind it" : `, or move \`${wait.id}\` in front`;
      const hint = dependsOnOf(wait.node).includes(wait.id)
        ? `Take \`${wait.id}\` out of dependsOn${move}.`
        : // Only another iteration can have given something by then.
          wait.on.some((target) => shareLoop(model, target, wait.node))
          ? `${latest.replace("read", "Read")}${move}.`
          : own
            ? `Put it into a Loop and ${latest}: in the first iteration there is none.`
            : `Move \`${wait.id}\` in front; or put both into a Loop and ${latest}.`;
      const when = isLeaf(wait.on[0]!.kind) ? "start" : "end";
      return problem(
        "SM304",
        wait.span,
        own
          ? `\`${wait.id}\` waits for its own output.`
          : around
            ? `This stands in \`${wait.id}\` and waits for it, which ends only with all that stands in it.`
            : `This waits for \`${wait.id}\`, which can ${when} only after it.`,
        {
          hint,
          related: own ? [] : [{ span: wait.on[0]!.span, message: `\`${wait.id}\` stands here` }],
        },
      );
    }),
};
