/** SM703: an agent that may do anything without being asked. */
import type { Diagnostic } from "../../diagnostics.ts";
import type { Value } from "../../phases/3-evaluate/value.ts";
import { problem } from "../../report.ts";
import type { Rule } from "../rule.ts";

/** Options of command-line agents that switch their questions off, with the values that do. */
const BYPASSES: ReadonlyMap<string, readonly (string | boolean)[]> = new Map<
  string,
  readonly (string | boolean)[]
>([
  ["dangerouslySkipPermissions", [true]],
  ["allowDangerouslySkipPermissions", [true]],
  ["dangerouslyBypassApprovalsAndSandbox", [true]],
  ["dangerouslyAllowAll", [true]],
  ["yolo", [true]],
  ["permissionMode", ["bypassPermissions"]],
  ["approvalMode", ["yolo"]],
  ["sandbox", ["danger-full-access"]],
  ["sandboxMode", ["danger-full-access"]],
]);
/** A list of what is allowed bounds the agent whatever else it may skip. */
const BOUNDS: readonly string[] = ["allowedTools", "tools", "allowTools", "disallowedTools", "denyTools"];

export const unrestrictedTools: Rule = {
  code: "SM703",
  check(model) {
    const found: Diagnostic[] = [];
    for (const [name, agent] of model.draft.agents) {
      if (agent.type !== "Instance") continue;
      const [options] = agent.args;
      if (options?.type !== "Object" || BOUNDS.some((bound) => holds(options.props.get(bound)))) continue;
      for (const [option, values] of BYPASSES) {
        const value = options.props.get(option);
        if (value?.type !== "Known" || !values.some((one) => one === value.value)) continue;
        const span = options.span ?? agent.span;
        found.push(
          problem(
            "SM703",
            model.placeIn(span, option),
            `The agent \`${name}\` may run any tool without being asked (\`${option}\`), and nothing lists what it needs.`,
            { hint: "List its tools (allowedTools: […]), or leave the option out." },
          ),
        );
        break;
      }
    }
    return found;
  },
};

function holds(value: Value | undefined): boolean {
  if (!value || (value.type === "Known" && !value.value)) return false;
  return !(value.type === "Array" && value.items.length === 0);
}
