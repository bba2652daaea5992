/** Functions and classes. A function of Core is an arrow; what needs more of the host stays a Func. */
import { ts } from "ts-morph";
import type { Arrow, Block } from "../../../plan/core/ast.ts";
import type { Class, Expr, Extra, Func, Pattern } from "../../surface.ts";
import { classCode } from "./class-code.ts";
import { type Context, captureOf, foreign, hasModifier, spanOf, syntaxError } from "./context.ts";
import { enumConstant } from "./enum-constants.ts";
import { bound, freeNames, needsHostFunction } from "./free.ts";
import { handsOn, hasPreflight } from "./handing.ts";
import { textsParameter, withRawTexts } from "./tagged.ts";
import { hoistedLet, hoistVars } from "./variables.ts";

type FunctionNode =
  | ts.ArrowFunction
  | ts.FunctionExpression
  | ts.FunctionDeclaration
  | ts.MethodDeclaration
  | ts.GetAccessorDeclaration
  | ts.SetAccessorDeclaration
  | ts.ConstructorDeclaration;

interface Params {
  readonly params: readonly Pattern[];
  readonly rest?: Pattern;
}

function parameters(ctx: Context, node: FunctionNode): Params {
  const params: Pattern[] = [];
  let rest: Pattern | undefined;
  for (const p of node.parameters) {
    // `this: T` is a type annotation.
    if (ts.isIdentifier(p.name) && p.name.text === "this") continue;
    const target = ctx.binding(p.name);
    if (p.dotDotDotToken) rest = target;
    else if (p.initializer)
      params.push({ type: "DefaultPattern", target, value: ctx.expr(p.initializer), span: spanOf(ctx, p) });
    else params.push(target);
  }
  return rest ? { params, rest } : { params };
}

function functionBody(ctx: Context, body: ts.ConciseBody, params: readonly string[]): Expr | Block<Extra> {
  if (!ts.isBlock(body)) return ctx.expr(body);
  const hoisted = hoistVars(ctx, body, params);
  const block = ctx.block(body);
  if (hoisted.length === 0) return block;
  return { ...block, body: [hoistedLet(ctx, hoisted, body), ...block.body] };
}

/** The value of a function expression, declaration or method. A declaration without body (an overload) never comes here. */
export function functionOf(ctx: Context, node: FunctionNode): Expr {
  if (!node.body) {
    syntaxError(ctx, node, "The function has no body.");
    return { type: "Literal", value: null, span: spanOf(ctx, node) };
  }
  const { params, rest } = parameters(ctx, node);
  const written = functionBody(
    ctx,
    node.body,
    node.parameters.flatMap((p) => bound(p.name)),
  );
  const texts = textsParameter(node);
  const body = texts === undefined ? written : withRawTexts(written, texts);
  const span = spanOf(ctx, node);
  const name = node.name && ts.isIdentifier(node.name) ? node.name.text : undefined;
  const async = hasModifier(node, ts.SyntaxKind.AsyncKeyword);
  const isHost =
    async ||
    node.asteriskToken !== undefined ||
    needsHostFunction(node.body) ||
    node.parameters.some((p) => p.initializer && needsHostFunction(p.initializer));
  if (isHost) {
    const func: Func = {
      type: "Func",
      span,
      ...(name === undefined ? {} : { name }),
      params,
      ...(rest ? { rest } : {}),
      body,
      async,
      ...(ts.isMethodDeclaration(node) ? { method: true as const } : {}),
      free: captureOf(ctx, node),
    };
    return func;
  }
  const arrow: Arrow<Extra> = { type: "Arrow", params, ...(rest ? { rest } : {}), body: concise(body), span };
  if (name === undefined || !ts.isFunctionExpression(node) || !refersTo(node.body, name)) return arrow;
  // A named function expression that calls itself: `(() => { const f = …; return f; })()`.
  const self: Expr = {
    type: "Arrow",
    params: [],
    body: {
      type: "Block",
      body: [
        { type: "Declare", kind: "const", decls: [{ target: { type: "Name", name }, init: arrow }], span },
        { type: "Return", value: { type: "Name", name }, span },
      ],
    },
    span,
  };
  return { type: "Call", callee: self, args: [], span };
}

/** `{ return x; }` and `x` are one function, however it is written. */
function concise(body: Expr | Block<Extra>): Expr | Block<Extra> {
  if (body.type !== "Block" || body.body.length !== 1) return body;
  const [only] = body.body;
  return only?.type === "Return" && only.value ? only.value : body;
}

function refersTo(body: ts.Node, name: string): boolean {
  return freeNames(body).includes(name);
}

export function classOf(ctx: Context, node: ts.ClassLikeDeclaration): Class {
  const base = node.heritageClauses?.find((c) => c.token === ts.SyntaxKind.ExtendsKeyword)?.types[0];
  return {
    type: "Class",
    span: spanOf(ctx, node),
    ...(node.name ? { name: node.name.text } : {}),
    ...(base ? { extends: ctx.expr(base.expression) } : {}),
    ...(base && handsOn(node) ? { handsOn: hasPreflight(node) ? "but preflight" : "all" } : {}),
    free: captureOf(ctx, node),
    code: classCode(ctx, node, {
      params: (member) => parameters(ctx, member),
      body: (member, block) =>
        functionBody(
          ctx,
          block,
          member.parameters.flatMap((x) => bound(x.name)),
        ),
    }),
  };
}

/** What a literal can say. */
const isPlain = (value: string | number): boolean =>
  typeof value === "string" || (Number.isFinite(value) && !Object.is(value, -0));

/** A string or number enum with constant members is an object literal; any other is host code. */
export function enumOf(ctx: Context, node: ts.EnumDeclaration): Expr {
  const span = spanOf(ctx, node);
  const members = new Map<string, string | number>();
  let next: number | null = 0;
  for (const member of node.members) {
    const { name, initializer } = member;
    if (!ts.isIdentifier(name) && !ts.isStringLiteral(name)) return foreign(ctx, node, "an enum");
    let value: string | number | null = next;
    if (initializer) value = enumConstant(initializer, node.name.text, members);
    if (value === null || !isPlain(value)) return foreign(ctx, node, "an enum with computed members");
    members.set(name.text, value);
    if (typeof value === "number") members.set(String(value), name.text);
    next = typeof value === "number" ? value + 1 : null;
  }
  return {
    type: "Object",
    props: [...members].map(([key, value]) => ({
      type: "Property",
      key,
      value: { type: "Literal", value, span },
      span,
    })),
    span,
  };
}
