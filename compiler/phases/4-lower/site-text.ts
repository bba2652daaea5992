/** The only child of a task in a block as prompt text: what it gives is an element, or the author's own text. */
import type * as Core from "../../../plan/core/ast.ts";
import type * as Surface from "../../surface.ts";
import { call } from "../3-evaluate/core.ts";
import { expr, type Names, type Translation } from "../3-evaluate/translate.ts";
import type { BlockWriter } from "./blocks.ts";

/**
 * Translates the child, and turns every element that it may result in into text. Strings and numbers keep their exact
 * bytes, so the text of the whole can't be asked for.
 */
export function childText(w: BlockWriter, t: Translation, child: Surface.Expr, names: Names): Core.Expr {
  const made = new Set<Core.Expr>();
  const elements = {
    element(inner: Translation, node: Surface.Element, own: Names): Core.Expr {
      const text = w.element({ ...inner, elements: w }, node, own);
      made.add(text);
      return text;
    },
    value: w.value.bind(w),
  };
  const text = expr({ ...t, elements }, child, names);
  const isMade = (x: Core.Expr): boolean => made.has(x);
  return asText(text, (x) => (isMade(x) ? call("text", w.mounted(x)) : x));
}

/** The expression with its possible results changed. */
function asText(text: Core.Expr, change: (x: Core.Expr) => Core.Expr): Core.Expr {
  const again = (x: Core.Expr): Core.Expr => asText(x, change);
  switch (text.type) {
    case "Conditional":
      return { ...text, then: again(text.then), else: again(text.else) };
    case "Logical":
      return { ...text, left: text.op === "&&" ? text.left : again(text.left), right: again(text.right) };
    case "Arrow":
      return {
        ...text,
        body:
          text.body.type === "Block"
            ? { ...text.body, body: text.body.body.map((stmt) => returning(stmt, again)) }
            : again(text.body),
      };
    default:
      return change(text);
  }
}

function returning(stmt: Core.Stmt, change: (x: Core.Expr) => Core.Expr): Core.Stmt {
  const inside = (x: Core.Stmt): Core.Stmt => returning(x, change);
  switch (stmt.type) {
    case "Return":
      return stmt.value ? { ...stmt, value: change(stmt.value) } : stmt;
    case "If":
      return { ...stmt, then: inside(stmt.then), ...(stmt.else && { else: inside(stmt.else) }) };
    case "Block":
      return { ...stmt, body: stmt.body.map(inside) };
    default:
      return stmt;
  }
}
