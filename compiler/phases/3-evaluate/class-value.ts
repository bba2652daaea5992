/** Classes as values. */
import type * as Surface from "../../surface.ts";
import { type Evaluation, report } from "./state.ts";
import type { Environment, Value } from "./value.ts";

/**
 * A class that stands in a function. What it evaluates there (static blocks and fields, decorators) no plan holds: it
 * would run at every rendering, and may change what the plan reads.
 */
export function classValue(ev: Evaluation, node: Surface.Class, env: Environment): Value {
  if (env.module === null && runsCode(node))
    return report(
      ev,
      "SM105",
      node.span,
      "the static code of this class may change what the workflow reads, whenever it is rendered",
      "Move the class to the top of the file, or into a compute task.",
    );
  return node.name
    ? { type: "Class", syntax: node, env, name: node.name }
    : { type: "Class", syntax: node, env };
}

function runsCode(node: Surface.Class): boolean {
  const code = node.code();
  if (!code) return true;
  return (
    code.evaluated.some(acts) ||
    code.parts.some(
      ({ kind, isStatic, run }) => isStatic && (kind === "block" || (kind === "field" && acts(run.body))),
    )
  );
}

const ACTS: ReadonlySet<unknown> = new Set<(Surface.Expr | Surface.Stmt)["type"]>([
  ...(["Call", "New", "Construct", "Assign", "Update", "Foreign"] as const),
]);

/** Whether an expression does something, beside what functions in it do. */
function acts(node: unknown): boolean {
  if (typeof node !== "object" || node === null) return false;
  if (Array.isArray(node)) return node.some(acts);
  const { type, op } = node as { readonly type?: string; readonly op?: string };
  if (type === "Arrow" || type === "Func") return false;
  if (ACTS.has(type) || op === "delete") return true;
  return Object.entries(node).some(([key, part]) => key !== "span" && acts(part));
}
