/** SM109: elements built by code that the plan can only keep as one block. */
import { problem } from "../../report.ts";
import type { Rule } from "../rule.ts";

export const shapeAtRunTime: Rule = {
  code: "SM109",
  check: (model) =>
    model.draft.blocks.map(({ why, span, at }) =>
      problem("SM109", at ?? span, `The shape of this part is known only at run time: ${why}.`, {
        hint: "Conditions, `list.map(…)` and early returns keep their shape in the plan.",
        related:
          at && at.start !== span.start ? [{ span, message: "the part that is one block for it" }] : [],
      }),
    ),
};
