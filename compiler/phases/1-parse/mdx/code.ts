/** Expressions inside Markdown, parsed one by one and moved to where they stand in the file. */
import type { Diagnostic } from "../../../diagnostics.ts";
import { problem } from "../../../report.ts";
import type * as Surface from "../../../surface.ts";
import type { Expr, Span } from "../../../surface.ts";
import { parseModule } from "../parse.ts";

export interface CodeAt {
  readonly code: string;
  /** The place of its first character in the file; null where lines were re-indented and places can't be told. */
  readonly offset: number | null;
  /** Of the braces around it. */
  readonly span: Span;
}

/** One expression; null where it is none, which is reported. */
export function parseExpression(at: CodeAt, problems: Diagnostic[]): Expr | null {
  return parsed(at, "(", "\n)", problems);
}

/** The expressions of `{...spread}` attributes. */
export function parseSpread(at: CodeAt, problems: Diagnostic[]): Expr | null {
  const made = parsed(at, "({", "\n})", problems);
  if (made?.type !== "Object") return made;
  const [only] = made.props;
  return made.props.length === 1 && only?.type === "Spread" ? only.arg : made;
}

function parsed(at: CodeAt, before: string, after: string, problems: Diagnostic[]): Expr | null {
  const { module, problems: found } = parseModule({
    file: at.span.file,
    path: "expression.jsx",
    text: `${before}${at.code}${after}`,
  });
  const move = (span: Span): Span =>
    at.offset === null
      ? at.span
      : {
          file: at.span.file,
          start: Math.min(Math.max(span.start - before.length + at.offset, at.span.start), at.span.end),
          end: Math.min(Math.max(span.end - before.length + at.offset, at.span.start), at.span.end),
        };
  if (!module) {
    problems.push(...found.map((p) => ({ ...p, code: "SM116", span: p.span && move(p.span) })));
    return null;
  }
  const [statement] = module.body;
  if (statement?.type !== "ExprStmt" || module.body.length !== 1) {
    problems.push(problem("SM116", at.span, "Only an expression can stand in braces."));
    return null;
  }
  return moved(statement.expr as Surface.Expr, move);
}

/** A tree with all its places changed. */
function moved<T>(node: T, move: (span: Span) => Span): T {
  if (typeof node !== "object" || node === null) return node;
  if (Array.isArray(node)) return node.map((item) => moved(item, move)) as T;
  return Object.fromEntries(
    Object.entries(node).map(([key, part]) => [key, key === "span" && part ? move(part) : moved(part, move)]),
  ) as T;
}
