/** Takes out of a draft the named values, constants and functions that nothing uses. */
import { mentionedNames } from "../3-evaluate/writes.ts";
import type { NodeDraft, PlanDraft } from "./draft.ts";

export function prune(draft: PlanDraft): PlanDraft {
  const definitions = new Map<string, unknown>([...draft.constants, ...draft.functions]);
  for (const node of draft.nodes) for (const [name, expr] of node.values) definitions.set(name, expr);
  const used = new Set<string>();
  const open: unknown[] = draft.nodes.map(withoutValues);
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const name of mentionedNames(next)) {
      if (used.has(name)) continue;
      used.add(name);
      const definition = definitions.get(name);
      if (definition) open.push(definition);
    }
  }
  for (const node of draft.nodes) keepUsed(node.values, used);
  const constants = new Map(draft.constants);
  const functions = new Map(draft.functions);
  keepUsed(constants, used);
  keepUsed(functions, used);
  return { ...draft, constants, functions };
}

function keepUsed(map: Map<string, unknown>, used: ReadonlySet<string>): void {
  for (const name of [...map.keys()]) if (!used.has(name)) map.delete(name);
}

/** All expressions of a node but its named values. */
function withoutValues(node: NodeDraft): unknown {
  return [
    node.if,
    node.else,
    node.each && [node.each.of, node.each.key, node.each.if],
    node.id,
    node.orderKey,
    node.guards,
    [...node.fields.values()],
    node.captures ? [...node.captures.values()] : [],
  ];
}
