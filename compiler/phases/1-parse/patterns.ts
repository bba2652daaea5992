/** Destructuring: in declarations and parameters (bindings), and on the left of an assignment (targets). */
import { ts } from "ts-morph";
import type { ObjectPattern } from "../../../plan/core/ast.ts";
import type { Expr, Extra, Pattern, Span } from "../../surface.ts";
import { type Context, reference, spanOf, syntaxError } from "./context.ts";
import { keyOf } from "./literals.ts";

function withDefault(
  ctx: Context,
  node: ts.Node,
  target: Pattern,
  value: ts.Expression | undefined,
): Pattern {
  if (!value) return target;
  return { type: "DefaultPattern", target, value: ctx.expr(value), span: spanOf(ctx, node) };
}

export function binding(ctx: Context, node: ts.BindingName): Pattern {
  const span = spanOf(ctx, node);
  if (ts.isIdentifier(node)) return { type: "Name", name: node.text, span };
  if (ts.isArrayBindingPattern(node)) {
    const elements: (Pattern | null)[] = [];
    let rest: Pattern | undefined;
    for (const e of node.elements) {
      if (ts.isOmittedExpression(e)) elements.push(null);
      else if (e.dotDotDotToken) rest = binding(ctx, e.name);
      else elements.push(withDefault(ctx, e, binding(ctx, e.name), e.initializer));
    }
    return { type: "ArrayPattern", elements, ...(rest ? { rest } : {}), span };
  }
  const props: { key: string | Expr; value: Pattern; span: Span }[] = [];
  let rest: Pattern | undefined;
  for (const e of node.elements) {
    if (e.dotDotDotToken) {
      rest = binding(ctx, e.name);
      continue;
    }
    const key = e.propertyName ? keyOf(ctx, e.propertyName) : ts.isIdentifier(e.name) ? e.name.text : "";
    const value = withDefault(ctx, e, binding(ctx, e.name), e.initializer);
    props.push({ key, value, span: spanOf(ctx, e.propertyName ?? e.name) });
  }
  const pattern: ObjectPattern<Extra> = { type: "ObjectPattern", props, ...(rest ? { rest } : {}), span };
  return pattern;
}

export function target(ctx: Context, node: ts.Expression): Pattern {
  const span = spanOf(ctx, node);
  if (ts.isParenthesizedExpression(node) || ts.isNonNullExpression(node) || ts.isAsExpression(node))
    return target(ctx, node.expression);
  if (ts.isIdentifier(node)) return reference(ctx, node, node.text);
  if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.EqualsToken)
    return withDefault(ctx, node, target(ctx, node.left), node.right);
  if (ts.isArrayLiteralExpression(node)) {
    const elements: (Pattern | null)[] = [];
    let rest: Pattern | undefined;
    for (const e of node.elements) {
      if (ts.isOmittedExpression(e)) elements.push(null);
      else if (ts.isSpreadElement(e)) rest = target(ctx, e.expression);
      else elements.push(target(ctx, e));
    }
    return { type: "ArrayPattern", elements, ...(rest ? { rest } : {}), span };
  }
  if (ts.isObjectLiteralExpression(node)) return objectTarget(ctx, node);
  const expr = ctx.expr(node);
  if (expr.type === "Member") return expr;
  if (expr.type !== "Foreign") syntaxError(ctx, node, "This can't be assigned to.");
  // A private or `super` member stands in host code only, which is kept by range: any name will do here.
  return { type: "Name", name: "undefined", span };
}

function objectTarget(ctx: Context, node: ts.ObjectLiteralExpression): Pattern {
  const props: { key: string | Expr; value: Pattern }[] = [];
  let rest: Pattern | undefined;
  for (const p of node.properties) {
    if (ts.isSpreadAssignment(p)) rest = target(ctx, p.expression);
    else if (ts.isShorthandPropertyAssignment(p)) {
      const value = reference(ctx, p.name, p.name.text);
      props.push({ key: p.name.text, value: withDefault(ctx, p, value, p.objectAssignmentInitializer) });
    } else if (ts.isPropertyAssignment(p))
      props.push({ key: keyOf(ctx, p.name), value: target(ctx, p.initializer) });
    else syntaxError(ctx, p, "A method can't be assigned to.");
  }
  return { type: "ObjectPattern", props, ...(rest ? { rest } : {}), span: spanOf(ctx, node) };
}
