/** What TypeScript calls a constant enum expression: literals, members before it, and operators on them. */
import { ts } from "ts-morph";

type Constant = string | number;

/** Null where it is computed: what it gives is known only when the file runs. */
export function enumConstant(
  node: ts.Expression,
  enumName: string,
  members: ReadonlyMap<string, Constant>,
): Constant | null {
  const of = (part: ts.Expression): Constant | null => enumConstant(part, enumName, members);
  if (ts.isParenthesizedExpression(node)) return of(node.expression);
  if (ts.isStringLiteralLike(node)) return node.text;
  if (ts.isNumericLiteral(node)) return Number(node.text);
  if (ts.isIdentifier(node)) return members.get(node.text) ?? null;
  if (ts.isPropertyAccessExpression(node) && ts.isIdentifier(node.expression))
    return node.expression.text === enumName ? (members.get(node.name.text) ?? null) : null;
  if (ts.isPrefixUnaryExpression(node)) {
    const value = of(node.operand);
    return typeof value === "number" ? signed(node.operator, value) : null;
  }
  if (ts.isTemplateExpression(node)) {
    const parts = node.templateSpans.map((span) => [of(span.expression), span.literal.text] as const);
    if (parts.some(([value]) => value === null)) return null;
    return node.head.text + parts.map(([value, text]) => `${value}${text}`).join("");
  }
  if (!ts.isBinaryExpression(node)) return null;
  const left = of(node.left);
  const right = of(node.right);
  if (left === null || right === null) return null;
  if (typeof left === "number" && typeof right === "number")
    return arithmetic(node.operatorToken.kind, left, right);
  return node.operatorToken.kind === ts.SyntaxKind.PlusToken ? `${left}${right}` : null;
}

function signed(operator: ts.PrefixUnaryOperator, value: number): number | null {
  switch (operator) {
    case ts.SyntaxKind.MinusToken:
      return -value;
    case ts.SyntaxKind.PlusToken:
      return value;
    case ts.SyntaxKind.TildeToken:
      return ~value;
    default:
      return null;
  }
}

function arithmetic(operator: ts.BinaryOperator, left: number, right: number): number | null {
  switch (operator) {
    case ts.SyntaxKind.PlusToken:
      return left + right;
    case ts.SyntaxKind.MinusToken:
      return left - right;
    case ts.SyntaxKind.AsteriskToken:
      return left * right;
    case ts.SyntaxKind.SlashToken:
      return left / right;
    case ts.SyntaxKind.PercentToken:
      return left % right;
    case ts.SyntaxKind.AsteriskAsteriskToken:
      return left ** right;
    case ts.SyntaxKind.LessThanLessThanToken:
      return left << right;
    case ts.SyntaxKind.GreaterThanGreaterThanToken:
      return left >> right;
    case ts.SyntaxKind.GreaterThanGreaterThanGreaterThanToken:
      return left >>> right;
    case ts.SyntaxKind.AmpersandToken:
      return left & right;
    case ts.SyntaxKind.BarToken:
      return left | right;
    case ts.SyntaxKind.CaretToken:
      return left ^ right;
    default:
      return null;
  }
}
