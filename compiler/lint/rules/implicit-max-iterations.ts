/** SM404: a loop that ends after the default number of iterations without saying so. */
import { problem } from "../../report.ts";
import type { Rule } from "../rule.ts";

export const implicitMaxIterations: Rule = {
  code: "SM404",
  check: (model) =>
    model.draft.nodes
      .filter((node) => node.kind === "loop" && !node.fields.has("maxIterations"))
      .map((node) =>
        problem(
          "SM404",
          node.span,
          "This loop ends after 5 iterations, whatever its `until` says: the default.",
          {
            hint: "Say how many you want: maxIterations={5}.",
          },
        ),
      ),
};
