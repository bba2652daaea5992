/** Loops. `for…in` becomes `for…of` over the object's keys. */
import { ts } from "ts-morph";
import type { Declare, ExprStmt } from "../../../plan/core/ast.ts";
import type { Expr, Extra, Pattern, Stmt } from "../../surface.ts";
import { type Context, foreign, spanOf } from "./context.ts";
import { isVar, variables } from "./variables.ts";

export function forOfLoop(ctx: Context, node: ts.ForOfStatement): Stmt {
  if (node.awaitModifier) return foreign(ctx, node, "`for await`");
  return overItems(ctx, node, ctx.expr(node.expression));
}

export function forInLoop(ctx: Context, node: ts.ForInStatement): Stmt {
  const span = spanOf(ctx, node.expression);
  const call = (callee: Expr, args: Expr[]): Expr => ({ type: "Call", callee, args, span });
  const keys: Expr = {
    type: "Member",
    object: { type: "Name", name: "Object", span },
    property: "keys",
    span,
  };
  const source: Expr = {
    type: "Logical",
    op: "??",
    left: ctx.expr(node.expression),
    right: { type: "Object", props: [], span },
    span,
  };
  return overItems(ctx, node, call(keys, [source]));
}

function overItems(ctx: Context, node: ts.ForOfStatement | ts.ForInStatement, of: Expr): Stmt {
  const { initializer } = node;
  const span = spanOf(ctx, node);
  const body = ctx.stmt(node.statement);
  if (!ts.isVariableDeclarationList(initializer))
    return { type: "ForOf", target: ctx.target(initializer), of, body, span };
  const target: Pattern = ctx.binding(initializer.declarations[0]!.name);
  if (isVar(initializer)) return { type: "ForOf", target, of, body, span };
  const kind = (initializer.flags & ts.NodeFlags.Const) !== 0 ? "const" : "let";
  return { type: "ForOf", kind, target, of, body, span };
}

export function forLoop(ctx: Context, node: ts.ForStatement): Stmt {
  const init = node.initializer ? forInit(ctx, node.initializer) : null;
  return {
    type: "For",
    ...(init ? { init } : {}),
    ...(node.condition ? { test: ctx.expr(node.condition) } : {}),
    ...(node.incrementor ? { update: ctx.expr(node.incrementor) } : {}),
    body: ctx.stmt(node.statement),
    span: spanOf(ctx, node),
  };
}

function forInit(ctx: Context, node: ts.ForInitializer): Declare<Extra> | ExprStmt<Extra> | null {
  if (!ts.isVariableDeclarationList(node))
    return { type: "ExprStmt", expr: ctx.expr(node), span: spanOf(ctx, node) };
  const declared = variables(ctx, node);
  return declared?.type === "Declare" || declared?.type === "ExprStmt" ? declared : null;
}

export function whileLoop(ctx: Context, node: ts.WhileStatement): Stmt {
  return {
    type: "While",
    test: ctx.expr(node.expression),
    body: ctx.stmt(node.statement),
    span: spanOf(ctx, node),
  };
}

export function doLoop(ctx: Context, node: ts.DoStatement): Stmt {
  return {
    type: "DoWhile",
    body: ctx.stmt(node.statement),
    test: ctx.expr(node.expression),
    span: spanOf(ctx, node),
  };
}
