/** What an expression may result in: through conditions, and for a function through what it returns. */
import type * as Surface from "../../surface.ts";

/** The expression with its possible results changed. Core stays Core where the change keeps to it. */
export function changeResults(text: Surface.Expr, change: (x: Surface.Expr) => Surface.Expr): Surface.Expr {
  const again = (x: Surface.Expr): Surface.Expr => changeResults(x, change);
  switch (text.type) {
    case "Conditional":
      return { ...text, then: again(text.then), else: again(text.else) };
    case "Logical":
      return { ...text, left: text.op === "&&" ? text.left : again(text.left), right: again(text.right) };
    case "Arrow": {
      const { body } = text;
      if (body.type !== "Block") return { ...text, body: again(body) };
      return { ...text, body: { ...body, body: body.body.map((stmt) => returning(stmt, again)) } };
    }
    default:
      return change(text);
  }
}

function returning(stmt: Surface.Stmt, change: (x: Surface.Expr) => Surface.Expr): Surface.Stmt {
  const inside = (x: Surface.Stmt): Surface.Stmt => returning(x, change);
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
