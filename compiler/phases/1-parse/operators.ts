/** Unary, binary, logical and assignment operators. */
import { ts } from "ts-morph";
import type { Assign, BinaryOp, Logical, Unary } from "../../../plan/core/ast.ts";
import type { Expr } from "../../surface.ts";
import { type Context, foreign, spanOf, syntaxError } from "./context.ts";

const K = ts.SyntaxKind;

const BINARY: ReadonlyMap<ts.SyntaxKind, BinaryOp> = new Map<ts.SyntaxKind, BinaryOp>([
  [K.PlusToken, "+"],
  [K.MinusToken, "-"],
  [K.AsteriskToken, "*"],
  [K.SlashToken, "/"],
  [K.PercentToken, "%"],
  [K.AsteriskAsteriskToken, "**"],
  [K.EqualsEqualsToken, "=="],
  [K.ExclamationEqualsToken, "!="],
  [K.EqualsEqualsEqualsToken, "==="],
  [K.ExclamationEqualsEqualsToken, "!=="],
  [K.LessThanToken, "<"],
  [K.LessThanEqualsToken, "<="],
  [K.GreaterThanToken, ">"],
  [K.GreaterThanEqualsToken, ">="],
  [K.AmpersandToken, "&"],
  [K.BarToken, "|"],
  [K.CaretToken, "^"],
  [K.LessThanLessThanToken, "<<"],
  [K.GreaterThanGreaterThanToken, ">>"],
  [K.GreaterThanGreaterThanGreaterThanToken, ">>>"],
  [K.InKeyword, "in"],
  [K.InstanceOfKeyword, "instanceof"],
]);

const LOGICAL: ReadonlyMap<ts.SyntaxKind, Logical["op"]> = new Map<ts.SyntaxKind, Logical["op"]>([
  [K.AmpersandAmpersandToken, "&&"],
  [K.BarBarToken, "||"],
  [K.QuestionQuestionToken, "??"],
]);

const ASSIGN: ReadonlyMap<ts.SyntaxKind, Assign["op"]> = new Map<ts.SyntaxKind, Assign["op"]>([
  [K.EqualsToken, "="],
  [K.PlusEqualsToken, "+="],
  [K.MinusEqualsToken, "-="],
  [K.AsteriskEqualsToken, "*="],
  [K.SlashEqualsToken, "/="],
  [K.PercentEqualsToken, "%="],
  [K.AsteriskAsteriskEqualsToken, "**="],
  [K.AmpersandEqualsToken, "&="],
  [K.BarEqualsToken, "|="],
  [K.CaretEqualsToken, "^="],
  [K.LessThanLessThanEqualsToken, "<<="],
  [K.GreaterThanGreaterThanEqualsToken, ">>="],
  [K.GreaterThanGreaterThanGreaterThanEqualsToken, ">>>="],
  [K.AmpersandAmpersandEqualsToken, "&&="],
  [K.BarBarEqualsToken, "||="],
  [K.QuestionQuestionEqualsToken, "??="],
]);

const PREFIX: ReadonlyMap<ts.PrefixUnaryOperator, Unary["op"]> = new Map<ts.PrefixUnaryOperator, Unary["op"]>(
  [
    [K.PlusToken, "+"],
    [K.MinusToken, "-"],
    [K.TildeToken, "~"],
    [K.ExclamationToken, "!"],
  ],
);

/** Whether an operator token writes its left side. */
export function isAssignment(kind: ts.SyntaxKind): boolean {
  return ASSIGN.has(kind);
}

export function binary(ctx: Context, node: ts.BinaryExpression): Expr {
  const kind = node.operatorToken.kind;
  const span = spanOf(ctx, node);
  if (kind === K.CommaToken) {
    const left = ctx.expr(node.left);
    const exprs = left.type === "Comma" ? left.exprs : [left];
    return { type: "Comma", exprs: [...exprs, ctx.expr(node.right)], span };
  }
  const assign = ASSIGN.get(kind);
  if (assign) {
    const target = ctx.target(node.left);
    if (assign !== "=" && target.type !== "Name" && target.type !== "Member")
      syntaxError(ctx, node.left, `\`${assign}\` can't write a pattern.`);
    return { type: "Assign", op: assign, target, value: ctx.expr(node.right), span };
  }
  const logical = LOGICAL.get(kind);
  if (logical)
    return { type: "Logical", op: logical, left: ctx.expr(node.left), right: ctx.expr(node.right), span };
  const op = BINARY.get(kind);
  if (!op || ts.isPrivateIdentifier(node.left)) return foreign(ctx, node, "a private-name check");
  return { type: "Binary", op, left: ctx.expr(node.left), right: ctx.expr(node.right), span };
}

export function prefix(ctx: Context, node: ts.PrefixUnaryExpression): Expr {
  const op = PREFIX.get(node.operator);
  if (op) return { type: "Unary", op, arg: ctx.expr(node.operand), span: spanOf(ctx, node) };
  return update(ctx, node, true);
}

export function update(
  ctx: Context,
  node: ts.PrefixUnaryExpression | ts.PostfixUnaryExpression,
  prefix: boolean,
): Expr {
  const target = ctx.target(node.operand);
  if (target.type !== "Name" && target.type !== "Member") {
    syntaxError(ctx, node.operand, "Only a name or a member can be counted up or down.");
    return { type: "Literal", value: null, span: spanOf(ctx, node) };
  }
  const op = node.operator === K.PlusPlusToken ? "++" : "--";
  return { type: "Update", op, prefix, target, span: spanOf(ctx, node) };
}
