/** SM203: an id that is another at every frame. */
import type { Diagnostic } from "../../diagnostics.ts";
import { cellsOf } from "../../phases/5-analyse/cells.ts";
import { problem } from "../../report.ts";
import type { Rule } from "../rule.ts";

export const nondeterministicId: Rule = {
  code: "SM203",
  check: (model) =>
    model.exprs.flatMap(({ node, role, scope, expr }): Diagnostic[] => {
      const isId = role.type === "id" || (role.type === "key" && !node.id);
      if (!isId || !cellsOf(model, scope, expr).has("now")) return [];
      return [
        problem(
          "SM203",
          expr.span ?? node.span,
          "The clock makes this id another one at every frame: the task would start anew each time.",
          { hint: "Build ids from the input, from rows or from ctx.runId." },
        ),
      ];
    }),
};
