/** `<Tag …>` → an element value: props and children evaluated in source order, the component not yet called. */
import type * as Core from "../../../plan/core/ast.ts";
import type * as Surface from "../../surface.ts";
import { choose, mapChoices } from "./choice.ts";
import { binary, literal, memberOf } from "./core.ts";
import { evaluate, spreadInto } from "./evaluate.ts";
import { mentionsPoison } from "./poison.ts";
import { reify } from "./reify.ts";
import { isStructural, touchesElements } from "./shape.ts";
import { attempt, Bail, blockOf, type Evaluation, lose, report } from "./state.ts";
import { array, type Environment, residual, type SpreadItem, UNDEFINED, type Value } from "./value.ts";

const NOWHERE: Core.Span = { file: 0, start: 0, end: 0 };

export function evaluateElement(ev: Evaluation, node: Surface.Element, env: Environment): Value {
  const tag = tagOf(ev, node, env);
  const open = tag !== null && typeof tag !== "string" && (tag.type === "Prompt" || tag.type === "Closure");
  let props = new Map<string, Value>();
  const parts: (readonly [string, Value] | { readonly spread: Value })[] = [];
  let opaque = false;
  for (const prop of node.props) {
    if (prop.type === "Spread") {
      const value = evaluate(ev, prop.arg, env);
      parts.push({ spread: value });
      if (open && value.type !== "Poison" && !spreadInto(ev, props, value) && !isStructural(value))
        opaque = true;
      else props = spread(ev, props, value, prop.span);
    } else {
      const value = propValue(ev, prop.value, env);
      parts.push([prop.name, value]);
      props.delete(prop.name);
      props.set(prop.name, value);
    }
  }
  const children = childrenOf(ev, node, env);
  if (children) {
    props.set("children", children);
    // Those of a prompt are text, which phase 4 writes.
    if (tag === null || typeof tag === "string" || tag.type !== "Prompt") parts.push(["children", children]);
  }
  const key = props.get("key");
  props.delete("key");
  const element: Value = {
    type: "Element",
    tag,
    props,
    span: node.span ?? NOWHERE,
    syntax: node,
    env,
    ...(key && { key }),
    ...(opaque && { opaque: opaqueProps(ev, parts, node.span) }),
  };
  if (tag !== null && typeof tag !== "string" && (tag.type === "Choice" || tag.type === "Select"))
    return mapChoices(ev, tag, (one) => ({ ...element, tag: one }));
  return element;
}

/** The props of a prompt or component as one object of data. */
function opaqueProps(
  ev: Evaluation,
  parts: readonly (readonly [string, Value] | { readonly spread: Value })[],
  span: Core.Span | undefined,
): Value {
  const props = parts.flatMap((part): (Core.Property | Core.Spread)[] => {
    if ("spread" in part) return [{ type: "Spread", arg: reify(ev, part.spread) }];
    const [key, value] = part;
    if (key === "key") return [];
    if (isStructural(value)) throw new Bail("structure beside a spread of unknown props", span);
    return [{ type: "Property", key, value: reify(ev, value) }];
  });
  return residual({ type: "Object", props }, { kind: "object", defined: true });
}

function tagOf(ev: Evaluation, node: Surface.Element, env: Environment): Value | string | null {
  if (node.tag === null) return null;
  if (node.tag.type === "Literal") return String(node.tag.value);
  const tag = evaluate(ev, node.tag, env);
  if (tag.type === "Component" && tag.name === "Fragment") return null;
  return tag;
}

/** A prop that can't be read structurally may still be a block, where it holds elements. */
function propValue(ev: Evaluation, node: Surface.Expr, env: Environment): Value {
  return attempt(
    ev,
    () => evaluate(ev, node, env),
    (why): Value => {
      if (!touchesElements(node, env, new Set())) throw why;
      return blockOf(ev, node, env, why);
    },
  );
}

function childrenOf(ev: Evaluation, node: Surface.Element, env: Environment): Value | undefined {
  const items: (Value | SpreadItem)[] = [];
  for (const child of node.children) {
    if (child.type !== "Spread") items.push(propValue(ev, child, env));
    else {
      const value = evaluate(ev, child.arg, env);
      if (value.type === "Array") items.push(...value.items);
      else items.push({ type: "SpreadItem", value });
    }
  }
  if (items.length === 0) return undefined;
  const [only] = items;
  return items.length === 1 && only && only.type !== "SpreadItem" ? only : { ...array(items), kids: true };
}

/** `{...value}` among the props of an element. */
function spread(
  ev: Evaluation,
  props: Map<string, Value>,
  value: Value,
  span: Core.Span | undefined,
): Map<string, Value> {
  const merged = spreadInto(ev, props, value);
  if (merged) return merged;
  switch (value.type) {
    case "Poison":
      lose(ev);
      return props;
    case "Residual": {
      const keys = value.facts.keys ?? keysOfText(value.expr);
      if (!keys && mentionsPoison(value.expr)) return props;
      if (!keys) {
        report(
          ev,
          "SM107",
          span,
          "the props that this spread brings are not known at build time",
          "Name the props: retries={options.retries} timeoutMs={options.timeoutMs}.",
        );
        return props;
      }
      const result = new Map(props);
      for (const key of keys) {
        const member = residual(memberOf(guarded(value.expr), key));
        const before = props.get(key);
        if (!before) result.set(key, optionalMember(value.expr, key));
        else result.set(key, choose(ev, present(value.expr, key), member, before));
      }
      return result;
    }
    case "Choice":
      return spreadChoice(ev, props, value, span);
    default:
      if (isStructural(value)) throw new Bail("a spread of structure", span);
      return spread(ev, props, residual(reify(ev, value)), span);
  }
}

function spreadChoice(
  ev: Evaluation,
  props: Map<string, Value>,
  value: Extract<Value, { type: "Choice" }>,
  span: Core.Span | undefined,
): Map<string, Value> {
  const then = spread(ev, props, value.then, span);
  const otherwise = spread(ev, props, value.else, span);
  const result = new Map<string, Value>();
  for (const key of new Set([...then.keys(), ...otherwise.keys()])) {
    result.set(key, choose(ev, value.test, then.get(key) ?? UNDEFINED, otherwise.get(key) ?? UNDEFINED));
  }
  return result;
}

/** A spread of null or undefined brings nothing: its members are read with care. */
const optionalMember = (expr: Core.Expr, key: string): Value =>
  alwaysObject(expr)
    ? residual(memberOf(expr, key))
    : residual({ type: "Chain", expr: { ...memberOf(expr, key), optional: true } });

const guarded = (expr: Core.Expr): Core.Expr => expr;

function present(expr: Core.Expr, key: string): Core.Expr {
  const has = binary("in", literal(key), expr);
  return alwaysObject(expr)
    ? has
    : {
        type: "Logical",
        op: "&&",
        left: binary("===", { type: "Unary", op: "typeof", arg: expr }, literal("object")),
        right: { type: "Logical", op: "&&", left: expr, right: has },
      };
}

function alwaysObject(expr: Core.Expr): boolean {
  if (expr.type === "Object") return true;
  return expr.type === "Conditional" && alwaysObject(expr.then) && alwaysObject(expr.else);
}

/** Property names that an expression can give, where it is made of object literals. */
function keysOfText(expr: Core.Expr): string[] | undefined {
  switch (expr.type) {
    case "Object": {
      const keys: string[] = [];
      for (const prop of expr.props) {
        if (prop.type === "Spread") {
          const inner = keysOfText(prop.arg);
          if (!inner) return undefined;
          keys.push(...inner);
        } else if (typeof prop.key === "string") keys.push(prop.key);
        else return undefined;
      }
      return [...new Set(keys)];
    }
    case "Conditional": {
      const then = keysOfText(expr.then);
      const otherwise = keysOfText(expr.else);
      return then && otherwise ? [...new Set([...then, ...otherwise])] : undefined;
    }
    case "Logical": {
      const right = keysOfText(expr.right);
      if (expr.op === "&&") return right;
      const left = keysOfText(expr.left);
      return left && right ? [...new Set([...left, ...right])] : undefined;
    }
    case "Literal":
      return typeof expr.value === "string" ? undefined : [];
    case "Name":
      return expr.name === "undefined" ? [] : undefined;
    default:
      return undefined;
  }
}
