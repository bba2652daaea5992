/** SM304: a node that waits for a node which can start only after it. */
import type { Diagnostic } from "../../diagnostics.ts";
import { dependsOnOf } from "../../phases/5-analyse/waits.ts";
import { problem } from "../../report.ts";
import type { Rule } from "../rule.ts";

export const dependencyCycle: Rule = {
  code: "SM304",
  check: (model) =>
    model.order.deadlocks().map((wait): Diagnostic => {
      const output = wait.on[0]!.fields.get("output");
      const table = output?.type === "json" ? `'${String(output.value)}'` : "table";
      const own = wait.on.every((target) => target === wait.node);
      const other = dependsOnOf(wait.node).includes(wait.id)
        ? `Take \`${wait.id}\` out of dependsOn`
        : `Read what there is so far with ctx.latest(${table}, '${wait.id}')`;
      return problem(
        "SM304",
        wait.span,
        own
          ? `\`${wait.id}\` waits for its own output.`
          : `This waits for \`${wait.id}\`, which can start only after it.`,
        {
          hint: `${other}, or move \`${wait.id}\` in front.`,
          related: own ? [] : [{ span: wait.on[0]!.span, message: `\`${wait.id}\` stands here` }],
        },
      );
    }),
};
