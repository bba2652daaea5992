/**
 * Prompt text. One string or number as child gives its exact bytes; several children or elements are joined, arrays
 * flattened, objects as JSON, runs of newlines shortened, the whole trimmed: Core's `text(…)` does it at run time.
 */
import type * as Core from "../../../plan/core/ast.ts";
import { inline } from "../3-evaluate/calls.ts";
import { arrayOf, arrowOf, call, literal, memberOf, nameOf } from "../3-evaluate/core.ts";
import { reify } from "../3-evaluate/reify.ts";
import { isStructural } from "../3-evaluate/shape.ts";
import { Bail, type Evaluation, inScope, report } from "../3-evaluate/state.ts";
import { type ElementValue, object, type Value } from "../3-evaluate/value.ts";
import type { Field } from "./draft.ts";
import { localStatements } from "./locals.ts";
import { type Inside, insideOf, NOWHERE, tagMarkup } from "./prompts/inside.ts";
import { merge, plainText } from "./prompts/markup.ts";
import { outlineOfElement } from "./prompts/outline.ts";

/** The children of a task as prompt text. */
export function promptField(ev: Evaluation, children: Value): Field {
  if (children.type === "Known") return { type: "json", value: plainText(children.value) };
  if (!needsText(children)) return { type: "core", expr: asText(reify(ev, children)) };
  const parts = partsOf(ev, children);
  if (parts.every((part) => part.type === "Literal")) {
    const joined = parts.map((part) => plainText((part as Core.Literal).value)).join("");
    return { type: "json", value: tidy(joined) };
  }
  return { type: "core", expr: call("text", ...parts) };
}

/** Data that is written out as a prompt: its text, for a field that holds nothing else. */
export const asText = (child: Core.Expr): Core.Expr =>
  child.type === "Object" || child.type === "Array" ? call("text", child) : child;

/** Whether children are more than one plain value. */
function needsText(children: Value): boolean {
  return (children.type === "Array" && children.kids === true) || isStructural(children);
}

/** At most two newlines in a row, trimmed: what `text` does. */
function tidy(text: string): string {
  return text.replace(/\n{3,}/g, "\n\n").trim();
}

/** Children as arguments of `text`, neighbours that are literal joined. */
export function partsOf(ev: Evaluation, value: Value, inside: Inside = NOWHERE): Core.Expr[] {
  const items = value.type === "Array" ? value.items : [value];
  return merge(
    items.flatMap((item): Core.Expr[] => {
      if (item.type === "SpreadItem") return [textPart(ev, item.value, inside)];
      if (item.type === "Known") {
        const text = plainText(item.value);
        return inside.table && text.trim() === "" ? [] : [literal(text)];
      }
      if (item.type === "Array" && isStructural(item)) return partsOf(ev, item, inside);
      if (item.type === "Element") return elementParts(ev, item, inside);
      return [textPart(ev, item, inside)];
    }),
  );
}

/** Parts as one value that `text` prints in their order. An array of nothing but objects would be data. */
export function sequence(parts: readonly Core.Expr[]): Core.Expr {
  const [only] = parts;
  if (!only) return literal("");
  if (parts.length === 1) return only;
  const hasText = parts.some((part) => part.type === "Literal" || part.type === "Template");
  return arrayOf(hasText ? parts : [...parts, literal("")]);
}

/** One child as an expression whose value `text` can print. */
export function textPart(ev: Evaluation, value: Value, inside: Inside = NOWHERE): Core.Expr {
  if (!isStructural(value)) return reify(ev, value);
  switch (value.type) {
    case "Choice":
      return {
        type: "Conditional",
        test: value.test,
        then: textPart(ev, value.then, inside),
        else: textPart(ev, value.else, inside),
      };
    case "Array":
      return sequence(partsOf(ev, value, inside));
    case "Element":
      return sequence(elementParts(ev, value, inside));
    case "Each": {
      if (value.scope.guards.length) throw new Bail("a throw inside a list in a prompt", value.span);
      const result = inScope(ev, value.scope, () => textPart(ev, value.body, inside));
      const params = [value.as, value.index ?? (value.all ? "_" : undefined), value.all].flatMap((name) =>
        name === undefined ? [] : [nameOf(name)],
      );
      const body: Core.Expr | Core.Block = value.scope.values.size
        ? { type: "Block", body: localStatements(value.scope.values, result) }
        : result;
      return call(memberOf(value.of, "map"), arrowOf(params, body));
    }
    default:
      throw new Bail(`a ${value.type.toLowerCase()} in a prompt`);
  }
}

/** An element in a prompt: a prompt file, a fragment, a component that gives text, or a lower-case tag. */
function elementParts(ev: Evaluation, element: ElementValue, inside: Inside): Core.Expr[] {
  const { tag } = element;
  const children = element.props.get("children");
  const inner = (): Core.Expr[] => (children ? partsOf(ev, children, inside) : []);
  if (tag === null) return inner();
  if (typeof tag === "string") return tagParts(ev, tag, element, inside);
  switch (tag.type) {
    case "Prompt":
      return [withProps(ev, reify(ev, tag) as Core.Call, element)];
    case "Residual":
      // A prompt out of a table of them, which takes its props when it is called.
      return [withProps(ev, { type: "Call", callee: tag.expr, args: [] }, element)];
    case "Closure": {
      const value = inScope(ev, ev.scope, () =>
        inline(ev, tag, [element.opaque ?? object(element.props)], element.span),
      );
      return partsOf(ev, value, inside);
    }
    case "Poison":
      return inner();
    case "Component":
      report(
        ev,
        "SM101",
        element.span,
        `<${tag.name}> stands inside a prompt`,
        "Put it beside the task, not into it.",
      );
      return [];
    default:
      throw new Bail(`an element of a ${tag.type.toLowerCase()} in a prompt`, element.span);
  }
}

/** A prompt file with its props. Elements among them are handed over as the parts of their text. */
function withProps(ev: Evaluation, handle: Core.Call, element: ElementValue): Core.Call {
  const children = element.props.get("children");
  const text = (value: Value): Core.Expr => sequence(partsOf(ev, value));
  if (element.opaque) {
    const given = reify(ev, element.opaque) as Core.ObjectExpr;
    const kids: readonly Core.Property[] = children
      ? [{ type: "Property", key: "children", value: text(children) }]
      : [];
    return { ...handle, args: [...handle.args, { ...given, props: [...given.props, ...kids] }] };
  }
  const props = [...element.props].map(
    ([key, prop]): Core.Property => ({
      type: "Property",
      key,
      value: (key === "children" && needsText(prop)) || isMarkup(prop) ? text(prop) : reify(ev, prop),
    }),
  );
  return props.length ? { ...handle, args: [...handle.args, { type: "Object", props }] } : handle;
}

const isMarkup = (value: Value): boolean => isStructural(value) && value.type !== "Closure";

function tagParts(ev: Evaluation, tag: string, element: ElementValue, inside: Inside): Core.Expr[] {
  const children = element.props.get("children");
  const outline = { ...outlineOfElement(element)!, tag };
  const inner = children ? partsOf(ev, children, insideOf(outline)) : [];
  const attributes = new Map<string, Core.Expr>();
  for (const [name, value] of element.props) {
    if (name === "children" || value.type === "Closure" || value.type === "Code") continue;
    if (isStructural(value) || value.type === "Object")
      report(
        ev,
        "SM117",
        element.span,
        `<${tag}> in a prompt has no text for '${name}'`,
        "Give it a string, or write the Markdown you want as text.",
      );
    else attributes.set(name, reify(ev, value));
  }
  return [...tagMarkup(outline, { attributes, inner }, inside)];
}
