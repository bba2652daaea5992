/** Literals, templates, arrays and objects. */
import { ts } from "ts-morph";
import type { ArrayExpr, ObjectExpr, Property, Spread, Template } from "../../../plan/core/ast.ts";
import type { Expr, Extra } from "../../surface.ts";
import { type Context, foreign, reference, spanOf } from "./context.ts";
import { functionOf } from "./functions.ts";

/** Infinity has no literal in Core. */
export function numberLiteral(ctx: Context, node: ts.NumericLiteral): Expr {
  const value = Number(node.text);
  if (!Number.isFinite(value)) return { type: "Name", name: "Infinity", span: spanOf(ctx, node) };
  return { type: "Literal", value, span: spanOf(ctx, node) };
}

export function regexLiteral(ctx: Context, node: ts.RegularExpressionLiteral): Expr {
  const end = node.text.lastIndexOf("/");
  return {
    type: "Regex",
    pattern: node.text.slice(1, end),
    flags: node.text.slice(end + 1),
    span: spanOf(ctx, node),
  };
}

export function template(ctx: Context, node: ts.TemplateLiteral): Template<Extra> {
  if (ts.isNoSubstitutionTemplateLiteral(node))
    return { type: "Template", quasis: [node.text], exprs: [], span: spanOf(ctx, node) };
  return {
    type: "Template",
    quasis: [node.head.text, ...node.templateSpans.map((s) => s.literal.text)],
    exprs: node.templateSpans.map((s) => ctx.expr(s.expression)),
    span: spanOf(ctx, node),
  };
}

export function spread(ctx: Context, node: ts.SpreadElement | ts.SpreadAssignment): Spread<Extra> {
  return { type: "Spread", arg: ctx.expr(node.expression), span: spanOf(ctx, node) };
}

export function array(ctx: Context, node: ts.ArrayLiteralExpression): ArrayExpr<Extra> {
  return {
    type: "Array",
    elements: node.elements.map((e) =>
      ts.isOmittedExpression(e) ? null : ts.isSpreadElement(e) ? spread(ctx, e) : ctx.expr(e),
    ),
    span: spanOf(ctx, node),
  };
}

/** A property's key: its name, or an expression where it is computed. */
export function keyOf(ctx: Context, name: ts.PropertyName): string | Expr {
  if (ts.isComputedPropertyName(name)) {
    const key = ctx.expr(name.expression);
    return key.type === "Literal" && typeof key.value === "string" && key.value !== "__proto__"
      ? key.value
      : key;
  }
  return ts.isNumericLiteral(name) ? String(Number(name.text)) : name.text;
}

/** An object with accessors or a set prototype is more than Core's objects; it stays host code as a whole. */
export function object(ctx: Context, node: ts.ObjectLiteralExpression): Expr {
  const props: (Property<Extra> | Spread<Extra>)[] = [];
  for (const p of node.properties) {
    const span = spanOf(ctx, p);
    if (ts.isSpreadAssignment(p)) {
      props.push(spread(ctx, p));
      continue;
    }
    if (ts.isSetAccessor(p)) return foreign(ctx, node, "a getter or setter");
    const key = keyOf(ctx, p.name);
    if (key === "__proto__") return foreign(ctx, node, "an object literal that sets `__proto__`");
    if (ts.isGetAccessor(p)) {
      const getter = functionOf(ctx, p);
      const host = foreign(ctx, p, "a getter or setter");
      const value = getter.type === "Arrow" ? { ...host, getter } : host;
      props.push({ type: "Property", key, value, span });
    } else if (ts.isPropertyAssignment(p)) {
      const value = ctx.expr(p.initializer);
      props.push({ type: "Property", key, value, span });
    } else if (ts.isShorthandPropertyAssignment(p)) {
      props.push({ type: "Property", key, value: reference(ctx, p.name, p.name.text), span });
    } else {
      props.push({ type: "Property", key, value: functionOf(ctx, p), span });
    }
  }
  const result: ObjectExpr<Extra> = { type: "Object", props, span: spanOf(ctx, node) };
  return result;
}
