/**
 * `var`. One that stands once, directly in its function's or module's statement list, and is not named earlier in the
 * text is a `let` in place; any other is hoisted: `let x;` at the head of its function and assignments where it stood.
 */
import { ts } from "ts-morph";
import type { Expr, Pattern, Stmt } from "../../surface.ts";
import { type Context, spanOf, syntaxError } from "./context.ts";
import { bound } from "./free.ts";

type Body = ts.Block | ts.SourceFile;

export function isVar(list: ts.VariableDeclarationList): boolean {
  return (list.flags & ts.NodeFlags.BlockScoped) === 0;
}

/** Finds the `var` lists of `body` that must be hoisted, marks them in `ctx.hoisted`, and returns their names in order. */
export function hoistVars(ctx: Context, body: Body, params: readonly string[]): string[] {
  if (!/\bvar\b/.test(ctx.source.text.slice(body.pos, body.end))) return [];
  const lists = varLists(body);
  const count = new Map<string, number>(params.map((p) => [p, 1]));
  for (const s of body.statements) if (ts.isFunctionDeclaration(s) && s.name) count.set(s.name.text, 1);
  for (const list of lists) for (const name of namesOf(list)) count.set(name, (count.get(name) ?? 0) + 1);
  const names = new Set<string>();
  for (const list of lists) {
    const direct = body.statements.some((s) => ts.isVariableStatement(s) && s.declarationList === list);
    const own = namesOf(list);
    if (direct && own.every((n) => count.get(n) === 1) && !namedBefore(body, list, new Set(own))) continue;
    ctx.hoisted.add(list);
    for (const name of own) if (!params.includes(name)) names.add(name);
  }
  return [...names];
}

function namesOf(list: ts.VariableDeclarationList): string[] {
  return list.declarations.flatMap((d) => bound(d.name));
}

function varLists(body: Body): ts.VariableDeclarationList[] {
  const lists: ts.VariableDeclarationList[] = [];
  const walk = (node: ts.Node): void => {
    if (ts.isFunctionLike(node) || ts.isClassLike(node)) return;
    if (ts.isVariableDeclarationList(node) && isVar(node)) lists.push(node);
    ts.forEachChild(node, walk);
  };
  ts.forEachChild(body, walk);
  return lists;
}

/** Function declarations do not count: they run when they are called. */
function namedBefore(body: Body, list: ts.Node, names: ReadonlySet<string>): boolean {
  let found = false;
  const walk = (node: ts.Node): void => {
    if (found || node.pos >= list.pos || ts.isFunctionDeclaration(node)) return;
    if (ts.isIdentifier(node) && names.has(node.text)) found = true;
    else ts.forEachChild(node, walk);
  };
  ts.forEachChild(body, walk);
  return found;
}

/** `let a, b;` for hoisted names. */
export function hoistedLet(ctx: Context, names: readonly string[], at: ts.Node): Stmt {
  return {
    type: "Declare",
    kind: "let",
    decls: names.map((name) => ({ target: { type: "Name", name } })),
    span: spanOf(ctx, at),
  };
}

/** A `let`, `const` or plain `var` list as a declaration; a hoisted one as an assignment (null: it declares only). */
export function variables(ctx: Context, list: ts.VariableDeclarationList): Stmt | null {
  const span = spanOf(ctx, list);
  if (ctx.hoisted.has(list)) {
    const writes = list.declarations.flatMap((d): Expr[] => {
      if (!d.initializer) return [];
      return [{ type: "Assign", op: "=", target: ctx.binding(d.name), value: ctx.expr(d.initializer), span }];
    });
    if (writes.length === 0) return null;
    return {
      type: "ExprStmt",
      expr: writes.length === 1 ? writes[0]! : { type: "Comma", exprs: writes, span },
      span,
    };
  }
  const kind = (list.flags & ts.NodeFlags.Const) !== 0 ? "const" : "let";
  const decls = list.declarations.map((d): { target: Pattern; init?: Expr } => {
    if (!d.initializer && (kind === "const" || !ts.isIdentifier(d.name)))
      syntaxError(ctx, d, `${kind === "const" ? "A `const`" : "A destructuring declaration"} needs a value.`);
    const target = ctx.binding(d.name);
    return d.initializer ? { target, init: ctx.expr(d.initializer) } : { target };
  });
  return { type: "Declare", kind, decls, span };
}
