/** The only child of a task in a block as prompt text: what it gives is an element, or the author's own text. */
import type * as Core from "../../../plan/core/ast.ts";
import type * as Surface from "../../surface.ts";
import { call } from "../3-evaluate/core.ts";
import { expr, type Names, type Translation } from "../3-evaluate/translate.ts";
import type { BlockWriter } from "./blocks.ts";
import { changeResults } from "./results.ts";

/**
 * Translates the child, and turns every element that it may result in into text. Strings and numbers keep their exact
 * bytes, so the text of the whole can't be asked for.
 */
export function childText(w: BlockWriter, t: Translation, child: Surface.Expr, names: Names): Core.Expr {
  const made = new Set<Surface.Expr>();
  const elements = {
    element(inner: Translation, node: Surface.Element, own: Names): Core.Expr {
      const text = w.element({ ...inner, elements: w }, node, own);
      made.add(text);
      return text;
    },
    value: w.value.bind(w),
  };
  const text = expr({ ...t, elements }, child, names);
  const asText = (x: Surface.Expr): Surface.Expr =>
    made.has(x) ? call("text", w.mounted(x as Core.Expr)) : x;
  return changeResults(text, asText) as Core.Expr;
}
