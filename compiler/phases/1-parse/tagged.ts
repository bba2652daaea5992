/** Tagged templates: a call of the tag with the texts between the holes, then what the holes hold. */
import { ts } from "ts-morph";
import type { Expr } from "../../surface.ts";
import { type Context, foreign, spanOf, withParts } from "./context.ts";

/**
 * `String.raw` is a template over the raw text. Any other tag is called. Its texts are a plain list: one with escapes,
 * whose `raw` would say something else, stays host code.
 */
export function taggedTemplate(ctx: Context, node: ts.TaggedTemplateExpression): Expr {
  const { tag, template } = node;
  const span = spanOf(ctx, node);
  const texts = ts.isNoSubstitutionTemplateLiteral(template)
    ? [template]
    : [template.head, ...template.templateSpans.map((part) => part.literal)];
  const holes = ts.isNoSubstitutionTemplateLiteral(template)
    ? []
    : template.templateSpans.map((part) => part.expression);
  if (isRaw(tag))
    return {
      type: "Template",
      quasis: texts.map((part) => rawOf(ctx, part)),
      exprs: holes.map((hole) => ctx.expr(hole)),
      span,
    };
  const quoted: Expr = {
    type: "Array",
    elements: texts.map((part) => ({ type: "Literal", value: part.text, span: spanOf(ctx, part) })),
    span: spanOf(ctx, template),
  };
  const called: Expr = {
    type: "Call",
    callee: ctx.expr(tag),
    args: [quoted, ...holes.map((hole) => ctx.expr(hole))],
    span,
  };
  const isPlain = texts.every((part) => rawOf(ctx, part).replaceAll("\r\n", "\n") === part.text);
  return isPlain ? called : withParts(foreign(ctx, node, "a tagged template with escapes"), [called]);
}

const isRaw = (tag: ts.Expression): boolean =>
  ts.isPropertyAccessExpression(tag) &&
  ts.isIdentifier(tag.expression) &&
  tag.expression.text === "String" &&
  tag.name.text === "raw";

function rawOf(ctx: Context, part: ts.TemplateLiteralLikeNode): string {
  const text = ctx.source.text.slice(part.getStart(ctx.source), part.end);
  return text.slice(1, text.endsWith("${") ? -2 : -1);
}

/** The name of a function's first parameter, where its type says that it takes the texts of a tagged template. */
export function textsParameter(node: ts.SignatureDeclarationBase): string | undefined {
  const [first] = node.parameters;
  if (!first?.type || !ts.isIdentifier(first.name) || !ts.isTypeReferenceNode(first.type)) return undefined;
  const { typeName } = first.type;
  return ts.isIdentifier(typeName) && typeName.text === "TemplateStringsArray" ? first.name.text : undefined;
}

/** `texts.raw` is the list itself: what is called as a tag has no escapes. */
export function withRawTexts<T>(node: T, texts: string): T {
  if (typeof node !== "object" || node === null) return node;
  if (Array.isArray(node)) return node.map((item: unknown) => withRawTexts(item, texts)) as T;
  if ("type" in node && node.type === "Member" && "property" in node && node.property === "raw")
    if ("object" in node && isName(node.object, texts)) return node.object as T;
  return Object.fromEntries(
    Object.entries(node).map(([key, part]) => [key, key === "span" ? part : withRawTexts(part, texts)]),
  ) as T;
}

function isName(node: unknown, name: string): boolean {
  if (typeof node !== "object" || node === null || !("type" in node) || !("name" in node)) return false;
  return node.type === "Name" && node.name === name;
}
