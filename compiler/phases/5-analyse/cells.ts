/** The cells that an expression of the plan reads, through named values, helpers and the sources of eaches. */
import type * as Core from "../../../plan/core/ast.ts";
import { readsOf } from "../../../plan/core/index.ts";
import type { NodeDraft } from "../4-lower/draft.ts";
import type { Model } from "./model.ts";

const FREE = "name:";

/** As plan/core/reads.ts names them; `name:X` stays where only a block knows what X is. */
export function cellsOf(
  model: Model,
  scope: NodeDraft,
  expr: Core.Expr,
  seen: ReadonlySet<Core.Expr> = new Set(),
): ReadonlySet<string> {
  if (seen.has(expr)) return new Set();
  const within = new Set([...seen, expr]);
  const cells = new Set<string>();
  const add = (more: Iterable<string>): void => {
    for (const cell of more) cells.add(cell);
  };
  for (const cell of readsOf(expr)) {
    if (!cell.startsWith(FREE)) {
      cells.add(cell);
      continue;
    }
    const meaning = model.lookup(scope, cell.slice(FREE.length));
    if (!meaning || meaning.expr === "argument") cells.add(cell);
    else if (typeof meaning.expr !== "string") add(cellsOf(model, meaning.from, meaning.expr, within));
    else add(cellsOf(model, model.above(meaning.from)[0] ?? meaning.from, meaning.from.each!.of, within));
  }
  return cells;
}

/** Whether a cell keeps its value throughout a run. */
export function isFixed(cell: string): boolean {
  return cell === "runId" || /^(input|host)(\.|$)/.test(cell);
}

/** The nodes that may write what a cell of outputs reads; null for cells that read no outputs, or any. */
export function writersOf(model: Model, cell: string): readonly NodeDraft[] | null {
  const [, table, id] = /^outputs\.([^@]+)(?:@([\s\S]*))?$/.exec(cell) ?? [];
  if (table === undefined || table === "*") return null;
  const writers = model.producers.filter(({ node }) => {
    const output = node.fields.get("output");
    return output?.type !== "json" || output.value === table;
  });
  if (id === undefined || id.includes("{}")) return writers.map(({ node }) => node);
  const named = new Set(model.producersOf(id));
  return writers.filter(({ node }) => named.has(node)).map(({ node }) => node);
}
