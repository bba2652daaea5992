/** SM308: a comparison that has the same answer in every run. */
import { problem } from "../../report.ts";
import { nearest } from "../../suggest.ts";
import type { Rule } from "../rule.ts";

export const impossibleComparison: Rule = {
  code: "SM308",
  check: (model) =>
    model.flow.comparisons.map(({ node, side, around, message, known, wanted }) => {
      const near = wanted === null ? null : nearest(wanted, known);
      const whole = around ?? node.span;
      const span = side.span ?? (wanted === null ? whole : model.placeIn(whole, wanted));
      return problem("SM308", span, message, {
        hint: near
          ? `Did you mean ${JSON.stringify(near)}?`
          : "Compare it with what the schema allows, or mend the schema.",
      });
    }),
};
