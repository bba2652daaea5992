/** What lint rules ask about: nodes with their ids and conditions, expressions with their scopes, reads of outputs. */
import type * as Core from "../../../plan/core/ast.ts";
import type { PlanDraft as Lowered } from "../../../plan/draft.ts";
import { isLeaf } from "../../../plan/fields.ts";
import type { Json } from "../../../plan/types.ts";
import { PlanSchemas } from "../../../plan/zod/index.ts";
import type { Span } from "../../surface.ts";
import type { SourceFile } from "../2-bind/files.ts";
import type { Field, NodeDraft, PlanDraft } from "../4-lower/draft.ts";

/** Which ids a node can have: exactly one, or those that match a pattern. */
export type IdPattern =
  | { readonly type: "exact"; readonly id: string }
  | { readonly type: "pattern"; readonly matches: RegExp };

export interface Model {
  readonly draft: PlanDraft;
  readonly nodes: ReadonlyMap<string, NodeDraft>;
  /** Nodes that yield rows, with their ids. */
  readonly producers: readonly { readonly node: NodeDraft; readonly id: IdPattern }[];
  /** The nodes that can have an id. */
  producersOf(id: string): readonly NodeDraft[];
  /** Every expression of the plan that is evaluated in a node's scope, values and guards included. */
  readonly exprs: readonly { readonly node: NodeDraft; readonly expr: Core.Expr }[];
  /** What a name of the plan stands for. */
  meaning(name: string): Core.Expr | undefined;
  /** The JSON Schema of a table (or of `input`); undefined where there is none. */
  schema(table: string): Json | undefined;
  /** What parses the rows of a table; undefined where there is no such table. */
  parser(table: string): ReturnType<PlanSchemas["get"]> | undefined;
  /** The place of a quoted string or of a key within a span; the span itself where it is not written there. */
  placeIn(span: Span, text: string): Span;
}

export function modelOf(
  draft: PlanDraft,
  lowered: Pick<Lowered, "schemas" | "constants" | "functions">,
  files: readonly SourceFile[],
): Model {
  const { schemas } = lowered;
  const parsers = new PlanSchemas(lowered);
  const nodes = new Map(draft.nodes.map((node) => [node.key, node]));
  const meanings = new Map<string, Core.Expr>([...draft.constants, ...draft.functions]);
  for (const node of draft.nodes) for (const [name, expr] of node.values) meanings.set(name, expr);
  const producers = draft.nodes.filter((node) => isLeaf(node.kind)).map((node) => ({ node, id: idOf(node) }));
  const exact = new Map<string, NodeDraft[]>();
  for (const { node, id } of producers)
    if (id.type === "exact") exact.set(id.id, [...(exact.get(id.id) ?? []), node]);
  const patterns = producers.flatMap(({ node, id }) => (id.type === "pattern" ? [{ node, id }] : []));
  return {
    draft,
    nodes,
    producers,
    producersOf: (id) => [
      ...(exact.get(id) ?? []),
      ...patterns.filter((p) => p.id.matches.test(id)).map((p) => p.node),
    ],
    exprs: draft.nodes.flatMap((node) => exprsOf(node).map((expr) => ({ node, expr }))),
    meaning: (name) => meanings.get(name),
    schema: (table) => (Object.hasOwn(schemas, table) ? schemas[table]!.jsonSchema : undefined),
    parser: (table) => (Object.hasOwn(schemas, table) ? parsers.get(table) : undefined),
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
}

function exprsOf(node: NodeDraft): Core.Expr[] {
  const core = (field: Field | undefined): Core.Expr[] => (field?.type === "core" ? [field.expr] : []);
  return [
    ...[node.if, node.each?.of, node.each?.key, node.each?.if].filter((e) => e !== undefined),
    ...core(node.id),
    ...core(node.orderKey),
    ...node.values.values(),
    ...node.guards.flatMap((guard) => [guard.if, ...core(guard.message)]),
    ...[...node.fields.values()].flatMap(core),
    ...[...(node.captures?.values() ?? [])].flatMap(core),
  ];
}

/** A node without an id is addressed by its key. */
function idOf(node: NodeDraft): IdPattern {
  if (!node.id) return { type: "exact", id: node.key };
  if (node.id.type === "json") return { type: "exact", id: String(node.id.value) };
  return patternOf(node.id.expr);
}

/** The ids that an expression can give; only literal text is certain. */
export function patternOf(expr: Core.Expr): IdPattern {
  const source = textOf(expr);
  if (source.every((part) => part !== null)) return { type: "exact", id: source.join("") };
  const pattern = source.map((part) =>
    part === null ? "[\\s\\S]*" : part.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&"),
  );
  return { type: "pattern", matches: new RegExp(`^${pattern.join("")}$`) };
}

/** The parts of a text; null for what only the run knows. */
function textOf(expr: Core.Expr): (string | null)[] {
  if (expr.type === "Literal") return [String(expr.value)];
  if (expr.type === "Template")
    return expr.quasis.flatMap((quasi, i) =>
      i < expr.exprs.length ? [quasi, ...textOf(expr.exprs[i]!)] : [quasi],
    );
  if (expr.type === "Binary" && expr.op === "+") return [...textOf(expr.left), ...textOf(expr.right)];
  return [null];
}
