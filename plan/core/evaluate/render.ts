import type { Expr, Spread } from "../ast.ts";

const INTERMEDIATE = "(intermediate value)";

/** The words that V8 uses for an expression in "… is not a function" and its kin. */
export function render(expr: Expr): string {
  switch (expr.type) {
    case "Name":
      return expr.name;
    case "Literal":
      return typeof expr.value === "string" ? `"${expr.value}"` : String(expr.value);
    case "Member": {
      const object = render(expr.object);
      const dot = expr.optional ? "?." : "";
      if (typeof expr.property === "string") {
        return `${object}${dot || "."}${expr.property}`;
      }
      return `${object}${dot}[${render(expr.property)}]`;
    }
    case "Call":
      return `${render(expr.callee)}(...)`;
    case "Chain":
      return render(expr.expr);
    case "Array":
      return `[${expr.elements.map((item) => (item === null ? "" : renderItem(item))).join(",")}]`;
    case "Object":
      return `{${expr.props.map((prop) => (prop.type === "Spread" ? renderItem(prop) : render(prop.value))).join("")}}`;
    default:
      return INTERMEDIATE;
  }
}

function renderItem(item: Expr | Spread): string {
  return item.type === "Spread" ? `(...${render(item.arg)})` : render(item);
}
