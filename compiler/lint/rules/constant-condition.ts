/** SM401: a condition that reads something of the run and has the same answer whatever it reads. */
import type { Diagnostic } from "../../diagnostics.ts";
import { onlyKind } from "../../phases/5-analyse/methods.ts";
import type { Placed } from "../../phases/5-analyse/model.ts";
import { maybeNothing, type Type, truthOf } from "../../phases/5-analyse/types.ts";
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
      if (!isAlwaysThere(type) || truthOf(type) !== true) return [];
      const kind = onlyKind(type);
      return [
        problem(
          "SM401",
          expr.span ?? node.span,
          kind === "array"
            ? `${what} is always ${negated ? "false" : "true"}: \`${type!.of}\` is a list, and an empty list counts as true.`
            : `${what} is always ${negated ? "false" : "true"}: it is a function, which nothing calls.`,
          {
            hint:
              kind === "array"
                ? "Ask for its length: rows.length > 0."
                : "Write the expression itself: until={ctx.latest(…)?.done === true}.",
          },
        ),
      ];
    }),
};

/** Lists and functions are told from what is in them by mistake; that an object is there is asked for on purpose. */
function isAlwaysThere(type: Type | null): boolean {
  const kind = onlyKind(type);
  if (maybeNothing(type)) return false;
  return kind === "function" || (kind === "array" && type!.told);
}

function nameOf({ role }: Placed): string | null {
  if (role.type === "if" || role.type === "each.if") return "This condition";
  if (role.type !== "field") return null;
  return role.name === "until" || role.name === "skipIf" ? `\`${role.name}\`` : null;
}
