/** Which visitor takes which expression. */
import { ts } from "ts-morph";
import type { Expr } from "../../surface.ts";
import { access, construct } from "./access.ts";
import { type Context, foreign, reference, spanOf } from "./context.ts";
import { classOf, functionOf } from "./functions.ts";
import { element, fragment } from "./jsx.ts";
import { array, numberLiteral, object, regexLiteral, template } from "./literals.ts";
import { binary, prefix, update } from "./operators.ts";
import { taggedTemplate } from "./tagged.ts";

const K = ts.SyntaxKind;

export function expression(ctx: Context, node: ts.Expression): Expr {
  if (ts.isIdentifier(node)) return reference(ctx, node, node.text);
  if (ts.isStringLiteral(node)) return { type: "Literal", value: node.text, span: spanOf(ctx, node) };
  if (ts.isNumericLiteral(node)) return numberLiteral(ctx, node);
  if (ts.isPropertyAccessExpression(node) || ts.isElementAccessExpression(node) || ts.isCallExpression(node))
    return access(ctx, node);
  // Types, parentheses and instantiations leave nothing behind.
  if (
    ts.isParenthesizedExpression(node) ||
    ts.isAsExpression(node) ||
    ts.isSatisfiesExpression(node) ||
    ts.isNonNullExpression(node) ||
    ts.isTypeAssertionExpression(node) ||
    ts.isExpressionWithTypeArguments(node)
  )
    return ctx.expr(node.expression);
  if (ts.isArrowFunction(node) || ts.isFunctionExpression(node)) return functionOf(ctx, node);
  if (ts.isTemplateExpression(node) || ts.isNoSubstitutionTemplateLiteral(node)) return template(ctx, node);
  if (ts.isObjectLiteralExpression(node)) return object(ctx, node);
  if (ts.isArrayLiteralExpression(node)) return array(ctx, node);
  if (ts.isBinaryExpression(node)) return binary(ctx, node);
  if (ts.isConditionalExpression(node)) {
    const test = ctx.expr(node.condition);
    const then = ctx.expr(node.whenTrue);
    return { type: "Conditional", test, then, else: ctx.expr(node.whenFalse), span: spanOf(ctx, node) };
  }
  if (ts.isJsxElement(node) || ts.isJsxSelfClosingElement(node)) return element(ctx, node);
  if (ts.isJsxFragment(node)) return fragment(ctx, node);
  if (ts.isPrefixUnaryExpression(node)) return prefix(ctx, node);
  if (ts.isPostfixUnaryExpression(node)) return update(ctx, node, false);
  if (ts.isTypeOfExpression(node)) return unary(ctx, node, "typeof");
  if (ts.isVoidExpression(node)) return unary(ctx, node, "void");
  if (ts.isDeleteExpression(node)) return unary(ctx, node, "delete");
  if (ts.isNewExpression(node)) return construct(ctx, node);
  if (ts.isRegularExpressionLiteral(node)) return regexLiteral(ctx, node);
  if (ts.isTaggedTemplateExpression(node)) return taggedTemplate(ctx, node);
  if (ts.isClassExpression(node)) return classOf(ctx, node);
  return other(ctx, node);
}

function unary(
  ctx: Context,
  node: ts.TypeOfExpression | ts.VoidExpression | ts.DeleteExpression,
  op: "typeof" | "void" | "delete",
): Expr {
  return { type: "Unary", op, arg: ctx.expr(node.expression), span: spanOf(ctx, node) };
}

function other(ctx: Context, node: ts.Expression): Expr {
  const span = spanOf(ctx, node);
  switch (node.kind) {
    case K.TrueKeyword:
      return { type: "Literal", value: true, span };
    case K.FalseKeyword:
      return { type: "Literal", value: false, span };
    case K.NullKeyword:
      return { type: "Literal", value: null, span };
    case K.MetaProperty:
      return (node as ts.MetaProperty).keywordToken === K.ImportKeyword
        ? { type: "Name", name: "import.meta", span }
        : foreign(ctx, node, "`new.target`");
    case K.BigIntLiteral:
      return foreign(ctx, node, "a bigint");
    case K.AwaitExpression:
      return {
        ...foreign(ctx, node, "`await`"),
        parts: [ctx.expr((node as ts.AwaitExpression).expression)],
      };
    case K.YieldExpression:
      return foreign(ctx, node, "`yield`");
    case K.ThisKeyword:
      return ctx.isOfClass ? { type: "Name", name: "this", span } : foreign(ctx, node, "`this`");
    case K.SuperKeyword:
      return ctx.isOfClass ? { type: "Name", name: "super", span } : foreign(ctx, node, "`super`");
    default:
      return foreign(ctx, node, "a form of the host language");
  }
}
