/** SM109: elements built by code that the plan can only keep as one block. */
import { problem } from "../../report.ts";
import type { Span } from "../../surface.ts";
import type { Rule } from "../rule.ts";

export const shapeAtRunTime: Rule = {
  code: "SM109",
  check: (model) =>
    model.draft.blocks.map(({ why, span, at }) => {
      // What asks for the block may be declared far from it: then the part itself is the place.
      const inside = at && at.file === span.file && at.start > span.start && at.end <= span.end;
      const related = !at || at.start === span.start ? [] : [inside ? wholeAt(span) : causeAt(at)];
      return problem(
        "SM109",
        inside ? at : span,
        `The shape of this part is known only at run time: ${why}.`,
        {
          hint: "Conditions, `list.map(…)` and early returns keep their shape in the plan.",
          related,
        },
      );
    }),
};

const wholeAt = (span: Span) => ({ span, message: "the part that is one block for it" });
const causeAt = (span: Span) => ({ span, message: "what asks for it" });
