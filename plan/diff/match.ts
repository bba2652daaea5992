/** Which node of the new plan is which of the old one. Keys are cosmetic; identity leads, then key, then place. */
import type { DraftNode } from "../draft.ts";
import { isAddressed } from "../fields.ts";
import { childrenOf, isScopeOnly } from "../tree.ts";
import type { Plan } from "../types.ts";

export interface Matches {
  /** Key in the new plan → key in the old one. */
  readonly oldOf: ReadonlyMap<string, string>;
  /** Key in the old plan → key in the new one. */
  readonly newOf: ReadonlyMap<string, string>;
}

/** Groups that only hold values take part too, so that their values are matched, but are no changes themselves. */
export function matchNodes(before: Plan, after: Plan): Matches {
  const oldOf = new Map<string, string>();
  const newOf = new Map<string, string>();
  const pair = (old: string, now: string): void => {
    oldOf.set(now, old);
    newOf.set(old, now);
  };
  const open = (
    plan: Plan,
    taken: ReadonlyMap<string, string>,
  ): [string, DraftNode & Plan["nodes"][string]][] =>
    Object.entries(plan.nodes).filter(([key]) => !taken.has(key));
  /** Pairs what is still open and agrees in a sign that says enough; several that agree are paired in document order. */
  const pairBy = (sign: (key: string, node: Plan["nodes"][string], plan: Plan) => string | null): void => {
    const waiting = new Map<string, string[]>();
    for (const [key, node] of open(before, newOf)) {
      const text = sign(key, node, before);
      if (text === null) continue;
      const list = waiting.get(text);
      if (list) list.push(key);
      else waiting.set(text, [key]);
    }
    for (const list of waiting.values()) list.reverse();
    for (const [key, node] of open(after, oldOf)) {
      const text = sign(key, node, after);
      const old = text === null ? undefined : waiting.get(text)?.pop();
      if (old !== undefined) pair(old, key);
    }
  };
  const named = (node: DraftNode): boolean => node.id !== undefined || isAddressed(node.kind);

  if (before.nodes[before.root]!.kind === after.nodes[after.root]!.kind) pair(before.root, after.root);
  pairBy((key, node) =>
    named(node) ? JSON.stringify([key, node.digests.identity, node.digests.behaviour]) : null,
  );
  pairBy((_, node) => (named(node) ? JSON.stringify([node.digests.identity, node.digests.behaviour]) : null));
  pairBy((_, node) => (named(node) ? node.digests.identity : null));
  // The same id in other loops or lists, the same key with another id.
  pairBy((_, node) => (node.id !== undefined ? JSON.stringify([node.kind, node.id]) : null));
  pairBy((key, node) => (named(node) ? JSON.stringify([node.kind, key]) : null));
  // Another id and another key: the same work under the same node is the same node.
  pairBy((_, node) =>
    named(node)
      ? JSON.stringify([node.kind, node.digests.behaviour, node.digests.interface, node.parent])
      : null,
  );
  pairByChildren(before, after, { oldOf, newOf }, pair);
  pairBy((key, node) => JSON.stringify([node.kind, key]));
  return { oldOf, newOf };
}

/** A container without a name is the one that held most of the nodes it holds. From the leaves up, as containers hold containers. */
function pairByChildren(
  before: Plan,
  after: Plan,
  { oldOf, newOf }: Matches,
  pair: (old: string, now: string) => void,
): void {
  const children = childrenOf(after.nodes);
  for (const key of Object.keys(after.nodes).reverse()) {
    if (oldOf.has(key)) continue;
    const node = after.nodes[key]!;
    const votes = new Map<string, number>();
    for (const child of children.get(key) ?? []) {
      const oldChild = oldOf.get(child);
      const old = oldChild === undefined ? undefined : before.nodes[oldChild]!.parent;
      if (old === undefined || newOf.has(old)) continue;
      const candidate = before.nodes[old]!;
      if (candidate.kind === node.kind && isScopeOnly(candidate) === isScopeOnly(node))
        votes.set(old, (votes.get(old) ?? 0) + 1);
    }
    const [best] = [...votes].sort(([a, x], [b, y]) => y - x || Number(b === key) - Number(a === key));
    if (best) pair(best[0], key);
  }
}

/** The nearest node above that has a counterpart in the other plan; undefined for the root. */
export function matchedAncestor(
  plan: Plan,
  key: string,
  matched: ReadonlyMap<string, string>,
): string | undefined {
  let at = plan.nodes[key]!.parent;
  while (at !== undefined && (!matched.has(at) || isScopeOnly(plan.nodes[at]!))) at = plan.nodes[at]!.parent;
  return at;
}
