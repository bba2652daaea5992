/** The outline of an element that is known as a value. */
import type { ElementValue, Value } from "../../3-evaluate/value.ts";
import type { Outline, Tag } from "./inside.ts";

export function outlineOfElement(element: ElementValue): Tag | null {
  const { tag, props } = element;
  if (tag !== null && typeof tag !== "string") return null;
  const children = props.get("children");
  return {
    type: "tag",
    tag,
    children: children ? outlineOf(children) : [],
    attribute(name) {
      const value = props.get(name);
      return value?.type === "Known" ? value.value : undefined;
    },
  };
}

export function outlineOf(value: Value): Outline[] {
  switch (value.type) {
    case "Known":
      return [{ type: "text" }];
    case "Array":
      return value.items.flatMap((x): Outline[] =>
        x.type === "SpreadItem" ? [{ type: "open" }] : outlineOf(x),
      );
    case "Element":
      return [outlineOfElement(value) ?? { type: "open" }];
    default:
      return [{ type: "open" }];
  }
}
