/** SM603: an agent is asked for one type, and reads of its output give another. */
import { skewsOf } from "../../../plan/zod/index.ts";
import type { Diagnostic } from "../../diagnostics.ts";
import { problem } from "../../report.ts";
import type { Rule } from "../rule.ts";

export const schemaSkew: Rule = {
  code: "SM603",
  check(model) {
    const found: Diagnostic[] = [];
    const seen = new Set<string>();
    for (const node of model.draft.nodes) {
      const output = node.fields.get("output");
      if (node.kind !== "task" || !node.fields.has("agent")) continue;
      if (output?.type !== "json" || typeof output.value !== "string" || seen.has(output.value)) continue;
      const table = output.value;
      seen.add(table);
      const parser = model.parser(table);
      const schema = model.draft.schemas.get(table);
      const span = schema?.type === "Schema" ? schema.span : node.span;
      const skews = parser ? skewsOf(parser) : [];
      if (skews.length === 0) continue;
      const list = skews.map(({ path, takes, gives }) => {
        const what = path === "" ? "it" : `\`${path}\``;
        return `${what} is asked for as ${takes} and read as ${gives}`;
      });
      found.push(
        problem("SM603", span, `\`${table}\` does not give what it asks of an agent: ${list.join("; ")}.`, {
          hint: "Ask for what is read, or keep what is asked for and convert it where it is used.",
          related: [{ span: node.span, message: "asked for here" }],
        }),
      );
    }
    return found;
  },
};
