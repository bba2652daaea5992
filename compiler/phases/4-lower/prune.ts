/** Takes out of a draft the named values, constants and functions that nothing uses. */
import type { Expr } from "../../../plan/core/ast.ts";
import { mentionedNames } from "../3-evaluate/names.ts";
import type { NodeDraft, PlanDraft, PromptSource } from "./draft.ts";

export function prune(draft: PlanDraft): PlanDraft {
  const definitions = new Map<string, unknown>([...draft.constants, ...draft.functions]);
  const prompts = usedPrompts(draft);
  const templates = prompts.map(({ template }) => template);
  for (const node of draft.nodes) for (const [name, expr] of node.values) definitions.set(name, expr);
  const used = new Set<string>();
  const schemas = [...draft.schemas.values()].map((value) => (value.type === "Schema" ? value.expr : null));
  const open: unknown[] = [...draft.nodes.map(withoutValues), ...schemas, ...templates];
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
  const live = [constants, functions, ...draft.nodes.map((node) => node.values)].map((map) => [
    ...map.values(),
  ]);
  const handles = new Set<string>();
  collectHandles([live, draft.nodes.map(withoutValues), templates], handles);
  for (const node of draft.nodes) {
    const { agent, module } = Object.fromEntries(node.fields);
    if (agent?.type === "json") for (const name of [agent.value].flat()) handles.add(`agent ${String(name)}`);
    if (module?.type === "json") handles.add(`module ${String(module.value)}`);
  }
  const usedOf = <T>(kind: string, map: ReadonlyMap<string, T>): ReadonlyMap<string, T> =>
    new Map([...map].filter(([name]) => handles.has(`${kind} ${name}`)));
  return {
    ...draft,
    constants,
    functions,
    agents: usedOf("agent", draft.agents),
    prompts: usedOf("prompt", draft.prompts),
    modules: usedOf("module", draft.modules),
  };
}

/** Prompts that anything names, through the prompts that name them. */
function usedPrompts(draft: PlanDraft): PromptSource[] {
  const found = new Map<string, PromptSource>();
  const open: unknown[] = [
    draft.nodes.map((node) => [withoutValues(node), [...node.values.values()]]),
    [...draft.constants.values()],
    [...draft.functions.values()],
  ];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const handles = new Set<string>();
    collectHandles(next, handles);
    for (const [name, prompt] of draft.prompts) {
      if (found.has(name) || !handles.has(`prompt ${name}`)) continue;
      found.set(name, prompt);
      open.push(prompt.template);
    }
  }
  return [...found.values()];
}

/** `agent('x')`, `prompt('y', …)`, `module('z')`, `site('w', …)` anywhere in some expressions. */
export function collectHandles(node: unknown, into: Set<string>): void {
  if (typeof node !== "object" || node === null) return;
  if (Array.isArray(node)) {
    for (const item of node) collectHandles(item, into);
    return;
  }
  const expr = node as Expr;
  if (expr.type === "Call" && expr.callee.type === "Name") {
    const [name] = expr.args;
    if (name?.type === "Literal") into.add(`${expr.callee.name} ${String(name.value)}`);
  }
  for (const [key, part] of Object.entries(node)) if (key !== "span") collectHandles(part, into);
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
