/** SM701: what a model wrote or somebody sent becomes part of a command line. */

import { taintedCommands } from "../../phases/5-analyse/commands.ts";
import { problem } from "../../report.ts";
import type { Rule } from "../rule.ts";

export const untrustedCommand: Rule = {
  code: "SM701",
  check: (model) =>
    [...model.draft.modules].flatMap(([name, { fn, captures }]) =>
      taintedCommands(fn, captures).map(({ span, by }) =>
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
