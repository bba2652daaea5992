/** SM707: an agent is asked for something that only its own code has. */
import { problem } from "../../report.ts";
import type { Rule } from "../rule.ts";

export const agentAsData: Rule = {
  code: "SM707",
  check: (model) =>
    model.flow.agentUses.map(({ node, what, span }) =>
      problem(
        "SM707",
        span ?? node.span,
        `This asks an agent for ${what}, and the plan only refers to agents.`,
        {
          hint: "Keep what is needed beside the agent: { agent: claude, model: 'opus' }.",
        },
      ),
    ),
};
