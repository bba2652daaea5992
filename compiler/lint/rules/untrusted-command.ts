/** SM701: what a model wrote or somebody sent becomes part of a command line. */

import { taintedCommands } from "../../phases/5-analyse/commands.ts";
import { onlyKind } from "../../phases/5-analyse/methods.ts";
import type { Model } from "../../phases/5-analyse/model.ts";
import { problem } from "../../report.ts";
import type { Rule } from "../rule.ts";

export const untrustedCommand: Rule = {
  code: "SM701",
  check: (model) =>
    [...model.draft.modules].flatMap(([name, { fn, captures }]) =>
      taintedCommands(fn, worded(model, name, captures)).map(({ span, by }) =>
        problem(
          "SM701",
          span,
          `\`${by}\` gives a shell text that comes from outside (compute \`${name}\`).`,
          {
            hint: 'Run the program itself with its arguments in a list: execFileSync("git", ["checkout", branch]).',
          },
        ),
      ),
    ),
};

/** Captures that can hold text: with a number or a boolean nobody tells a shell anything. */
function worded(model: Model, module: string, captures: readonly string[]): string[] {
  const users = model.draft.nodes.filter(({ fields }) => {
    const field = fields.get("module");
    return field?.type === "json" && field.value === module;
  });
  const isPlain = (capture: string): boolean =>
    users.length > 0 &&
    users.every((node) => {
      const field = node.captures?.get(capture);
      const kind = field?.type === "core" ? onlyKind(model.flow.typeOf(node, field.expr)) : null;
      return kind === "number" || kind === "boolean";
    });
  return captures.filter((capture) => !isPlain(capture));
}
