/** Code that stands in the source of a rendering and never runs in it. */
import type * as Surface from "../../surface.ts";
import type { Value } from "./value.ts";

/** Props with which a function child is called while rendering: it gives the prompt or the payload. */
const CALLED_WITH: ReadonlySet<string> = new Set(["agent", "deps"]);

/**
 * The children of an element without the functions that run as code once their task starts, on copies of what they
 * take along: what they write is nothing that a rendering can see.
 */
export function renderedChildren(
  node: Surface.Element,
  tag: Value | undefined,
): readonly Surface.Element["children"][number][] {
  if (tag?.type !== "Component" || tag.name !== "Task") return node.children;
  if (node.props.some((prop) => prop.type === "Spread" || CALLED_WITH.has(prop.name))) return node.children;
  return node.children.filter((child) => child.type !== "Arrow" && child.type !== "Func");
}
