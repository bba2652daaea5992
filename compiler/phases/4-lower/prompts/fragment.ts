/** An expression inside a prompt file, as Core over `props` and the prompts that the file imports. */
import type * as Core from "../../../../plan/core/ast.ts";
import { checkExpr, freeNames } from "../../../../plan/core/index.ts";
import type { Diagnostic } from "../../../diagnostics.ts";
import { firstExtra, nameOfExtra } from "../../../extras.ts";
import { problem } from "../../../report.ts";
import { parseModule } from "../../1-parse/parse.ts";
import type { SourceFile } from "../../2-bind/files.ts";

/** Parses the text between two offsets of the file; null where it can't stand in a template, which is reported. */
export function fragment(
  file: SourceFile,
  start: number,
  end: number,
  problems: Diagnostic[],
): Core.Expr | null {
  const span = { file: file.index, start, end };
  const source = file.text.slice(start, end);
  // The rest of the file is blanked, so that every place keeps its offset.
  const before = file.text.slice(0, Math.max(0, start - 1)).replace(/[^\n]/g, " ");
  const { module, problems: syntax } = parseModule({
    file: file.index,
    path: "expression.tsx",
    text: `${before}(${source})`,
  });
  if (!module) {
    problems.push(...syntax.map((p) => ({ ...p, code: "SM116" })));
    return null;
  }
  const [statement] = module.body;
  if (statement?.type !== "ExprStmt" || module.body.length !== 1) {
    problems.push(problem("SM116", span, "Only an expression can stand in braces."));
    return null;
  }
  const extra = firstExtra(statement.expr);
  if (extra) {
    problems.push(problem("SM116", extra.span, `A prompt can't hold ${nameOfExtra(extra)}.`));
    return null;
  }
  const expr = statement.expr as Core.Expr;
  const refused = checkExpr(expr);
  for (const p of refused) problems.push(problem("SM116", p.span ?? span, p.message));
  if (refused.length > 0) return null;
  const unknown = freeNames(expr).filter((name) => name !== "props");
  for (const name of unknown)
    problems.push(
      problem("SM116", span, `The prompt uses \`${name}\`, which nothing gives it.`, {
        hint: `Pass it as a prop and write {props.${name}}.`,
      }),
    );
  return unknown.length > 0 ? null : expr;
}
