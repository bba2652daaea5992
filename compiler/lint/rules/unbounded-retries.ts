/** SM506: retries without end, or so many that they amount to it. */
import type { Diagnostic } from "../../diagnostics.ts";
import type { Field } from "../../phases/4-lower/draft.ts";
import { problem } from "../../report.ts";
import type { Rule } from "../rule.ts";

/** With the default policy, more than a day of attempts. */
const MOST = 1000;

export const unboundedRetries: Rule = {
  code: "SM506",
  check: (model) =>
    model.draft.nodes.flatMap((node): Diagnostic[] => {
      const many = countOf(node.fields.get("retries"));
      if (many === null || many <= MOST) return [];
      const text = Number.isFinite(many) ? String(many) : "Infinity";
      return [
        problem(
          "SM506",
          model.placeIn(node.span, "retries"),
          `This task is tried again ${text === "Infinity" ? "without end" : `${text} times`}.`,
          {
            hint: "Say how often is worth it: retries={5}. A bound on time is timeoutMs.",
          },
        ),
      ];
    }),
};

function countOf(field: Field | undefined): number | null {
  if (field?.type === "json") return typeof field.value === "number" ? field.value : null;
  const isInfinity = field?.expr.type === "Name" && field.expr.name === "Infinity";
  return isInfinity ? Number.POSITIVE_INFINITY : null;
}
