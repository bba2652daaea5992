import type { Expr } from "./ast.ts";
import { parseExpression } from "./parse/expressions.ts";
import { ParseState } from "./parse/state.ts";
import { measure } from "./walk.ts";

export { CoreSyntaxError } from "./parse/error.ts";

/**
 * Parses one Core expression. `text` as it stands in a plan: a string, or lines that are joined by "\n".
 *
 * What is parsed is a strict subset of strict-mode JavaScript, and means the same; whether a form is allowed in Core
 * is for check.ts. Every node has a span into the joined text.
 * @throws {CoreSyntaxError} with message and offset; also where the text is too long or nested too deep.
 */
export function parseExpr(text: string | readonly string[]): Expr {
  const p = new ParseState(typeof text === "string" ? text : text.join("\n"));
  const expr = parseExpression(p);
  if (p.lex.kind !== "end") {
    p.unexpected("expected the end");
  }
  const [shorthand] = p.shorthandDefaults;
  if (shorthand !== undefined) {
    p.lex.fail("a default is legal in a pattern only", shorthand.span?.start);
  }
  const problem = measure(expr);
  if (problem !== undefined) {
    p.lex.fail(problem, 0);
  }
  return expr;
}
