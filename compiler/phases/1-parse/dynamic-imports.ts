/**
 * Imports written as `await import("…")` at the top of a module, as one writes them for what may be missing:
 * `let X; try { ({ X } = await import("pkg")); } catch {}`. Where nothing else gives the names a value they are read as
 * imports; all other uses of `import()` stay what they are.
 */
import { ts } from "ts-morph";
import type { ImportDecl } from "../../surface.ts";
import { type Context, spanOf } from "./context.ts";
import { bound } from "./free.ts";

export interface DynamicImports {
  readonly imports: readonly ImportDecl[];
  /** Statements that the imports stand for. */
  readonly taken: ReadonlySet<ts.Statement>;
}

export function dynamicImports(ctx: Context): DynamicImports {
  const imports: ImportDecl[] = [];
  const taken = new Set<ts.Statement>();
  const { statements } = ctx.source;
  for (const node of statements) {
    const declared = ts.isVariableStatement(node) ? declaredImport(ctx, node) : null;
    if (declared) {
      imports.push(declared);
      taken.add(node);
      continue;
    }
    const assigned = assignedImport(ctx, node);
    if (!assigned) continue;
    const names = new Set(assigned.names.map(({ local }) => local));
    const lets = statements.filter((s) => ts.isVariableStatement(s) && declaresOnly(s, names));
    const declaredNames = lets.flatMap((s) =>
      (s as ts.VariableStatement).declarationList.declarations.flatMap((d) => bound(d.name)),
    );
    if (declaredNames.length !== names.size || writtenElsewhere(ctx.source, names, node)) continue;
    imports.push(assigned);
    for (const statement of [node, ...lets]) taken.add(statement);
  }
  return { imports, taken };
}

/** `const { A } = await import("…")`, `const mod = await import("…")`. */
function declaredImport(ctx: Context, node: ts.VariableStatement): ImportDecl | null {
  const [declaration, ...more] = node.declarationList.declarations;
  if (!declaration?.initializer || more.length > 0 || node.modifiers?.length) return null;
  if (!(node.declarationList.flags & ts.NodeFlags.Const)) return null;
  const specifier = awaited(declaration.initializer);
  if (!specifier) return null;
  if (ts.isIdentifier(declaration.name)) return decl(ctx, specifier, [["*", declaration.name]]);
  if (!ts.isObjectBindingPattern(declaration.name)) return null;
  const names: [string, ts.Identifier][] = [];
  for (const e of declaration.name.elements) {
    const key = e.propertyName ?? e.name;
    if (e.initializer || e.dotDotDotToken || !ts.isIdentifier(e.name) || !ts.isIdentifier(key)) return null;
    names.push([key.text, e.name]);
  }
  return decl(ctx, specifier, names);
}

/** The same as an assignment, by itself or in a `try` whose handler leaves the names empty. */
function assignedImport(ctx: Context, node: ts.Statement): ImportDecl | null {
  const inner = ts.isTryStatement(node) ? soleStatement(node) : node;
  if (!inner || !ts.isExpressionStatement(inner)) return null;
  const expr = bare(inner.expression);
  if (!ts.isBinaryExpression(expr) || expr.operatorToken.kind !== ts.SyntaxKind.EqualsToken) return null;
  const target = bare(expr.left);
  const right = bare(expr.right);
  const specifier = awaited(right);
  if (specifier && ts.isIdentifier(target)) return decl(ctx, specifier, [["*", target]]);
  if (specifier && ts.isObjectLiteralExpression(target)) {
    const names = target.properties.map((p): [string, ts.Identifier] | null => {
      if (ts.isShorthandPropertyAssignment(p) && !p.objectAssignmentInitializer) return [p.name.text, p.name];
      return ts.isPropertyAssignment(p) && ts.isIdentifier(p.name) && ts.isIdentifier(p.initializer)
        ? [p.name.text, p.initializer]
        : null;
    });
    return names.every((n) => n !== null) ? decl(ctx, specifier, names) : null;
  }
  // X = (await import("…")).X
  if (ts.isIdentifier(target) && ts.isPropertyAccessExpression(right)) {
    const of = awaited(bare(right.expression));
    if (of && ts.isIdentifier(right.name)) return decl(ctx, of, [[right.name.text, target]]);
  }
  return null;
}

function soleStatement(node: ts.TryStatement): ts.Statement | null {
  const [only, ...more] = node.tryBlock.statements;
  if (!only || more.length > 0 || node.finallyBlock) return null;
  const handler = node.catchClause?.block.statements ?? [];
  return handler.every(leavesEmpty) ? only : null;
}

/** `X = null`, `X = undefined`, or a word to the console. */
function leavesEmpty(node: ts.Statement): boolean {
  if (!ts.isExpressionStatement(node)) return false;
  const expr = bare(node.expression);
  if (ts.isBinaryExpression(expr) && expr.operatorToken.kind === ts.SyntaxKind.EqualsToken)
    return (
      expr.right.kind === ts.SyntaxKind.NullKeyword ||
      (ts.isIdentifier(expr.right) && expr.right.text === "undefined")
    );
  return ts.isCallExpression(expr) && isConsole(expr.expression);
}

const isConsole = (node: ts.Expression): boolean =>
  ts.isPropertyAccessExpression(node) &&
  ts.isIdentifier(node.expression) &&
  node.expression.text === "console";

function awaited(node: ts.Expression): ts.StringLiteral | null {
  const inner = bare(node);
  if (!ts.isAwaitExpression(inner)) return null;
  const call = bare(inner.expression);
  if (!ts.isCallExpression(call) || call.expression.kind !== ts.SyntaxKind.ImportKeyword) return null;
  const [specifier, ...more] = call.arguments;
  return specifier && more.length === 0 && ts.isStringLiteral(specifier) ? specifier : null;
}

function decl(
  ctx: Context,
  specifier: ts.StringLiteral,
  names: readonly (readonly [string, ts.Identifier])[],
): ImportDecl {
  return {
    span: spanOf(ctx, specifier),
    from: specifier.text,
    names: names.map(([imported, local]) => ({ local: local.text, imported, span: spanOf(ctx, local) })),
  };
}

function declaresOnly(node: ts.VariableStatement, names: ReadonlySet<string>): boolean {
  return (
    !node.modifiers?.length &&
    node.declarationList.declarations.every(
      (d) =>
        ts.isIdentifier(d.name) &&
        names.has(d.name.text) &&
        (!d.initializer ||
          d.initializer.kind === ts.SyntaxKind.NullKeyword ||
          (ts.isIdentifier(d.initializer) && d.initializer.text === "undefined")),
    )
  );
}

function writtenElsewhere(source: ts.SourceFile, names: ReadonlySet<string>, own: ts.Node): boolean {
  const search = (node: ts.Node): boolean => {
    if (node === own) return false;
    if (
      ts.isBinaryExpression(node) &&
      node.operatorToken.kind >= ts.SyntaxKind.FirstAssignment &&
      node.operatorToken.kind <= ts.SyntaxKind.LastAssignment &&
      [...names].some((name) => new RegExp(`(^|[^\\w$.])${name}($|[^\\w$])`).test(node.left.getText(source)))
    )
      return true;
    return ts.forEachChild(node, (child) => search(child) || undefined) ?? false;
  };
  return search(source);
}

function bare(node: ts.Expression): ts.Expression {
  let at = node;
  while (ts.isParenthesizedExpression(at)) at = at.expression;
  return at;
}
