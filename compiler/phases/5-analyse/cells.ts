/** The cells that an expression of the plan reads, through named values, helpers and the sources of eaches. */
import type * as Core from "../../../plan/core/ast.ts";
import { readsOf } from "../../../plan/core/index.ts";
import type { NodeDraft } from "../4-lower/draft.ts";
import type { Model } from "./model.ts";

const FREE = "name:";

/** As plan/core/reads.ts names them; `name:X` stays where only a block knows what X is. */
export function cellsOf(model: Model, scope: NodeDraft, expr: Core.Expr): ReadonlySet<string> {
  const cells = new Set<string>();
  const seen = new Set([expr]);
  const open: [NodeDraft, Core.Expr][] = [[scope, expr]];
  const follow = (from: NodeDraft, next: Core.Expr): void => {
    if (seen.has(next)) return;
    seen.add(next);
    open.push([from, next]);
  };
  for (const [at, part] of open)
    for (const cell of readsOf(part)) {
      const meaning = cell.startsWith(FREE) ? model.lookup(at, cell.slice(FREE.length)) : undefined;
      if (!meaning || meaning.expr === "argument") cells.add(cell);
      else if (typeof meaning.expr !== "string") follow(meaning.from, meaning.expr);
      else follow(model.above(meaning.from)[0] ?? meaning.from, meaning.from.each!.of);
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
