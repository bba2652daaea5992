/** SM205: a loop without an id whose place among others names the rows of its body. */
import type { NodeDraft } from "../../phases/4-lower/draft.ts";
import { problem } from "../../report.ts";
import type { Rule } from "../rule.ts";

export const anonymousLoop: Rule = {
  code: "SM205",
  check(model) {
    const loops = model.draft.nodes.filter((node) => node.kind === "loop");
    const anonymous = loops.filter((node) => !node.id && !node.orderKey);
    const holdsLoop = (loop: NodeDraft): boolean => loops.some((other) => model.above(other).includes(loop));
    return anonymous
      .filter((loop) => anonymous.length > 1 || holdsLoop(loop))
      .map((loop) =>
        problem(
          "SM205",
          loop.span,
          `This loop has no id: its iterations are recorded under \`${loop.key}\`, which another loop in front of it would change.`,
          { hint: 'Give it one: <Loop id="…">.' },
        ),
      );
  },
};
