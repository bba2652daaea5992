/** Statements. Function declarations are hoisted to the head of their list; what exists for the checker alone vanishes. */
import { ts } from "ts-morph";
import type { Block, Switch } from "../../../plan/core/ast.ts";
import type { Extra, Stmt } from "../../surface.ts";
import { type Context, foreign, hasModifier, spanOf, syntaxError } from "./context.ts";
import { bound } from "./free.ts";
import { classOf, enumOf, functionOf } from "./functions.ts";
import { doLoop, forInLoop, forLoop, forOfLoop, whileLoop } from "./loops.ts";
import { isVar, variables } from "./variables.ts";

export function statements(ctx: Context, nodes: readonly ts.Statement[]): Stmt[] {
  checkDuplicates(ctx, nodes);
  const functions = nodes.filter(ts.isFunctionDeclaration);
  return [
    ...functions.flatMap((f) => functionDeclaration(ctx, f)),
    ...nodes.flatMap((n) => (ts.isFunctionDeclaration(n) ? [] : statement(ctx, n))),
  ];
}

function functionDeclaration(ctx: Context, node: ts.FunctionDeclaration): Stmt[] {
  if (!node.body || hasModifier(node, ts.SyntaxKind.DeclareKeyword)) return [];
  const name = node.name?.text ?? "*default*";
  const target = { type: "Name", name, span: spanOf(ctx, node.name ?? node) } as const;
  const kind = ctx.isAssigned(name) ? "let" : "const";
  return [
    { type: "Declare", kind, decls: [{ target, init: functionOf(ctx, node) }], span: spanOf(ctx, node) },
  ];
}

/** The TypeScript parser leaves redeclarations to its checker; for the engine they are syntax errors. */
function checkDuplicates(ctx: Context, nodes: readonly ts.Statement[]): void {
  const seen = new Map<string, boolean>();
  const declare = (name: string, at: ts.Node, mergeable: boolean): void => {
    const before = seen.get(name);
    if (before !== undefined && !(before && mergeable))
      syntaxError(ctx, at, `\`${name}\` is declared twice in this scope.`);
    seen.set(name, mergeable);
  };
  for (const node of nodes) {
    if (hasModifier(node, ts.SyntaxKind.DeclareKeyword)) continue;
    if (ts.isVariableStatement(node)) {
      const mergeable = isVar(node.declarationList);
      for (const d of node.declarationList.declarations)
        for (const name of bound(d.name)) declare(name, d, mergeable);
    } else if (ts.isFunctionDeclaration(node) && node.body && node.name)
      declare(node.name.text, node.name, false);
    else if (ts.isClassDeclaration(node) && node.name) declare(node.name.text, node.name, false);
  }
}

function statement(ctx: Context, node: ts.Statement): Stmt[] {
  const span = spanOf(ctx, node);
  if (ts.isVariableStatement(node)) {
    if (hasModifier(node, ts.SyntaxKind.DeclareKeyword)) return [];
    if (isUsing(node.declarationList)) return [foreign(ctx, node, "`using`")];
    const declared = variables(ctx, node.declarationList);
    return declared ? [declared] : [];
  }
  if (ts.isExpressionStatement(node)) return [{ type: "ExprStmt", expr: ctx.expr(node.expression), span }];
  if (ts.isReturnStatement(node))
    return [
      node.expression ? { type: "Return", value: ctx.expr(node.expression), span } : { type: "Return", span },
    ];
  if (ts.isIfStatement(node)) {
    const test = ctx.expr(node.expression);
    const then = ctx.stmt(node.thenStatement);
    if (!node.elseStatement) return [{ type: "If", test, then, span }];
    return [{ type: "If", test, then, else: ctx.stmt(node.elseStatement), span }];
  }
  if (ts.isBlock(node)) return [ctx.block(node)];
  if (ts.isForOfStatement(node)) return [forOfLoop(ctx, node)];
  if (ts.isForInStatement(node)) return [forInLoop(ctx, node)];
  if (ts.isForStatement(node)) return [forLoop(ctx, node)];
  if (ts.isWhileStatement(node)) return [whileLoop(ctx, node)];
  if (ts.isDoStatement(node)) return [doLoop(ctx, node)];
  if (ts.isSwitchStatement(node)) return [switchStatement(ctx, node)];
  if (ts.isBreakOrContinueStatement(node)) {
    if (node.label) return [foreign(ctx, node, "a label")];
    return [{ type: ts.isBreakStatement(node) ? "Break" : "Continue", span }];
  }
  if (ts.isThrowStatement(node)) return [{ type: "Throw", value: ctx.expr(node.expression), span }];
  if (ts.isTryStatement(node)) return [tryStatement(ctx, node)];
  if (ts.isClassDeclaration(node)) return classDeclaration(ctx, node);
  if (ts.isEnumDeclaration(node)) {
    if (hasModifier(node, ts.SyntaxKind.DeclareKeyword)) return [];
    const target = { type: "Name", name: node.name.text, span: spanOf(ctx, node.name) } as const;
    return [{ type: "Declare", kind: "const", decls: [{ target, init: enumOf(ctx, node) }], span }];
  }
  if (ts.isModuleDeclaration(node)) return namespaceDeclaration(ctx, node);
  if (ts.isEmptyStatement(node) || ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node))
    return [];
  if (node.kind === ts.SyntaxKind.DebuggerStatement) return [];
  if (ts.isLabeledStatement(node)) return [foreign(ctx, node, "a label")];
  return [foreign(ctx, node, "a statement of the host language")];
}

function isUsing(list: ts.VariableDeclarationList): boolean {
  const flags = list.flags & ts.NodeFlags.BlockScoped;
  return flags === ts.NodeFlags.Using || flags === ts.NodeFlags.AwaitUsing;
}

function classDeclaration(ctx: Context, node: ts.ClassDeclaration): Stmt[] {
  if (hasModifier(node, ts.SyntaxKind.DeclareKeyword)) return [];
  const name = node.name?.text ?? "*default*";
  const target = { type: "Name", name, span: spanOf(ctx, node.name ?? node) } as const;
  const span = spanOf(ctx, node);
  return [{ type: "Declare", kind: "const", decls: [{ target, init: classOf(ctx, node) }], span }];
}

function namespaceDeclaration(ctx: Context, node: ts.ModuleDeclaration): Stmt[] {
  if (hasModifier(node, ts.SyntaxKind.DeclareKeyword) || !ts.isIdentifier(node.name)) return [];
  const target = { type: "Name", name: node.name.text, span: spanOf(ctx, node.name) } as const;
  const init = foreign(ctx, node, "a namespace");
  return [{ type: "Declare", kind: "const", decls: [{ target, init }], span: spanOf(ctx, node) }];
}

function switchStatement(ctx: Context, node: ts.SwitchStatement): Switch<Extra> {
  return {
    type: "Switch",
    value: ctx.expr(node.expression),
    cases: node.caseBlock.clauses.map((clause) => ({
      ...(ts.isCaseClause(clause) ? { test: ctx.expr(clause.expression) } : {}),
      body: ctx.statements(clause.statements),
    })),
    span: spanOf(ctx, node),
  };
}

function tryStatement(ctx: Context, node: ts.TryStatement): Stmt {
  const { catchClause, finallyBlock } = node;
  return {
    type: "Try",
    block: ctx.block(node.tryBlock),
    ...(catchClause?.variableDeclaration ? { param: ctx.binding(catchClause.variableDeclaration.name) } : {}),
    ...(catchClause ? { handler: ctx.block(catchClause.block) } : {}),
    ...(finallyBlock ? { finalizer: ctx.block(finallyBlock) } : {}),
    span: spanOf(ctx, node),
  };
}

/** One statement where the grammar wants one: what becomes none or several is a block. */
export function single(ctx: Context, node: ts.Statement): Stmt {
  const list = ts.isFunctionDeclaration(node) ? ctx.statements([node]) : statement(ctx, node);
  if (list.length === 1 && list[0]!.type !== "Declare") return list[0]!;
  const block: Block<Extra> = { type: "Block", body: list, span: spanOf(ctx, node) };
  return block;
}
