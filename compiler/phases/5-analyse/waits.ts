/** Which node must wait for which: by what it reads with `ctx.output` or `deps`, and by the order of sequences. */
import type * as Core from "../../../plan/core/ast.ts";
import type { Span } from "../../surface.ts";
import type { NodeDraft } from "../4-lower/draft.ts";
import type { Model } from "./model.ts";
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
      const on = model.producersOf(id);
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
      if (read?.nodeId?.type !== "Literal" || read.iteration) return;
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

/** The order that sequences put nodes in. */
export class Order {
  readonly #model: Model;
  readonly #positions: ReadonlyMap<NodeDraft, number>;

  constructor(model: Model) {
    this.#model = model;
    this.#positions = new Map(model.draft.nodes.map((node, i) => [node, i]));
  }

  /** Whether `later` can start only when `earlier` has settled, because a sequence holds both in this order. */
  comesAfter(later: NodeDraft, earlier: NodeDraft): boolean {
    if (this.#positions.get(later)! <= this.#positions.get(earlier)!) return false;
    const above = new Set<NodeDraft>();
    for (let at = this.#parent(earlier); at; at = this.#parent(at)) above.add(at);
    let shared = this.#parent(later);
    while (shared && !above.has(shared)) {
      // What stands inside of the other is no sibling of it.
      if (shared === earlier) return false;
      shared = this.#parent(shared);
    }
    while (shared && TRANSPARENT.has(shared.kind)) shared = this.#parent(shared);
    return shared !== undefined && shared.kind !== "parallel";
  }

  #parent(node: NodeDraft): NodeDraft | undefined {
    return node.parent === undefined ? undefined : this.#model.nodes.get(node.parent);
  }
}
