/** What of a class runs, for those who ask what it changes: no plan holds any of it. */
import { ts } from "ts-morph";
import type { Arrow, Block } from "../../../plan/core/ast.ts";
import type { Class, ClassCode, ClassPart, Expr, Extra, Pattern } from "../../surface.ts";
import { type Context, hasModifier, spanOf } from "./context.ts";
import { keyOf } from "./literals.ts";

/** How the body and the parameters of a function are read. */
export interface ReadFunctions {
  params(node: ts.MethodDeclaration | ts.AccessorDeclaration | ts.ConstructorDeclaration): {
    readonly params: readonly Pattern[];
    readonly rest?: Pattern;
  };
  body(
    node: ts.MethodDeclaration | ts.AccessorDeclaration | ts.ConstructorDeclaration,
    body: ts.Block,
  ): Expr | Block<Extra>;
}

const SELF: Pattern = { type: "Name", name: "this" };

export function classCode(ctx: Context, node: ts.ClassLikeDeclaration, read: ReadFunctions): Class["code"] {
  let known: ClassCode | null | undefined;
  return () => {
    known ??= ctx.ofClass(() => codeOf(ctx, node, read));
    return known;
  };
}

function codeOf(ctx: Context, node: ts.ClassLikeDeclaration, read: ReadFunctions): ClassCode {
  const parts: ClassPart[] = [];
  const evaluated: Expr[] = [];
  const decorated = (target: ts.Node): void => {
    for (const decorator of (ts.canHaveDecorators(target) && ts.getDecorators(target)) || [])
      evaluated.push({
        type: "Call",
        callee: ctx.expr(decorator.expression),
        args: [],
        span: spanOf(ctx, decorator),
      });
  };
  decorated(node);
  for (const member of node.members) {
    decorated(member);
    const key = member.name ? keyOf(ctx, member.name) : "";
    if (typeof key !== "string") evaluated.push(key);
    const run = partOf(ctx, member, read);
    const kind = kindOf(member);
    if (run && kind)
      parts.push({
        kind,
        isStatic: kind === "block" || hasModifier(member, ts.SyntaxKind.StaticKeyword),
        key,
        run,
        own: [],
      });
  }
  const own = ownFields(parts);
  return { parts: parts.map((part) => withOwn(part, own)), evaluated };
}

/** `items = []`: no other object is ever put there by the class. */
function ownFields(parts: readonly ClassPart[]): readonly string[] {
  const replaced = new Set<string>();
  const visit = (node: unknown, isTarget: boolean): void => {
    if (typeof node !== "object" || node === null) return;
    const key = isTarget ? fieldOf(node) : undefined;
    if (key !== undefined) replaced.add(key);
    for (const [name, part] of Object.entries(node))
      if (name !== "span") visit(part, name === "target" || (isTarget && name !== "object"));
  };
  for (const { run } of parts) visit(run, false);
  return parts.flatMap(({ kind, isStatic, key, run }) => {
    if (kind !== "field" || isStatic || typeof key !== "string" || replaced.has(key)) return [];
    return run.body.type === "Array" || run.body.type === "Object" || run.body.type === "New" ? [key] : [];
  });
}

/** `x` of `this.x`. */
function fieldOf(node: object): string | undefined {
  if (!("type" in node) || node.type !== "Member" || !("property" in node) || !("object" in node))
    return undefined;
  const { object, property } = node as { object: Expr; property: unknown };
  return object.type === "Name" && object.name === "this" && typeof property === "string"
    ? property
    : undefined;
}

function withOwn(part: ClassPart, own: readonly string[]): ClassPart {
  if (own.length === 0 || part.isStatic) return part;
  const rename = <T>(node: T): T => {
    if (typeof node !== "object" || node === null) return node;
    if (Array.isArray(node)) return node.map((item: unknown) => rename(item)) as T;
    const key = fieldOf(node);
    if (key !== undefined && own.includes(key)) return { type: "Name", name: `this.${key}` } as T;
    return Object.fromEntries(
      Object.entries(node).map(([name, inner]) => [name, name === "span" ? inner : rename(inner)]),
    ) as T;
  };
  const { params, body } = part.run;
  const fields = own.map((key): Pattern => ({ type: "Name", name: `this.${key}` }));
  return { ...part, own, run: { ...part.run, params: [...rename(params), ...fields], body: rename(body) } };
}

function partOf(ctx: Context, member: ts.ClassElement, read: ReadFunctions): Arrow<Extra> | null {
  const span = spanOf(ctx, member);
  if (ts.isClassStaticBlockDeclaration(member))
    return { type: "Arrow", params: [SELF], body: ctx.block(member.body), span };
  if (ts.isPropertyDeclaration(member))
    return member.initializer
      ? { type: "Arrow", params: [SELF], body: ctx.expr(member.initializer), span }
      : null;
  if (!ts.isMethodDeclaration(member) && !ts.isAccessor(member) && !ts.isConstructorDeclaration(member))
    return null;
  if (!member.body) return null;
  const { params, rest } = read.params(member);
  const body = read.body(member, member.body);
  return { type: "Arrow", params: [SELF, ...params], ...(rest && { rest }), body, span };
}

function kindOf(member: ts.ClassElement): ClassPart["kind"] | null {
  if (ts.isConstructorDeclaration(member)) return "constructor";
  if (ts.isMethodDeclaration(member)) return "method";
  if (ts.isAccessor(member)) return "accessor";
  if (ts.isPropertyDeclaration(member)) return "field";
  return ts.isClassStaticBlockDeclaration(member) ? "block" : null;
}
