/** The nodes of a plan as the tree they are. */
import type { DraftNode } from "./draft.ts";

type Nodes = { readonly [key: string]: DraftNode };

/** Keys of the children of every node that has any, in document order. */
export function childrenOf(nodes: Nodes): ReadonlyMap<string, readonly string[]> {
  const children = new Map<string, string[]>();
  for (const [key, { parent }] of Object.entries(nodes)) {
    if (parent === undefined) continue;
    const siblings = children.get(parent);
    if (siblings) siblings.push(key);
    else children.set(parent, [key]);
  }
  return children;
}

/**
 * Groups that only hold named values, as a component instance does: they disappear from the meaning of a plan, because
 * what they name counts where it is used.
 */
export function isScopeOnly(node: DraftNode): boolean {
  if (node.kind !== "group") return false;
  const { if: when, else: otherwise, each, guards, id, key, args } = node;
  return ![when, otherwise, each, guards, id, key, args].some((field) => field !== undefined);
}

/** What people call a node: its id where that is fixed, else its key, whose `{}` stand for what depends on the run. */
export function nodeName(key: string, node: DraftNode): string {
  return typeof node.id === "string" ? node.id : key;
}
