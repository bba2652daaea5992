/** Lint SM401, for conditions that are folded before phase 5 sees them: a fresh list counts as true even when empty. */
import type * as Core from "../../../plan/core/ast.ts";
import { type Evaluation, report } from "./state.ts";
import type { Value } from "./value.ts";

const LISTS: ReadonlySet<string> = new Set([
  "filter",
  "map",
  "flatMap",
  "slice",
  "concat",
  "toSorted",
  "split",
]);

/** Reports a test that is the list a method of the run's data gives; a plain list is asked for on purpose. */
export function freshListAsTest(ev: Evaluation, test: Value, span: Core.Span | undefined): void {
  if (test.type !== "Residual" || test.expr.type !== "Call") return;
  const { callee } = test.expr;
  if (callee.type !== "Member" || typeof callee.property !== "string" || !LISTS.has(callee.property)) return;
  report(
    ev,
    "SM401",
    span,
    `This condition is always true: \`${callee.property}\` gives a list, and an empty list counts as true.`,
    "Ask for its length: rows.filter(…).length > 0, or rows.some(…).",
    "warning",
  );
}
