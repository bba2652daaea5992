/** JSX elements, fragments, attributes and children. */
import { ts } from "ts-morph";
import type { Spread } from "../../../plan/core/ast.ts";
import type { Element, ElementProp, Expr, Extra } from "../../surface.ts";
import { type Context, captureOf, foreign, reference, spanOf } from "./context.ts";
import { decodeEntities, jsxText } from "./jsx-text.ts";

type Child = Expr | Spread<Extra>;

export function element(ctx: Context, node: ts.JsxElement | ts.JsxSelfClosingElement): Element {
  const head = ts.isJsxElement(node) ? node.openingElement : node;
  return {
    type: "Element",
    span: spanOf(ctx, node),
    tag: tagOf(ctx, head.tagName),
    props: head.attributes.properties.map((a) => attribute(ctx, a)),
    children: ts.isJsxElement(node) ? children(ctx, node.children) : [],
  };
}

export function fragment(ctx: Context, node: ts.JsxFragment): Element {
  return {
    type: "Element",
    span: spanOf(ctx, node),
    tag: null,
    props: [],
    children: children(ctx, node.children),
  };
}

function tagOf(ctx: Context, tag: ts.JsxTagNameExpression): Expr {
  const span = spanOf(ctx, tag);
  if (ts.isJsxNamespacedName(tag))
    return { type: "Literal", value: `${tag.namespace.text}:${tag.name.text}`, span };
  if (ts.isIdentifier(tag)) {
    // As esbuild and TypeScript decide it: a name that begins in lower case, or holds a dash, is a host tag.
    if (/^[a-z]/.test(tag.text) || tag.text.includes("-")) return { type: "Literal", value: tag.text, span };
    return reference(ctx, tag, tag.text);
  }
  if (ts.isPropertyAccessExpression(tag)) return ctx.expr(tag);
  captureOf(ctx, tag);
  return foreign(ctx, tag, "`this` as a tag");
}

function attribute(ctx: Context, node: ts.JsxAttributeLike): ElementProp | Spread<Extra> {
  const span = spanOf(ctx, node);
  if (ts.isJsxSpreadAttribute(node)) return { type: "Spread", arg: ctx.expr(node.expression), span };
  const name = ts.isJsxNamespacedName(node.name)
    ? `${node.name.namespace.text}:${node.name.name.text}`
    : node.name.text;
  return { type: "ElementProp", span, name, value: attributeValue(ctx, node) };
}

function attributeValue(ctx: Context, node: ts.JsxAttribute): Expr {
  const { initializer } = node;
  if (!initializer) return { type: "Literal", value: true, span: spanOf(ctx, node) };
  if (ts.isStringLiteral(initializer))
    return { type: "Literal", value: decodeEntities(initializer.text), span: spanOf(ctx, initializer) };
  if (ts.isJsxExpression(initializer))
    return initializer.expression
      ? ctx.expr(initializer.expression)
      : { type: "Literal", value: null, span: spanOf(ctx, initializer) };
  return ctx.expr(initializer);
}

function children(ctx: Context, nodes: readonly ts.JsxChild[]): Child[] {
  return nodes.flatMap((node): Child[] => {
    if (ts.isJsxText(node)) {
      const value = jsxText(node.text);
      return value === null ? [] : [{ type: "Literal", value, span: textSpan(ctx, node) }];
    }
    if (!ts.isJsxExpression(node)) return [ctx.expr(node)];
    if (!node.expression) return [];
    if (node.dotDotDotToken)
      return [{ type: "Spread", arg: ctx.expr(node.expression), span: spanOf(ctx, node) }];
    return [ctx.expr(node.expression)];
  });
}

/** Text without the white space around it: where a diagnostic should point. */
function textSpan(ctx: Context, node: ts.JsxText): { file: number; start: number; end: number } {
  const text = ctx.source.text.slice(node.pos, node.end);
  const lead = text.length - text.trimStart().length;
  const trail = text.length - text.trimEnd().length;
  if (lead === text.length) return { file: ctx.file, start: node.pos, end: node.end };
  return { file: ctx.file, start: node.pos + lead, end: node.end - trail };
}
