/** SM303: a field that the schema of what is read does not have. */
import type { Diagnostic } from "../../diagnostics.ts";
import type { UnknownMember } from "../../phases/5-analyse/typing.ts";
import { problem } from "../../report.ts";
import { nearest } from "../../suggest.ts";
import type { Rule } from "../rule.ts";

export const unknownField: Rule = {
  code: "SM303",
  check: (model) =>
    model.flow.members.map((member): Diagnostic => {
      const { name, of, span, node } = member;
      const found = problem("SM303", span ?? node.span, `\`${of}\` has no field \`${name}\`.`, {
        hint: hintFor(member),
      });
      return member.isSure ? found : { ...found, severity: "warning" };
    }),
};

function hintFor({ name, of, ofItem, known }: UnknownMember): string {
  const [, table] = /^a row of (.+)$/.exec(of) ?? [];
  if (table && (name === "nodeId" || name === "iteration"))
    return `A row that is read by its node does not tell its place; the items of ctx.outputs.${table} have nodeId and iteration.`;
  if (ofItem) return `It is a list: take an item first, as in .at(-1)?.${name}.`;
  const near = nearest(name, known);
  if (near) return `Did you mean \`${near}\`?`;
  return known.length > 0 ? `It has: ${known.slice(0, 12).join(", ")}.` : "It has no fields.";
}
