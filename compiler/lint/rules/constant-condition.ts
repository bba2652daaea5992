/** SM401: a condition that reads something of the run and has the same answer whatever it reads. */
import type { Diagnostic } from "../../diagnostics.ts";
import { onlyKind } from "../../phases/5-analyse/methods.ts";
import type { Placed } from "../../phases/5-analyse/model.ts";
import { describe, maybeNothing, type Type, truthOf } from "../../phases/5-analyse/types.ts";
import { problem } from "../../report.ts";
import type { Rule } from "../rule.ts";

export const constantCondition: Rule = {
  code: "SM401",
  ofWhole: true,
  check: (model) =>
    model.exprs.flatMap((placed): Diagnostic[] => {
      const what = nameOf(placed);
      if (!what) return [];
      const { node, scope, expr } = placed;
      // A list or function behind `!` counts as one too.
      const negated = expr.type === "Unary" && expr.op === "!";
      const tested = negated ? expr.arg : expr;
      // `list && list.map(…)` asks once too often, but does what it says.
      if (!negated && node.each) return [];
      const type = model.flow.typeOf(scope, tested);
      const kind = mistakenKind(type);
      const truth = truthOf(type);
      if (!kind || truth === null || (kind !== "boolean" && !truth)) return [];
      return [
        problem(
          "SM401",
          expr.span ?? node.span,
          `${what} is always ${negated ? !truth : truth}: ${REASONS[kind](type!)}`,
          { hint: HINTS[kind] },
        ),
      ];
    }),
};

type Kind = "array" | "boolean" | "function" | "string";

const REASONS: Readonly<Record<Kind, (type: Type) => string>> = {
  array: ({ of }) => `\`${of}\` is a list, and an empty list counts as true.`,
  boolean: (type) => `\`${type.of}\` is ${describe(type)} in every run.`,
  function: () => "it is a function, which nothing calls.",
  string: (type) => `\`${type.of}\` is ${describe(type)}, and every such text counts as true.`,
};

const HINTS: Readonly<Record<Kind, string>> = {
  array: "Ask for its length: rows.length > 0.",
  boolean: "Mend the schema where it can be otherwise, or take the condition away.",
  function: "Write the expression itself: until={ctx.latest(…)?.done === true}.",
  string: 'Compare it with the text that is meant: === "…".',
};

/** What is told from its content by mistake: lists, functions, words of an enumeration, a boolean that a schema pins down. That an object is there is asked for on purpose. */
function mistakenKind(type: Type | null): Kind | null {
  if (!type || maybeNothing(type)) return null;
  const kind = onlyKind(type);
  if (kind === "function") return kind;
  return type.told && (kind === "array" || kind === "boolean" || kind === "string") ? kind : null;
}

function nameOf({ role }: Placed): string | null {
  if (role.type === "if" || role.type === "each.if") return "This condition";
  if (role.type !== "field") return null;
  return role.name === "until" || role.name === "skipIf" ? `\`${role.name}\`` : null;
}
