/** Which node must wait for which: by what it reads with `ctx.output` or `deps`, and by the order of sequences. */
import type * as Core from "../../../plan/core/ast.ts";
import type { Span } from "../../surface.ts";
import type { NodeDraft } from "../4-lower/draft.ts";
import type { Model } from "./model.ts";
import { outputRead, walk } from "./reads.ts";

/** A place where `node` waits for the row of `id`, or for its end. */
export interface Wait {
  readonly node: NodeDraft;
  readonly id: string;
  /** The nodes that may be meant. */
  readonly on: readonly NodeDraft[];
  readonly span: Span;
}

/** Fields in which a pending read is no wait (DESIGN §3, the three outcomes): a loop's `until` is simply not yet true. */
const NOT_WAITING: ReadonlySet<string> = new Set(["until"]);

/** Every wait on nodes that are certain to be the only ones meant. */
export function waitsOf(model: Model): Wait[] {
  return model.draft.nodes.flatMap((node) => {
    const waits: Wait[] = [];
    const add = (id: string, span: Span, on = model.producersOf(id)): void => {
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
    for (const id of dependsOnOf(node)) {
      add(id, model.placeIn(fromProp(model, node, "dependsOn"), id), model.namedBy(id));
    }
    return waits;
  });
}

/** The node from one of its props on: what is looked for there may stand in front of it as well. */
export function fromProp(model: Model, { span }: NodeDraft, prop: string): Span {
  const start = model.files[span.file]?.text.indexOf(prop, span.start) ?? -1;
  return start >= 0 && start < span.end ? { ...span, start } : span;
}

/** Ids that `dependsOn` writes out. */
export function dependsOnOf(node: NodeDraft): string[] {
  const field = node.fields.get("dependsOn");
  const ids = field?.type === "json" ? [field.value].flat() : [];
  return ids.filter((id) => typeof id === "string");
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
