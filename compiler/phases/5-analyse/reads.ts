/** Reads of outputs in Core: `ctx.output('t', { nodeId: 'n' })` and kin. */
import type * as Core from "../../../plan/core/ast.ts";
import { isContext } from "../../../plan/core/index.ts";
import type { Span } from "../../surface.ts";
import type { NodeDraft } from "../4-lower/draft.ts";
import type { Meaning, Model } from "./model.ts";

export interface OutputRead {
  readonly method: "output" | "outputMaybe" | "latest" | "iterationCount";
  /** Undefined where only the run knows the table. */
  readonly table: string | undefined;
  /** Undefined where the read names no node. */
  readonly nodeId: Core.Expr | undefined;
  /** The iteration that the read names. */
  readonly iteration: Core.Expr | undefined;
  readonly call: Core.Call;
}

const METHODS = ["output", "outputMaybe", "latest", "iterationCount"] as const;
const WITH_OPTIONS: ReadonlySet<string> = new Set(["output", "outputMaybe"]);

/** Calls `visit` for every node of an expression, patterns and statements included, parents first. */
export function walk(tree: unknown, visit: (node: Core.Node) => void): void {
  if (typeof tree !== "object" || tree === null) return;
  if (Array.isArray(tree)) {
    for (const item of tree) walk(item, visit);
    return;
  }
  if ("type" in tree) visit(tree as Core.Node);
  for (const [key, part] of Object.entries(tree)) if (key !== "span") walk(part, visit);
}

/** The same, through the named values that are mentioned; functions are not entered by name. */
export function walkThrough(
  model: Model,
  scope: NodeDraft,
  expr: Core.Expr,
  visit: (node: Core.Node, scope: NodeDraft) => void,
  seen: Set<Core.Expr> = new Set(),
): void {
  if (seen.has(expr)) return;
  seen.add(expr);
  walk(expr, (part) => {
    visit(part, scope);
    if (part.type !== "Name") return;
    const meaning = model.lookup(scope, part.name);
    if (!meaning || typeof meaning.expr === "string" || meaning.expr.type === "Arrow") return;
    walkThrough(model, meaning.from, meaning.expr, visit, seen);
  });
}

/** What the names of an expression stand for, and what those stand for in turn. */
export function namesThrough(model: Model, scope: NodeDraft, expr: Core.Expr): Meaning[] {
  const found: Meaning[] = [];
  walkThrough(model, scope, expr, (part, at) => {
    const meaning = part.type === "Name" ? model.lookup(at, part.name) : undefined;
    if (meaning) found.push(meaning);
  });
  return found;
}

/** The read that a call is; null for any other call. */
export function outputRead(node: Core.Node): OutputRead | null {
  if (node.type !== "Call" || node.callee.type !== "Member") return null;
  const { object, property } = node.callee;
  if (!isContext(object) || typeof property !== "string") return null;
  const method = METHODS.find((name) => name === property);
  if (!method) return null;
  const [table, second] = node.args;
  const name = table?.type === "Literal" && typeof table.value === "string" ? table.value : undefined;
  const base = { method, table: name, call: node, iteration: undefined };
  if (!second || second.type === "Spread") return { ...base, nodeId: undefined };
  if (!WITH_OPTIONS.has(method)) return { ...base, nodeId: second };
  const option = (key: string): Core.Expr | undefined => {
    const found =
      second.type === "Object" ? second.props.find((p) => p.type === "Property" && p.key === key) : undefined;
    return found?.type === "Property" ? found.value : undefined;
  };
  return { ...base, nodeId: option("nodeId"), iteration: option("iteration") };
}

/** The table that an expression names: `ctx.outputs.t`, `ctx.outputs('t')`, `ctx.latest('t', …)`; null for all others. */
export function tableRead(node: Core.Node): { readonly name: string; readonly span?: Span } | null {
  if (node.type === "Member") {
    const { object, property, span } = node;
    if (!isOutputs(object) || typeof property !== "string" || property in Function.prototype) return null;
    return {
      name: property,
      ...(span && { span: { ...span, start: Math.max(span.start, span.end - property.length) } }),
    };
  }
  if (node.type !== "Call") return null;
  const isRead = isOutputs(node.callee) || outputRead(node);
  const [table] = node.args;
  if (!isRead || table?.type !== "Literal" || typeof table.value !== "string") return null;
  return { name: table.value, ...(table.span && { span: table.span }) };
}

function isOutputs(expr: Core.Expr): boolean {
  return expr.type === "Member" && expr.property === "outputs" && isContext(expr.object);
}
