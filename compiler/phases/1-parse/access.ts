/** Members, calls, `new` and optional chains. */
import { ts } from "ts-morph";
import type { Call, Member, Spread } from "../../../plan/core/ast.ts";
import type { Expr, Extra } from "../../surface.ts";
import { type Context, foreign, spanOf, withParts } from "./context.ts";
import { spread } from "./literals.ts";

type Link = ts.PropertyAccessExpression | ts.ElementAccessExpression | ts.CallExpression;

function args(ctx: Context, nodes: readonly ts.Expression[]): (Expr | Spread<Extra>)[] {
  return nodes.map((a) => (ts.isSpreadElement(a) ? spread(ctx, a) : ctx.expr(a)));
}

/** A member or call. Where it is part of an optional chain, the whole of that chain stands in one Chain. */
export function access(ctx: Context, node: Link): Expr {
  const expr = link(ctx, node);
  return ts.isOptionalChain(node) ? { type: "Chain", expr, span: spanOf(ctx, node) } : expr;
}

function link(ctx: Context, node: Link): Member<Extra> | Call<Extra> | Expr {
  const span = spanOf(ctx, node);
  const optional = node.questionDotToken ? ({ optional: true } as const) : {};
  if (ts.isCallExpression(node)) {
    if (node.expression.kind === ts.SyntaxKind.ImportKeyword)
      return withParts(
        foreign(ctx, node, "`import()`"),
        node.arguments.slice(0, 1).map((a) => ctx.expr(a)),
      );
    if (isSuper(ctx, node.expression)) return foreign(ctx, node, "`super`");
    return {
      type: "Call",
      callee: object(ctx, node.expression),
      args: args(ctx, node.arguments),
      ...optional,
      span,
    };
  }
  if (isSuper(ctx, node.expression)) return foreign(ctx, node, "`super`");
  if (ts.isPropertyAccessExpression(node)) {
    if (ts.isPrivateIdentifier(node.name) && !ctx.isOfClass) return foreign(ctx, node, "a private name");
    return {
      type: "Member",
      object: object(ctx, node.expression),
      property: node.name.text,
      ...optional,
      span,
    };
  }
  const key = node.argumentExpression;
  return {
    type: "Member",
    object: object(ctx, node.expression),
    property: ctx.expr(key),
    ...optional,
    span,
  };
}

const isSuper = (ctx: Context, node: ts.Expression): boolean =>
  node.kind === ts.SyntaxKind.SuperKeyword && !ctx.isOfClass;

/** What a link hangs on: the rest of the same chain, looking through `!`, or an expression of its own. */
function object(ctx: Context, node: ts.Expression): Expr {
  if (ts.isNonNullExpression(node) && (node.flags & ts.NodeFlags.OptionalChain) !== 0)
    return object(ctx, node.expression);
  if (
    ts.isOptionalChain(node) &&
    (ts.isPropertyAccessExpression(node) || ts.isElementAccessExpression(node) || ts.isCallExpression(node))
  )
    return link(ctx, node);
  return ctx.expr(node);
}

export function construct(ctx: Context, node: ts.NewExpression): Expr {
  const callee = ctx.expr(node.expression);
  const list = args(ctx, node.arguments ?? []);
  const span = spanOf(ctx, node);
  if (callee.type === "Name") return { type: "New", callee, args: list, span };
  return { type: "Construct", callee, args: list, span };
}
