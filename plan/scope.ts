/** Which name means what where in a plan: the scope chain of DESIGN §4 as data, built once a plan. */
import type { Node } from "./types.ts";

/** What a free name of a residual stands for. Levels count from the root, so that a reference means the same wherever it is read. */
export type Binding =
  | { readonly kind: "value"; readonly node: string; readonly name: string }
  | { readonly kind: "item" | "index" | "all"; readonly node: string; readonly level: number }
  | { readonly kind: "arg"; readonly node: string; readonly level: number; readonly position: number };

export interface Scope {
  readonly parent: Scope | null;
  readonly names: ReadonlyMap<string, Binding>;
  /** How many loops, eaches and block sites with arguments enclose it. */
  readonly loops: number;
  readonly eaches: number;
  readonly sites: number;
}

export interface NodeScopes {
  /** The parent's: of `if`, `else`, `each.of`. */
  readonly outer: Scope;
  /** Of everything else. */
  readonly own: Scope;
}

type Nodes = { readonly [key: string]: Omit<Node, "digests"> };

/** Where nothing but constants, functions and intrinsics is known: functions, constants, prompts, schemas. */
export const PLAN_SCOPE: Scope = { parent: null, names: new Map(), loops: 0, eaches: 0, sites: 0 };

/** The scopes of every node. Nodes stand in document order, so a parent comes first; one that does not counts as the plan. */
export function nodeScopes(nodes: Nodes): ReadonlyMap<string, NodeScopes> {
  const scopes = new Map<string, NodeScopes>();
  for (const key of Object.keys(nodes)) {
    const node = nodes[key]!;
    const outer = (node.parent !== undefined ? scopes.get(node.parent)?.own : undefined) ?? PLAN_SCOPE;
    scopes.set(key, { outer, own: ownScope(key, node, outer) });
  }
  return scopes;
}

function ownScope(key: string, node: Omit<Node, "digests">, outer: Scope): Scope {
  const { each, values, args } = node;
  if (!each && !values && !args && node.kind !== "loop") return outer;
  const names = new Map<string, Binding>();
  if (each) {
    const level = outer.eaches;
    names.set(each.as, { kind: "item", node: key, level });
    if (each.index !== undefined) names.set(each.index, { kind: "index", node: key, level });
    if (each.all !== undefined) names.set(each.all, { kind: "all", node: key, level });
  }
  args?.forEach((name, position) => {
    names.set(name, { kind: "arg", node: key, level: outer.sites, position });
  });
  for (const name of Object.keys(values ?? {})) names.set(name, { kind: "value", node: key, name });
  return {
    parent: outer,
    names,
    loops: outer.loops + (node.kind === "loop" ? 1 : 0),
    eaches: outer.eaches + (each ? 1 : 0),
    sites: outer.sites + (args ? 1 : 0),
  };
}

/** The nearest meaning of a name in a scope chain; null where the chain has none (a constant, function, intrinsic or nothing). */
export function lookup(scope: Scope, name: string): Binding | null {
  for (let at: Scope | null = scope; at !== null; at = at.parent) {
    const binding = at.names.get(name);
    if (binding) return binding;
  }
  return null;
}
