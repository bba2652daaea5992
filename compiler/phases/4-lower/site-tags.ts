/** A lower-case tag inside a block: the same text that it has where the tree is known. */
import type * as Core from "../../../plan/core/ast.ts";
import type * as Surface from "../../surface.ts";
import { arrayOf } from "../3-evaluate/core.ts";
import { report } from "../3-evaluate/state.ts";
import { expr, type Names, type Translation } from "../3-evaluate/translate.ts";
import { lookup, type Value } from "../3-evaluate/value.ts";
import type { BlockWriter } from "./blocks.ts";
import { insideOf, type Outline, type Tag, tagMarkup } from "./prompts/inside.ts";
import { outlineOf } from "./prompts/outline.ts";
import { children } from "./site-children.ts";

export function tagParts(
  w: BlockWriter,
  t: Translation,
  node: Surface.Element,
  names: Names,
  tag: string,
): readonly Core.Expr[] {
  const attributes = new Map<string, Core.Expr>();
  for (const prop of node.props) {
    if (prop.type === "ElementProp") {
      if (prop.name !== "children") attributes.set(prop.name, expr(t, prop.value, names));
    } else
      report(
        t.ev,
        "SM107",
        prop.span,
        "the props that this spread brings are not known at build time",
        "Name the attributes of a tag.",
      );
  }
  const outline = { ...outlineOfTag(t, node, names), tag };
  const around = w.inside;
  if (tag === "li") w.items++;
  const before = w.items;
  const inner = w
    .within(insideOf(outline), () => partsIn(w, t, node, names))
    .map((part): Core.Expr => (part.type === "Spread" ? arrayOf([part]) : part));
  if (tag === "ol" && w.items === before && outline.children.some(({ type }) => type === "open"))
    report(
      t.ev,
      "SM117",
      node.span,
      "the items of this <ol> are made elsewhere, where a block can't number them",
      "Write <li> inside the <ol>, as in <ol>{list.map((x) => <li>{x}</li>)}</ol>, or use <ul>.",
    );
  return tagMarkup(outline, { attributes, inner }, around);
}

/** Children of a tag or of a fragment in one; those of tags and fragments among them stand in their place, so that their lines are seen. */
export function partsIn(
  w: BlockWriter,
  t: Translation,
  node: Surface.Element,
  names: Names,
): readonly (Core.Expr | Core.Spread)[] {
  return children(node).flatMap((child): readonly (Core.Expr | Core.Spread)[] => {
    if (child.type === "Spread") return [{ ...child, arg: expr(t, child.arg, names) }];
    if (w.inside.table && isBlank(child)) return [];
    if (child.type === "Element" && child.tag === null) return partsIn(w, t, child, names);
    if (child.type === "Element" && child.tag?.type === "Literal")
      return tagParts(w, t, child, names, String(child.tag.value));
    return [expr(t, child, names)];
  });
}

const isBlank = (child: Surface.Expr): boolean =>
  child.type === "Literal" && typeof child.value === "string" && child.value.trim() === "";

function outlineOfTag(t: Translation, node: Surface.Element, names: Names): Tag {
  return {
    type: "tag",
    tag: node.tag?.type === "Literal" ? String(node.tag.value) : null,
    children: children(node).flatMap((child) => outlineOfSyntax(t, child, names)),
    attribute(name) {
      const prop = node.props.find((x) => x.type === "ElementProp" && x.name === name);
      if (prop?.type !== "ElementProp") return undefined;
      if (prop.value.type === "Literal") return prop.value.value;
      const value = knownOf(t, prop.value, names);
      return value?.type === "Known" ? value.value : undefined;
    },
  };
}

function outlineOfSyntax(
  t: Translation,
  child: Surface.Expr | Core.Spread<Surface.Extra>,
  names: Names,
): Outline[] {
  if (child.type === "Literal") return [{ type: "text" }];
  if (child.type === "Element" && (child.tag === null || child.tag.type === "Literal"))
    return [outlineOfTag(t, child, names)];
  const value = child.type === "Spread" ? undefined : knownOf(t, child, names);
  return value ? outlineOf(value) : [{ type: "open" }];
}

/** What a name from outside the block stands for. */
function knownOf(t: Translation, text: Surface.Expr, names: Names): Value | undefined {
  if (text.type !== "Name" || names.get(text.name) !== undefined) return undefined;
  return lookup(t.env, text.name)?.value;
}
