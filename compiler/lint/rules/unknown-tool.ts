/** SM708: a task allows a tool that its agent does not have. */
import { toolNames } from "../../../plan/tools.ts";
import type { NodeDraft } from "../../phases/4-lower/draft.ts";
import type { Model } from "../../phases/5-analyse/model.ts";
import { problem } from "../../report.ts";
import { nearest } from "../../suggest.ts";
import type { Rule } from "../rule.ts";

export const unknownTool: Rule = {
  code: "SM708",
  check: (model) => model.draft.nodes.flatMap((node) => strangeTools(model, node)),
};

function strangeTools(model: Model, node: NodeDraft) {
  const allowed = node.fields.get("allowTools");
  const agent = node.fields.get("agent");
  if (allowed?.type !== "json" || agent?.type !== "json" || !Array.isArray(allowed.value)) return [];
  const agents = [agent.value].flat().filter((name) => typeof name === "string");
  const made = agents.map((name) => model.agents[name]);
  // A command has tools of its own, and a plain object with `generate` none that anybody knows.
  if (made.some((one) => !one || one.kind.startsWith("cli:") || one.kind === "module")) return [];
  const known = new Set(made.flatMap((one) => toolNames(one?.options.tools)));
  return allowed.value
    .map(String)
    .filter((name) => !known.has(name))
    .map((name) => {
      const near = nearest(name, known);
      const has = known.size === 0 ? "no tools" : `only ${[...known].join(", ")}`;
      const hint =
        near === null ? "Give the agent the tool, or leave its name out." : `Did you mean \`${near}\`?`;
      const message = `allowTools names \`${name}\`, and ${agents.join(", ")} has ${has}.`;
      return problem("SM708", node.span, message, { hint });
    });
}
