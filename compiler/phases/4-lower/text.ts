/**
 * Prompt text. One string or number as child gives its exact bytes; several children or elements are joined, arrays
 * flattened, objects as JSON, runs of newlines shortened, the whole trimmed: Core's `text(…)` does it at run time.
 */
import type * as Core from "../../../plan/core/ast.ts";
import { inline } from "../3-evaluate/calls.ts";
import { arrowOf, call, literal, memberOf, nameOf } from "../3-evaluate/core.ts";
import { reify } from "../3-evaluate/reify.ts";
import { isStructural } from "../3-evaluate/shape.ts";
import { Bail, type Evaluation, inScope, report } from "../3-evaluate/state.ts";
import { type ElementValue, object, type Value } from "../3-evaluate/value.ts";
import type { Field } from "./draft.ts";

/** The children of a task as prompt text. */
export function promptField(ev: Evaluation, children: Value): Field {
  if (children.type === "Known") return { type: "json", value: plainText(children.value) };
  if (!needsText(children)) return { type: "core", expr: reify(ev, children) };
  const parts = partsOf(ev, children);
  if (parts.every((part) => part.type === "Literal")) {
    const joined = parts.map((part) => plainText((part as Core.Literal).value)).join("");
    return { type: "json", value: tidy(joined) };
  }
  return { type: "core", expr: call("text", ...parts) };
}

/** Whether children are more than one plain value. */
function needsText(children: Value): boolean {
  return (children.type === "Array" && children.kids === true) || isStructural(children);
}

const plainText = (value: string | number | boolean | null | undefined): string =>
  typeof value === "string" || typeof value === "number" ? String(value) : "";

/** At most two newlines in a row, trimmed: what `text` does. */
function tidy(text: string): string {
  return text.replace(/\n{3,}/g, "\n\n").trim();
}

/** Children as arguments of `text`, neighbours that are literal joined. */
function partsOf(ev: Evaluation, value: Value): Core.Expr[] {
  const parts: Core.Expr[] = [];
  const push = (part: Core.Expr): void => {
    const last = parts.at(-1);
    if (last?.type === "Literal" && part.type === "Literal")
      parts[parts.length - 1] = literal(plainText(last.value) + plainText(part.value));
    else parts.push(part);
  };
  const items = value.type === "Array" ? value.items : [value];
  for (const item of items) {
    if (item.type === "SpreadItem") push(textPart(ev, item.value));
    else if (item.type === "Known") push(literal(plainText(item.value)));
    else if (item.type === "Array" && isStructural(item)) for (const part of partsOf(ev, item)) push(part);
    else if (item.type === "Element") for (const part of elementParts(ev, item)) push(part);
    else push(textPart(ev, item));
  }
  return parts;
}

/** One child as an expression whose value `text` can print. */
export function textPart(ev: Evaluation, value: Value): Core.Expr {
  if (!isStructural(value)) return reify(ev, value);
  switch (value.type) {
    case "Choice":
      return {
        type: "Conditional",
        test: value.test,
        then: textPart(ev, value.then),
        else: textPart(ev, value.else),
      };
    case "Array":
      return { type: "Array", elements: partsOf(ev, value) };
    case "Element": {
      const parts = elementParts(ev, value);
      return parts.length === 1 && parts[0] ? parts[0] : { type: "Array", elements: parts };
    }
    case "Each": {
      if (value.scope.guards.length) throw new Bail("a throw inside a list in a prompt", value.span);
      const result = textPart(ev, value.body);
      const params = [value.as, value.index ?? (value.all ? "_" : undefined), value.all].flatMap((name) =>
        name === undefined ? [] : [nameOf(name)],
      );
      const decls = [...value.scope.values].map(
        ([name, init]): Core.Stmt => ({
          type: "Declare",
          kind: "const",
          decls: [{ target: nameOf(name), init }],
        }),
      );
      const body: Core.Expr | Core.Block = decls.length
        ? { type: "Block", body: [...decls, { type: "Return", value: result }] }
        : result;
      return call(memberOf(value.of, "map"), arrowOf(params, body));
    }
    default:
      throw new Bail(`a ${value.type.toLowerCase()} in a prompt`);
  }
}

/** An element in a prompt: a prompt file, a fragment, a component that gives text, or Markdown of a lower-case tag. */
function elementParts(ev: Evaluation, element: ElementValue): Core.Expr[] {
  const { tag } = element;
  const children = element.props.get("children");
  const inner = (): Core.Expr[] => (children ? partsOf(ev, children) : []);
  if (tag === null) return inner();
  if (typeof tag === "string") return markdown(ev, tag, inner(), element);
  switch (tag.type) {
    case "Prompt": {
      if (element.opaque) {
        const whole = reify(ev, tag) as Core.Call;
        const given = reify(ev, element.opaque) as Core.ObjectExpr;
        const kids: readonly Core.Property[] = children
          ? [{ type: "Property", key: "children", value: joined(partsOf(ev, children)) }]
          : [];
        return [{ ...whole, args: [...whole.args, { ...given, props: [...given.props, ...kids] }] }];
      }
      const props = [...element.props].map(([key, prop]): readonly [string, Core.Expr] => [
        key,
        key === "children" || isStructural(prop) ? joined(partsOf(ev, prop)) : reify(ev, prop),
      ]);
      const handle = reify(ev, tag) as Core.Call;
      const args = props.length
        ? {
            type: "Object" as const,
            props: props.map(([key, x]) => ({ type: "Property" as const, key, value: x })),
          }
        : undefined;
      return [args ? { ...handle, args: [...handle.args, args] } : handle];
    }
    case "Closure": {
      const value = inScope(ev, ev.scope, () =>
        inline(ev, tag, [element.opaque ?? object(element.props)], element.span),
      );
      return partsOf(ev, value);
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

const joined = (parts: readonly Core.Expr[]): Core.Expr =>
  parts.length === 1 && parts[0] ? parts[0] : call("text", ...parts);

/** Lower-case tags as Markdown. */
const TAGS: Readonly<Record<string, readonly [string, string]>> = {
  b: ["**", "**"],
  strong: ["**", "**"],
  i: ["*", "*"],
  em: ["*", "*"],
  code: ["`", "`"],
  pre: ["```\n", "\n```\n\n"],
  p: ["", "\n\n"],
  div: ["", "\n"],
  section: ["", "\n\n"],
  span: ["", ""],
  br: ["\n", ""],
  hr: ["\n---\n\n", ""],
  h1: ["# ", "\n\n"],
  h2: ["## ", "\n\n"],
  h3: ["### ", "\n\n"],
  h4: ["#### ", "\n\n"],
  ul: ["", "\n"],
  ol: ["", "\n"],
  li: ["- ", "\n"],
  blockquote: ["> ", "\n\n"],
};

/** How a lower-case tag is written in a prompt: before and after its children. A tag that Markdown lacks stays as it is. */
export function markdownOf(tag: string): readonly [string, string] {
  return TAGS[tag] ?? [`<${tag}>`, `</${tag}>`];
}

function markdown(ev: Evaluation, tag: string, inner: Core.Expr[], element: ElementValue): Core.Expr[] {
  const others = [...element.props.keys()].filter((key) => key !== "children");
  if (others.length) {
    report(
      ev,
      "SM117",
      element.span,
      `<${tag}> in a prompt has no '${others[0]}'`,
      "Write the Markdown you want as text.",
    );
  }
  const [before, after] = markdownOf(tag);
  return [...(before ? [literal(before)] : []), ...inner, ...(after ? [literal(after)] : [])];
}
