/** SM310: a name of `needs` that `deps` does not have. By itself it waits for nothing (SEMANTICS 24). */
import type { Diagnostic } from "../../diagnostics.ts";
import type { NodeDraft } from "../../phases/4-lower/draft.ts";
import { fromProp } from "../../phases/5-analyse/waits.ts";
import { problem } from "../../report.ts";
import { nearest } from "../../suggest.ts";
import type { Rule } from "../rule.ts";

export const needsWithoutDeps: Rule = {
  code: "SM310",
  ofWhole: true,
  check(model) {
    const found: Diagnostic[] = [];
    for (const node of model.draft.nodes) {
      const deps = namesOf(node, "deps");
      if (deps === null) continue;
      for (const name of namesOf(node, "needs") ?? [])
        if (!deps.includes(name))
          found.push(
            problem(
              "SM310",
              model.placeIn(fromProp(model, node, "needs"), name),
              `\`needs\` names a node for \`${name}\`, and nothing of \`deps\` has that name: it waits for nothing.`,
              { hint: hintOf(node, name, deps) },
            ),
          );
    }
    return found;
  },
};

function hintOf(node: NodeDraft, name: string, deps: readonly string[]): string {
  const near = nearest(name, deps);
  if (near !== null) return `Did you mean \`${near}\`?`;
  return node.kind === "task"
    ? "Ask for its row: deps={{ … }}; or only wait for the node: dependsOn={[ … ]}."
    : "Wait for the node: dependsOn={[ … ]}.";
}

/** Names that an object of a node is written with, none where it has no such field; null where only the run knows them. */
function namesOf(node: NodeDraft, field: "deps" | "needs"): readonly string[] | null {
  const given = node.fields.get(field);
  if (!given) return [];
  if (given.type === "json") return Object.keys(given.value ?? {});
  if (given.expr.type !== "Object") return null;
  const keys = given.expr.props.map((prop) => (prop.type === "Property" ? prop.key : null));
  return keys.every((key) => typeof key === "string") ? keys : null;
}
