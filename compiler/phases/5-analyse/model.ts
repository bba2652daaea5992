/** What lint rules ask about: nodes with their ids and conditions, expressions with their scopes, reads of outputs. */
import { CONTINUATION } from "../../../plan/continuation.ts";
import type * as Core from "../../../plan/core/ast.ts";
import type { PlanDraft as Lowered } from "../../../plan/draft.ts";
import { isLeaf } from "../../../plan/fields.ts";
import { type IdPattern, idPattern } from "../../../plan/ids.ts";
import { jsonSchemaOf, PlanSchemas } from "../../../plan/zod/index.ts";
import type { Span } from "../../surface.ts";
import type { SourceFile } from "../2-bind/files.ts";
import type { Field, NodeDraft, PlanDraft } from "../4-lower/draft.ts";
import { Order } from "./order.ts";
import { type Texts, textsOf } from "./texts.ts";
import { type Alternative, holdsUnion, NUMBER, ofSchema, STRING, type Type, typeOf } from "./types.ts";
import { type Flow, flowOf } from "./typing.ts";

/** Where an expression stands: in a field of that name, or what the field's name says. */
export type Role =
  | { readonly type: "if" | "else" | "each" | "key" | "each.if" | "id" | "guard" | "capture" }
  | { readonly type: "value"; readonly name: string }
  | { readonly type: "field"; readonly name: string };

export interface Placed {
  readonly node: NodeDraft;
  readonly role: Role;
  /** The node in whose scope it is evaluated: the parent for what decides whether a node is mounted. */
  readonly scope: NodeDraft;
  readonly expr: Core.Expr;
}

/** What a name stands for in a scope: an expression, or what an each or a block gives. */
export interface Meaning {
  readonly from: NodeDraft;
  readonly expr: Core.Expr | "item" | "index" | "all" | "argument";
}

export interface Model {
  readonly draft: PlanDraft;
  /** All sources, prompts among them. */
  readonly files: readonly SourceFile[];
  readonly nodes: ReadonlyMap<string, NodeDraft>;
  /** Nodes that yield rows, with their ids. */
  readonly producers: readonly { readonly node: NodeDraft; readonly id: IdPattern }[];
  /** Those that can have an id. */
  producersOf(id: string): readonly NodeDraft[];
  /** All that `dependsOn` may name: producers, and containers with an explicit id. */
  readonly named: Model["producers"];
  /** Those that can have an id. */
  namedBy(id: string): readonly NodeDraft[];
  /** Every expression of the plan that is evaluated in a node's scope, values and guards included. */
  readonly exprs: readonly Placed[];
  /** The types of all of them, and what is wrong with them. */
  readonly flow: Flow;
  /** What must have happened before what. */
  readonly order: Order;
  /** Values that become part of prompts and payloads as text. */
  readonly texts: Texts;
  /** The nodes around one, the nearest first. */
  above(node: NodeDraft): readonly NodeDraft[];
  /** What a name of the plan stands for. */
  meaning(name: string): Core.Expr | undefined;
  /** The same, as a node's scope sees it. */
  lookup(node: NodeDraft, name: string): Meaning | undefined;
  /** The type of a row of a table, or of `input` as the workflow sees it. */
  rowType(table: string): Type | null;
  /** Whether a schema of input or rows holds alternatives that are objects: without them none is to be told apart. */
  readonly hasUnions: boolean;
  /** The type of `ctx.outputs.TABLE`. */
  rowsType(table: string): Type | null;
  readonly agents: Lowered["agents"];
  /** What parses the input of a workflow that nodes run as a run of its own; undefined where it takes any, or has no plan. */
  inputParser(workflow: string): ReturnType<PlanSchemas["get"]> | undefined;
  /** What parses the rows of a table; undefined where there is no such table. */
  parser(table: string): ReturnType<PlanSchemas["get"]> | undefined;
  /** The place of a quoted string or of a key within a span; the span itself where it is not written there. */
  placeIn(span: Span, text: string): Span;
}

export function modelOf(
  draft: PlanDraft,
  lowered: Pick<Lowered, "schemas" | "constants" | "functions" | "agents" | "subflows">,
  files: readonly SourceFile[],
): Model {
  const { schemas } = lowered;
  const parsers = new PlanSchemas(lowered);
  const nodes = new Map(draft.nodes.map((node) => [node.key, node]));
  const meanings = new Map<string, Core.Expr>([...draft.constants, ...draft.functions]);
  for (const node of draft.nodes) for (const [name, expr] of node.values) meanings.set(name, expr);
  const producers = draft.nodes.filter((node) => isLeaf(node.kind)).map((node) => ({ node, id: idOf(node) }));
  const named = draft.nodes
    .filter(({ id, kind }) => isLeaf(kind) || (id !== undefined && kind !== "effect"))
    .map((node) => ({ node, id: idOf(node) }));
  const parserOf = (table: string) => (Object.hasOwn(schemas, table) ? parsers.get(table) : undefined);
  const rows = new Map<string, Type | null>();
  const rowType = (table: string): Type | null => {
    if (!rows.has(table)) rows.set(table, readRow(parserOf(table), table));
    return rows.get(table)!;
  };
  const above = (node: NodeDraft): NodeDraft[] => {
    const found: NodeDraft[] = [];
    for (let at = parentOf(nodes, node); at; at = parentOf(nodes, at)) found.push(at);
    return found;
  };
  let flow: Flow | undefined;
  let order: Order | undefined;
  let texts: Texts | undefined;
  let hasUnions: boolean | undefined;
  const model: Model = {
    draft,
    files,
    nodes,
    producers,
    producersOf: finderOf(producers),
    named,
    namedBy: finderOf(named),
    exprs: draft.nodes.flatMap((node) => exprsOf(node, parentOf(nodes, node) ?? node)),
    get flow() {
      flow ??= flowOf(model);
      return flow;
    },
    get order() {
      order ??= new Order(model);
      return order;
    },
    get texts() {
      texts ??= textsOf(model);
      return texts;
    },
    above,
    meaning: (name) => meanings.get(name),
    lookup: (node, name) => lookup(draft, nodes, node, name),
    rowType,
    get hasUnions() {
      hasUnions ??= Object.keys(schemas).some((table) => holdsUnion(rowType(table)));
      return hasUnions;
    },
    rowsType: (table) => rowsOf(rowType(table), table),
    agents: lowered.agents,
    inputParser: (workflow) => inputParser(lowered.subflows ?? {}, workflow),
    parser: parserOf,
    placeIn(span, text) {
      const source = files[span.file]?.text ?? "";
      for (const written of [`"${text}"`, `'${text}'`, `\`${text}\``, `${text}:`, `${text},`, `${text} `]) {
        const start = source.indexOf(written, span.start);
        if (start >= 0 && start < span.end)
          return { file: span.file, start, end: start + written.replace(/[:, ]$/, "").length };
      }
      return span;
    },
  };
  return model;
}

/** Finds the nodes that can have an id: first those that have no other. */
function finderOf(nodes: Model["producers"]): (id: string) => readonly NodeDraft[] {
  const exact = new Map<string, NodeDraft[]>();
  for (const { node, id } of nodes) {
    if (id.type !== "exact") continue;
    const same = exact.get(id.id);
    if (same) same.push(node);
    else exact.set(id.id, [node]);
  }
  const patterns = nodes.flatMap(({ node, id }) => (id.type === "pattern" ? [{ node, id }] : []));
  return (id) => [
    ...(exact.get(id) ?? []),
    ...patterns.filter((p) => p.id.matches.test(id)).map((p) => p.node),
  ];
}

function inputParser(
  subflows: NonNullable<Lowered["subflows"]>,
  workflow: string,
): ReturnType<PlanSchemas["get"]> | undefined {
  const plan = Object.hasOwn(subflows, workflow) ? subflows[workflow] : undefined;
  return plan?.input ? new PlanSchemas(plan).get(plan.input.schema) : undefined;
}

function parentOf(nodes: ReadonlyMap<string, NodeDraft>, node: NodeDraft): NodeDraft | undefined {
  return node.parent === undefined ? undefined : nodes.get(node.parent);
}

/** Names are looked up from the inside out; constants and helpers stand around everything. */
function lookup(
  draft: PlanDraft,
  nodes: ReadonlyMap<string, NodeDraft>,
  node: NodeDraft,
  name: string,
): Meaning | undefined {
  for (let at: NodeDraft | undefined = node; at; at = parentOf(nodes, at)) {
    if (at.args?.includes(name)) return { from: at, expr: "argument" };
    const value = at.values.get(name);
    if (value) return { from: at, expr: value };
    if (at.each?.as === name) return { from: at, expr: "item" };
    if (at.each?.index === name) return { from: at, expr: "index" };
    if (at.each?.all === name) return { from: at, expr: "all" };
  }
  const expr = draft.constants.get(name) ?? draft.functions.get(name);
  const [root] = draft.nodes;
  return expr && root ? { from: root, expr } : undefined;
}

/** Rows are read as the parser gives them: with defaults, after transforms. */
function readRow(parser: ReturnType<PlanSchemas["get"]> | undefined, table: string): Type | null {
  if (!parser) return null;
  if (table === "input") return withContinuation(ofSchema(jsonSchemaOf(parser, "output"), "ctx.input"));
  const row = ofSchema(jsonSchemaOf(parser, "output"), `a row of ${table}`);
  return row && { ...row, alternatives: row.alternatives.map(withoutPlace) };
}

/** What a run finds beside its input that took the place of another one. */
function withContinuation(input: Type | null): Type | null {
  if (!input) return null;
  const alternatives = input.alternatives.map((one) =>
    one.kind === "object" && !one.fields.has(CONTINUATION)
      ? { ...one, fields: new Map([...one.fields, [CONTINUATION, null] as const]) }
      : one,
  );
  return { ...input, alternatives };
}

/** The public library tells the place of every row; here only `ctx.outputs` does. */
const PLACE: readonly string[] = ["nodeId", "iteration", "runId"];

function withoutPlace(one: Alternative): Alternative {
  if (one.kind !== "object" || one.closed || one.rest !== undefined) return one;
  return { ...one, unlikely: new Set(PLACE.filter((name) => !one.fields.has(name))) };
}

/** Rows of `ctx.outputs.t` have the place of their node beside the fields of the schema. */
function rowsOf(row: Type | null, table: string): Type | null {
  if (!row) return null;
  const place: [string, Type | null][] = [
    ["nodeId", typeOf("nodeId", STRING)],
    ["iteration", typeOf("iteration", NUMBER)],
  ];
  const alternatives = row.alternatives.map((one) =>
    one.kind === "object" ? { ...one, fields: new Map([...one.fields, ...place]) } : one,
  );
  const items = { ...row, alternatives, of: `an item of ctx.outputs.${table}` };
  return { alternatives: [{ kind: "array", items }], of: `ctx.outputs.${table}`, told: true };
}

function exprsOf(node: NodeDraft, parent: NodeDraft): Placed[] {
  const found: Placed[] = [];
  const add = (role: Role, expr: Core.Expr | undefined, scope: NodeDraft = node): void => {
    if (expr) found.push({ node, role, scope, expr });
  };
  const addField = (role: Role, field: Field | undefined): void =>
    add(role, field?.type === "core" ? field.expr : undefined);
  add({ type: "if" }, node.if, parent);
  add({ type: "else" }, node.else, parent);
  add({ type: "each" }, node.each?.of, parent);
  add({ type: "key" }, node.each?.key);
  add({ type: "each.if" }, node.each?.if);
  addField({ type: "id" }, node.id);
  addField({ type: "key" }, node.orderKey);
  for (const [name, expr] of node.values) add({ type: "value", name }, expr);
  for (const guard of node.guards) {
    add({ type: "guard" }, guard.if);
    addField({ type: "guard" }, guard.message);
  }
  for (const [name, field] of node.fields) addField({ type: "field", name }, field);
  for (const field of node.captures?.values() ?? []) addField({ type: "capture" }, field);
  return found;
}

/** A node without an id is addressed by its key. */
function idOf(node: NodeDraft): IdPattern {
  if (!node.id) return { type: "exact", id: node.key };
  if (node.id.type === "json") return { type: "exact", id: String(node.id.value) };
  return idPattern(node.id.expr);
}
