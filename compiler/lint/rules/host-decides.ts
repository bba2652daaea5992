/** SM503: a condition, an id or a prompt that depends on the machine which runs the plan. */
import type * as Core from "../../../plan/core/ast.ts";
import { readsOf } from "../../../plan/core/index.ts";
import type { Diagnostic } from "../../diagnostics.ts";
import type { Field, NodeDraft } from "../../phases/4-lower/draft.ts";
import { problem } from "../../report.ts";
import type { Rule } from "../rule.ts";

const CELL = "host.";

export const hostDecides: Rule = {
  code: "SM503",
  check(model) {
    const found: Diagnostic[] = [];
    for (const node of model.draft.nodes) {
      for (const [what, expr] of decisions(node)) {
        const names = readsOf(expr, model.meaning).filter((cell) => cell.startsWith(CELL));
        if (names.length === 0) continue;
        const list = names.map((cell) => `\`${written(cell.slice(CELL.length))}\``).join(", ");
        found.push(
          problem(
            "SM503",
            expr.span ?? node.span,
            `${what} depends on the machine that runs the plan: ${list}.`,
            {
              hint: "Give the input a field for it: ctx.input.NAME stands in the plan and can be reviewed.",
            },
          ),
        );
      }
    }
    return found;
  },
};

/** As an author would write it. */
function written(name: string): string {
  if (name.startsWith("env.")) return `process.${name}`;
  if (name === "startedAt") return "Date.now()";
  if (name.startsWith("project")) return "import.meta";
  return name.startsWith("os.") || name === "process.cwd" ? `${name}()` : name;
}

function decisions(node: NodeDraft): [string, Core.Expr][] {
  const core = (what: string, field: Field | undefined): [string, Core.Expr][] =>
    field?.type === "core" ? [[what, field.expr]] : [];
  const conditions = [node.if, node.each?.of, node.each?.if].filter((expr) => expr !== undefined);
  return [
    ...conditions.map((expr): [string, Core.Expr] => ["A condition", expr]),
    ...(node.each?.key ? ([["A key", node.each.key]] as [string, Core.Expr][]) : []),
    ...core("An id", node.id),
    ...core("A condition", node.fields.get("until")),
    ...core("A condition", node.fields.get("skipIf")),
    ...core("A prompt", node.fields.get("prompt")),
  ];
}
