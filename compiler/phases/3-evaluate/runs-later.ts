/** Code of which a rendering need not fear that it writes: what runs later, and what is known to write nothing. */
import type * as Surface from "../../surface.ts";
import { LIBRARY_PATH } from "./state.ts";
import type { Value } from "./value.ts";

/** The library's own components write nothing; functions that they are given stand in the workflow and are read there. */
export const isOfLibrary = (value: Value | undefined): boolean =>
  value?.type === "Closure" && value.env.module?.path === LIBRARY_PATH;

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
