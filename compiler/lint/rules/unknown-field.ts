/** SM303: a field that the schema of what is read does not have. */
import type { Diagnostic } from "../../diagnostics.ts";
import { checkMembers } from "../../phases/5-analyse/shapes.ts";
import { problem } from "../../report.ts";
import { nearest } from "../../suggest.ts";
import type { Rule } from "../rule.ts";

export const unknownField: Rule = {
  code: "SM303",
  check(model) {
    const found: Diagnostic[] = [];
    for (const { node, expr } of model.exprs) {
      checkMembers(model, node, expr, ({ name, of, known, span }) => {
        const near = nearest(name, known);
        found.push(
          problem("SM303", span ?? node.span, `\`${of}\` has no field \`${name}\`.`, {
            hint: near
              ? `Did you mean \`${near}\`?`
              : known.length > 0
                ? `It has: ${known.slice(0, 12).join(", ")}.`
                : "It has no fields.",
          }),
        );
      });
    }
    return found;
  },
};
