/** Reads of outputs in Core: `ctx.output('t', { nodeId: 'n' })` and kin. */
import type * as Core from "../../../plan/core/ast.ts";

export interface OutputRead {
  /** Undefined where only the run knows the table. */
  readonly table: string | undefined;
  /** Undefined where the read names no node. */
  readonly nodeId: Core.Expr | undefined;
  /** Whether the read names an iteration of its own. */
  readonly hasIteration: boolean;
  readonly call: Core.Call;
}

const WITH_OPTIONS: ReadonlySet<string> = new Set(["output", "outputMaybe"]);
const WITH_ID: ReadonlySet<string> = new Set(["latest", "iterationCount"]);

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

/** The read that a call is; null for any other call. */
export function outputRead(node: Core.Node): OutputRead | null {
  if (node.type !== "Call" || node.callee.type !== "Member") return null;
  const { object, property } = node.callee;
  if (object.type !== "Name" || object.name !== "ctx" || typeof property !== "string") return null;
  const [table, second] = node.args;
  const isOptions = WITH_OPTIONS.has(property);
  if (!isOptions && !WITH_ID.has(property)) return null;
  const name = table?.type === "Literal" && typeof table.value === "string" ? table.value : undefined;
  const base = { table: name, call: node, hasIteration: false };
  if (!second || second.type === "Spread") return { ...base, nodeId: undefined };
  if (!isOptions) return { ...base, nodeId: second };
  const option = (key: string): Core.Expr | undefined => {
    const found =
      second.type === "Object" ? second.props.find((p) => p.type === "Property" && p.key === key) : undefined;
    return found?.type === "Property" ? found.value : undefined;
  };
  return { ...base, nodeId: option("nodeId"), hasIteration: option("iteration") !== undefined };
}
