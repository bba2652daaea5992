/** Which node must wait for which: by what it reads with `ctx.output` or `deps`, and by the order of sequences. */
import type * as Core from "../../../plan/core/ast.ts";
import type { Span } from "../../surface.ts";
import type { NodeDraft } from "../4-lower/draft.ts";
import { canBe, type Model } from "./model.ts";
import { outputRead, walk } from "./reads.ts";

/** A place where `node` waits for the row of `id`. */
export interface Wait {
  readonly node: NodeDraft;
  readonly id: string;
  /** The nodes that may give the row. */
  readonly on: readonly NodeDraft[];
  readonly span: Span;
}

/** Fields in which a pending read is no wait (DESIGN §3, the three outcomes): a loop's `until` is simply not yet true. */
const NOT_WAITING: ReadonlySet<string> = new Set(["until"]);

/** Every wait on nodes that are certain to be the only ones meant. */
export function waitsOf(model: Model): Wait[] {
  return model.draft.nodes.flatMap((node) => {
    const waits: Wait[] = [];
    const add = (id: string, span: Span): void => {
      const on = model.producers.filter((p) => canBe(p.id, id)).map((p) => p.node);
      if (on.length > 0) waits.push({ node, id, on, span });
    };
    for (const { id, span } of outputsIn(model, node)) add(id, span);
    const deps = node.fields.get("deps");
    const needs = node.fields.get("needs");
    if (deps?.type === "json" && needs?.type !== "core") {
      const renamed = (needs?.value ?? {}) as { readonly [name: string]: string };
      for (const name of Object.keys(deps.value ?? {})) {
        const id = Object.hasOwn(renamed, name) ? renamed[name]! : name;
        add(id, model.placeIn(node.span, id));
      }
    }
    return waits;
  });
}

/** `ctx.output('t', { nodeId: 'id' })` in what a node needs to be mounted and to start, through named values. */
function outputsIn(model: Model, node: NodeDraft): { id: string; span: Span }[] {
  const found: { id: string; span: Span }[] = [];
  const seen = new Set<string>();
  const search = (expr: Core.Expr): void =>
    walk(expr, (part) => {
      if (part.type === "Name" && !seen.has(part.name)) {
        seen.add(part.name);
        const meaning = model.meaning(part.name);
        if (meaning && meaning.type !== "Arrow") search(meaning);
      }
      const read = outputRead(part);
      if (read?.nodeId?.type !== "Literal" || read.hasIteration) return;
      if (read.call.callee.type !== "Member" || read.call.callee.property !== "output") return;
      const id = String(read.nodeId.value);
      const at = read.call.span ?? node.span;
      found.push({ id, span: read.nodeId.span ?? model.placeIn(at, id) });
    });
  for (const expr of [node.if, node.each?.of, node.each?.if]) if (expr) search(expr);
  for (const [name, field] of node.fields)
    if (field.type === "core" && !NOT_WAITING.has(name)) search(field.expr);
  for (const field of node.captures?.values() ?? []) if (field.type === "core") search(field.expr);
  return found;
}

const TRANSPARENT: ReadonlySet<NodeDraft["kind"]> = new Set(["group", "block"]);

/** Whether `later` can start only when `earlier` has settled, because a sequence holds both in this order. */
export function comesAfter(model: Model, later: NodeDraft, earlier: NodeDraft): boolean {
  const above = ancestors(model, earlier);
  const path = ancestors(model, later);
  const shared = path.find((node) => above.includes(node));
  if (!shared || shared === later || shared === earlier) return false;
  let container: NodeDraft | undefined = shared;
  while (container && TRANSPARENT.has(container.kind))
    container = container.parent === undefined ? undefined : model.nodes.get(container.parent);
  if (!container || container.kind === "parallel") return false;
  const order = model.draft.nodes;
  return order.indexOf(later) > order.indexOf(earlier);
}

/** The node itself and what holds it, innermost first. */
function ancestors(model: Model, node: NodeDraft): NodeDraft[] {
  const list: NodeDraft[] = [];
  for (
    let at: NodeDraft | undefined = node;
    at;
    at = at.parent === undefined ? undefined : model.nodes.get(at.parent)
  )
    list.push(at);
  return list;
}
