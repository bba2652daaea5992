/** A site under construction: its node, and the arguments that the block hands to it. */
import type * as Core from "../../../plan/core/ast.ts";
import type { Json } from "../../../plan/types.ts";
import { call, nameOf, sameExpr } from "../3-evaluate/core.ts";
import { freeNames } from "../3-evaluate/names.ts";
import { RESERVED } from "../3-evaluate/state.ts";
import type { Field, NodeDraft } from "./draft.ts";

/** Arguments of a site under construction. */
export class Site {
  readonly node: NodeDraft;
  readonly args: [string, Core.Expr][] = [];
  readonly #local: ReadonlySet<string>;
  constructor(node: NodeDraft, local: ReadonlySet<string>) {
    this.node = node;
    this.#local = local;
  }

  /** A field from text of the block: literal where it is one, else through an argument. */
  set(field: string, text: Core.Expr): void {
    const value = this.pass(field, text);
    if (field === "id") this.node.id = value;
    else if (field === "key") this.node.orderKey = value;
    else this.node.fields.set(field, value);
  }

  pass(wanted: string, text: Core.Expr): Field {
    const json = jsonOf(text);
    if (json !== undefined) return { type: "json", value: json };
    return { type: "core", expr: this.text(wanted, text) };
  }

  /** Text for a field: an argument, but what depends on the node's own iteration is read where the node is (COMPILER 18). */
  text(wanted: string, text: Core.Expr): Core.Expr {
    if (!readsOwnScope(text)) return this.argument(wanted, text);
    const used = [...freeNames(text)].filter((name) => this.#local.has(name));
    const given = used.map((name) => this.argument(name, nameOf(name)));
    if (given.every((arg, n) => arg.name === used[n])) return text;
    return call({ type: "Arrow", params: used.map((name) => nameOf(name)), body: text }, ...given);
  }

  argument(wanted: string, text: Core.Expr): Core.Name {
    let name = RESERVED.has(wanted) ? `${wanted}_` : wanted;
    const same = this.args.find(([x, y]) => x === name && sameExpr(y, text));
    if (same) return nameOf(name);
    for (let n = 2; this.args.some(([x]) => x === name); n++) name = `${wanted}_${n}`;
    this.args.push([name, text]);
    return nameOf(name);
  }
}

/** `ctx.iteration` and `ctx.output(…)` mean the node that asks. */
function readsOwnScope(node: unknown): boolean {
  if (typeof node !== "object" || node === null) return false;
  if (Array.isArray(node)) return node.some(readsOwnScope);
  const { type, object, property } = node as { type?: string; object?: Core.Expr; property?: unknown };
  if (type === "Member" && object?.type === "Name" && object.name === "ctx")
    return property === "iteration" || property === "iterations" || property === "output";
  return Object.entries(node).some(([key, part]) => key !== "span" && readsOwnScope(part));
}

/** The JSON that text of the block is, if it is a literal through and through; agents by name. */
export function jsonOf(text: Core.Expr): Json | undefined {
  switch (text.type) {
    case "Literal":
      return text.value;
    case "Unary":
      return text.op === "-" && text.arg.type === "Literal" && typeof text.arg.value === "number"
        ? -text.arg.value
        : undefined;
    case "Array": {
      const items: Json[] = [];
      for (const element of text.elements) {
        const json = element && element.type !== "Spread" ? jsonOf(element) : undefined;
        if (json === undefined) return undefined;
        items.push(json);
      }
      return items;
    }
    case "Object": {
      const entries: [string, Json][] = [];
      for (const prop of text.props) {
        const json =
          prop.type === "Property" && typeof prop.key === "string" ? jsonOf(prop.value) : undefined;
        if (json === undefined || prop.type !== "Property") return undefined;
        entries.push([prop.key as string, json]);
      }
      return Object.fromEntries(entries);
    }
    default:
      return undefined;
  }
}
