/** SM507: agent processes that nothing stops when they hang; said once for a workflow. */
import type { NodeDraft } from "../../phases/4-lower/draft.ts";
import type { Model } from "../../phases/5-analyse/model.ts";
import { problem } from "../../report.ts";
import type { Rule } from "../rule.ts";

export const missingTimeout: Rule = {
  code: "SM507",
  ofWhole: true,
  check(model) {
    const unbounded = model.draft.nodes.filter((node) => isUnbounded(model, node));
    const [first] = unbounded;
    if (!first) return [];
    const many =
      unbounded.length === 1
        ? "This task has"
        : `${unbounded.length} tasks, of which this is the first, have`;
    return [
      problem("SM507", first.span, `${many} no time limit, and a command line agent can hang.`, {
        hint: "Set timeoutMs (the whole attempt) or heartbeatTimeoutMs (silence) on the task, or a timeout on the agent.",
      }),
    ];
  },
};

/** A task of a command line agent with no limit of its own, of its agent, or of a fallback. */
function isUnbounded(model: Model, node: NodeDraft): boolean {
  if (node.kind !== "task" || node.fields.has("timeoutMs") || node.fields.has("heartbeatTimeoutMs"))
    return false;
  const agent = node.fields.get("agent");
  if (agent?.type !== "json") return false;
  const names = [agent.value].flat().filter((name) => typeof name === "string");
  return names.some((name) => {
    const made = model.agents[name];
    if (!made?.kind.startsWith("cli:")) return false;
    return !Object.keys(made.options).some((option) => /timeout/i.test(option));
  });
}
