/**
 * Shapes of values as far as the JSON Schemas of tables and input tell them, followed through members, list methods,
 * named values and each items. Unknown wherever in doubt: a finding is certain.
 */
import type * as Core from "../../../plan/core/ast.ts";
import type { Json } from "../../../plan/types.ts";
import type { Span } from "../../surface.ts";
import type { NodeDraft } from "../4-lower/draft.ts";
import type { Model } from "./model.ts";
import { outputRead } from "./reads.ts";

/** A JSON Schema and what to call the value in a message. */
interface Shape {
  readonly schema: { readonly [key: string]: Json };
  readonly of: string;
}

export interface UnknownMember {
  readonly name: string;
  readonly of: string;
  readonly known: readonly string[];
  readonly span: Span | undefined;
}

interface Scope {
  readonly names: ReadonlyMap<string, Shape | null>;
  readonly parent: Scope | null;
}

/** Own fields that rows of `ctx.outputs.t` have beside those of the schema. */
const ROW_FIELDS: Json = { nodeId: { type: "string" }, iteration: { type: "number" } };
const SAME_LIST: ReadonlySet<string> = new Set([
  "filter",
  "slice",
  "toSorted",
  "toReversed",
  "sort",
  "reverse",
  "concat",
]);
const ONE_ITEM: ReadonlySet<string> = new Set(["find", "findLast", "at", "pop", "shift"]);
const WITH_ITEM: ReadonlySet<string> = new Set([
  ...["filter", "find", "findLast", "findIndex", "some", "every", "map", "flatMap", "forEach"],
]);
const BOTH_ITEMS: ReadonlySet<string> = new Set(["toSorted", "sort"]);
const MAX_DEPTH = 200;

/** Calls `report` for every member access of an expression whose object certainly has no such field. */
export function checkMembers(
  model: Model,
  node: NodeDraft,
  expr: Core.Expr,
  report: (member: UnknownMember) => void,
): void {
  new Checker(model, node, report).visit(expr, null);
}

class Checker {
  readonly #model: Model;
  readonly #node: NodeDraft;
  readonly #report: (member: UnknownMember) => void;
  #depth = 0;

  constructor(model: Model, node: NodeDraft, report: (member: UnknownMember) => void) {
    this.#model = model;
    this.#node = node;
    this.#report = report;
  }

  /** Visits a tree; functions open scopes in which their parameters hide outer names. */
  visit(tree: unknown, scope: Scope | null, params: Scope | null = null): void {
    if (typeof tree !== "object" || tree === null) return;
    if (Array.isArray(tree)) {
      for (const item of tree) this.visit(item, scope);
      return;
    }
    const node = tree as Partial<Core.Node>;
    if (node.type === "Member") this.#check(node as Core.Member, scope);
    if (node.type === "Call") {
      this.#call(node as Core.Call, scope);
      return;
    }
    const inner = node.type === "Arrow" ? (params ?? hide(node as Core.Arrow, scope)) : scope;
    // Statements may declare names that hide ours: what they hold is not looked at.
    if (node.type === "Block") return;
    for (const [key, part] of Object.entries(tree)) if (key !== "span") this.visit(part, inner);
  }

  #call(call: Core.Call, scope: Scope | null): void {
    this.visit(call.callee, scope);
    const { callee } = call;
    const method = callee.type === "Member" && typeof callee.property === "string" ? callee.property : "";
    const item = callee.type === "Member" ? this.#itemOf(this.#shape(callee.object, scope)) : null;
    for (const arg of call.args) {
      const [first, second] = arg.type === "Arrow" ? arg.params : [];
      if (
        arg.type === "Arrow" &&
        item &&
        (WITH_ITEM.has(method) || BOTH_ITEMS.has(method)) &&
        first?.type === "Name"
      ) {
        const names = new Map<string, Shape | null>(hide(arg, null).names);
        names.set(first.name, item);
        if (second?.type === "Name" && BOTH_ITEMS.has(method)) names.set(second.name, item);
        this.visit(arg, scope, { names, parent: scope });
      } else this.visit(arg, scope);
    }
  }

  #check(member: Core.Member, scope: Scope | null): void {
    if (typeof member.property !== "string") return;
    const shape = this.#shape(member.object, scope);
    if (!shape) return;
    const known = fieldsOf(shape.schema);
    if (!known || Object.hasOwn(known, member.property) || member.property in Object.prototype) return;
    this.#report({ name: member.property, of: shape.of, known: Object.keys(known), span: nameSpan(member) });
  }

  #shape(expr: Core.Expr, scope: Scope | null): Shape | null {
    if (++this.#depth > MAX_DEPTH) {
      this.#depth--;
      return null;
    }
    const shape = this.#shapeOf(expr, scope);
    this.#depth--;
    return shape && simple(shape);
  }

  #shapeOf(expr: Core.Expr, scope: Scope | null): Shape | null {
    const read = outputRead(expr);
    if (read)
      return read.call.callee.type === "Member" && read.call.callee.property !== "iterationCount"
        ? this.#table(read.table)
        : null;
    switch (expr.type) {
      case "Chain":
        return this.#shape(expr.expr, scope);
      case "Name":
        return this.#named(expr.name, scope);
      case "Member":
        return this.#member(expr, scope);
      case "Call":
        return this.#result(expr, scope);
      case "Logical": {
        if (expr.op === "&&") return this.#shape(expr.right, scope);
        return isEmpty(expr.right) ? this.#shape(expr.left, scope) : null;
      }
      case "Conditional": {
        if (isEmpty(expr.else)) return this.#shape(expr.then, scope);
        return isEmpty(expr.then) ? this.#shape(expr.else, scope) : null;
      }
      default:
        return null;
    }
  }

  #named(name: string, scope: Scope | null): Shape | null {
    for (let at = scope; at; at = at.parent) {
      const found = at.names.get(name);
      if (found !== undefined) return found;
    }
    for (
      let at: NodeDraft | undefined = this.#node;
      at;
      at = at.parent === undefined ? undefined : this.#model.nodes.get(at.parent)
    ) {
      if (at.args?.includes(name)) return null;
      if (at.each?.as === name) return this.#itemOf(this.#shape(at.each.of, null));
      if (at.each?.all === name) return this.#shape(at.each.of, null);
    }
    const meaning = this.#model.meaning(name);
    return meaning ? this.#shape(meaning, null) : null;
  }

  #member(expr: Core.Member, scope: Scope | null): Shape | null {
    const { object, property } = expr;
    const isCtx = object.type === "Name" && object.name === "ctx";
    if (isCtx && property === "input") return this.#table("input");
    const isOutputs =
      object.type === "Member" &&
      object.property === "outputs" &&
      object.object.type === "Name" &&
      object.object.name === "ctx";
    if (isOutputs) return typeof property === "string" ? this.#rows(property) : null;
    const shape = this.#shape(object, scope);
    if (!shape) return null;
    if (typeof property !== "string") return this.#itemOf(shape);
    const field = fieldsOf(shape.schema)?.[property];
    return isRecord(field) ? { schema: field, of: `${shape.of}.${property}` } : null;
  }

  #result(call: Core.Call, scope: Scope | null): Shape | null {
    const { callee } = call;
    if (callee.type !== "Member" || typeof callee.property !== "string") return null;
    const [first] = call.args;
    const isCtx = callee.object.type === "Name" && callee.object.name === "ctx";
    if (isCtx && callee.property === "outputs" && first?.type === "Literal")
      return this.#rows(String(first.value));
    const list = this.#shape(callee.object, scope);
    if (list?.schema.type !== "array") return null;
    if (callee.property === "concat") return null;
    if (SAME_LIST.has(callee.property)) return list;
    return ONE_ITEM.has(callee.property) ? this.#itemOf(list) : null;
  }

  #itemOf(shape: Shape | null): Shape | null {
    const items = shape?.schema.type === "array" ? shape.schema.items : undefined;
    return shape && isRecord(items) ? simple({ schema: items, of: `an item of ${shape.of}` }) : null;
  }

  #table(table: string | undefined): Shape | null {
    const schema = table === undefined ? undefined : this.#model.schema(table);
    return isRecord(schema) ? { schema, of: table === "input" ? "ctx.input" : `a row of ${table}` } : null;
  }

  #rows(table: string): Shape | null {
    const row = this.#table(table);
    if (!row) return null;
    const fields = fieldsOf(row.schema);
    const items = fields
      ? { ...row.schema, properties: { ...fields, ...(ROW_FIELDS as object) } }
      : row.schema;
    return { schema: { type: "array", items }, of: `ctx.outputs.${table}` };
  }
}

/** A parameter hides a name of the plan; nothing is known of it. */
function hide(arrow: Core.Arrow, parent: Scope | null): Scope {
  const names = new Map<string, Shape | null>();
  const add = (pattern: unknown): void => {
    if (typeof pattern !== "object" || pattern === null) return;
    if ("type" in pattern && pattern.type === "Name") names.set((pattern as Core.Name).name, null);
    else for (const part of Object.values(pattern)) add(part);
  };
  add(arrow.params);
  add(arrow.rest);
  return { names, parent };
}

/** `T | null` is `T`; other unions are not followed. */
function simple(shape: Shape): Shape | null {
  const { anyOf } = shape.schema;
  if (!Array.isArray(anyOf)) return shape;
  const rest = anyOf.filter((option: Json) => isRecord(option) && option.type !== "null");
  return rest.length === 1 && isRecord(rest[0]) ? simple({ ...shape, schema: rest[0] }) : null;
}

/** The fields of a closed object; null where others may be there. */
function fieldsOf(schema: Shape["schema"]): { readonly [name: string]: Json } | null {
  const { type, properties, additionalProperties } = schema;
  if (type !== "object" || !isRecord(properties)) return null;
  return additionalProperties === undefined || additionalProperties === false ? properties : null;
}

function isRecord(value: Json | undefined): value is { readonly [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isEmpty(expr: Core.Expr): boolean {
  if (expr.type === "Name") return expr.name === "undefined";
  if (expr.type === "Literal") return expr.value === null;
  if (expr.type === "Array") return expr.elements.length === 0;
  return expr.type === "Object" && expr.props.length === 0;
}

/** The place of the name behind the dot: it ends where the member does. */
function nameSpan(member: Core.Member): Span | undefined {
  const { span, property } = member;
  if (!span || typeof property !== "string") return undefined;
  return { ...span, start: Math.max(span.start, span.end - property.length) };
}
