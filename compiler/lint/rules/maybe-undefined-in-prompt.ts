/** SM706: a text for a prompt or payload that says "undefined" or "null" where a value is not there. */
import { problem } from "../../report.ts";
import { nearest } from "../../suggest.ts";
import type { Rule } from "../rule.ts";

export const maybeUndefinedInPrompt: Rule = {
  code: "SM706",
  ofWhole: true,
  check: (model) => [
    ...model.texts.nothing.map(({ text, span, words }) => {
      const said = words.map((word) => `"${word}"`).join(" or ");
      return problem("SM706", span, `\`${text}\` may not be there, and the text then says ${said}.`, {
        hint: 'Test it first, wait for it, or write what stands in for it: ${… ?? "none"}.',
      });
    }),
    ...model.texts.missing.map(({ prompt, prop, span, passed }) => {
      const near = nearest(prop, passed);
      return problem("SM706", span, `${prompt} shows the prop '${prop}', which no use of it passes.`, {
        hint: near ? `Did you mean \`props.${near}\`?` : `Pass it: <Prompt ${prop}={…} />, or leave it out.`,
      });
    }),
  ],
};
