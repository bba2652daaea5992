/**
 * Keys of nameless nodes of one kind are numbered by where their elements end in the source: what is inside comes before
 * what is around it. So a container put around a body leaves the keys of everything in the body as they are.
 */
import { Numbered } from "../../numbered.ts";
import type { NodeDraft } from "./draft.ts";
import type { Lowering } from "./place.ts";

/** Gives the nodes of each name their numbers anew, in the order in which they end. */
export function renumber(to: Lowering): void {
  const keys = new Numbered();
  const given = new Map<string, string>();
  for (const key of endingOrder(to.nodes)) {
    const now = keys.take(to.keys.nameOf(key), "#");
    if (now !== key) given.set(key, now);
  }
  if (given.size === 0) return;
  const asked = to.nodes.some(({ kind, id, key }) => kind === "try" && !id && given.has(key));
  const nodes = to.nodes.splice(0).map((node) => renamed(asked ? withFailures(node, given) : node, given));
  to.nodes.push(...nodes);
  const blocks = to.blocks.splice(0).map((block) => ({ ...block, key: given.get(block.key) ?? block.key }));
  to.blocks.push(...blocks);
}

/** Keys by the end of their nodes: children first. */
function endingOrder(nodes: readonly NodeDraft[]): string[] {
  const order: string[] = [];
  const open: NodeDraft[] = [];
  for (const node of nodes) {
    while (open.length && open.at(-1)!.key !== node.parent) order.push(open.pop()!.key);
    open.push(node);
  }
  while (open.length) order.push(open.pop()!.key);
  return order;
}

function renamed(node: NodeDraft, given: ReadonlyMap<string, string>): NodeDraft {
  const { parent } = node;
  const fields = new Map(node.fields);
  const yields = fields.get("yields");
  if (yields?.type === "core") fields.set("yields", { ...yields, expr: withSites(yields.expr, given) });
  return {
    ...node,
    key: given.get(node.key) ?? node.key,
    ...(parent !== undefined && { parent: given.get(parent) ?? parent }),
    fields,
  };
}

/** Some expression whose `site('key', …)` name their nodes anew. */
const withSites = <T>(node: T, given: ReadonlyMap<string, string>): T =>
  withNames(node, given, ({ type, name }) => type === "Name" && name === "site");

/** Some part of a plan whose `ctx.failure('key')` name their tries anew. */
const withFailures = <T>(node: T, given: ReadonlyMap<string, string>): T =>
  withNames(node, given, ({ type, property }) => type === "Member" && property === "failure");

interface Callee {
  readonly type: string;
  readonly name?: unknown;
  readonly property?: unknown;
}

/** Gives the calls of what `isMeant` the new name as their first argument. */
function withNames<T>(node: T, given: ReadonlyMap<string, string>, isMeant: (callee: Callee) => boolean): T {
  if (typeof node !== "object" || node === null) return node;
  if (node instanceof Map)
    return new Map([...node].map(([key, part]) => [key, withNames(part, given, isMeant)])) as T;
  if (Array.isArray(node)) return node.map((item) => withNames(item, given, isMeant)) as T;
  const parts = Object.fromEntries(
    Object.entries(node).map(([key, part]) => [key, key === "span" ? part : withNames(part, given, isMeant)]),
  );
  const { type, callee, args } = parts;
  if (type === "Call" && isMeant(callee) && args[0]?.type === "Literal")
    parts.args = [{ ...args[0], value: given.get(args[0].value) ?? args[0].value }, ...args.slice(1)];
  return parts as T;
}
