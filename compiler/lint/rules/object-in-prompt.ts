/** SM705: an object in a text for a prompt or payload, where JavaScript writes "[object Object]". */
import { problem } from "../../report.ts";
import type { Rule } from "../rule.ts";

export const objectInPrompt: Rule = {
  code: "SM705",
  ofWhole: true,
  check: (model) =>
    model.texts.objects.map(({ text, span, isList }) => {
      const what = isList ? "a list of objects" : "an object";
      return problem("SM705", span, `\`${text}\` is ${what}, and a text shows it as "[object Object]".`, {
        hint: isList
          ? "Map it to lines and join them, or write JSON.stringify(…)."
          : "Name the fields that are meant, or write JSON.stringify(…).",
      });
    }),
};
