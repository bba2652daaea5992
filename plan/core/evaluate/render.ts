import type { BinaryOp, Expr, Spread } from "../ast.ts";

const INTERMEDIATE = "(intermediate value)";

/** The words that V8 uses for an expression in "… is not a function" and its kin. */
export function render(expr: Expr): string {
  switch (expr.type) {
    case "Name":
      return expr.name;
    case "Literal":
      return typeof expr.value === "string" ? `"${expr.value}"` : String(expr.value);
    case "Regex":
      return `/${expr.pattern}/${expr.flags}`;
    case "Template":
      return expr.exprs.length === 0 ? `"${expr.quasis.join("")}"` : expr.exprs.map(render).join("");
    case "Member":
    case "Call":
      return renderLink(expr);
    case "Unary": {
      const folded = numberOf(expr);
      const space = expr.op.length > 1 ? " " : "";
      return folded === undefined ? `(${expr.op}${space}${render(expr.arg)})` : String(folded);
    }
    case "Binary":
    case "Logical": {
      const folded = numberOf(expr);
      return folded === undefined
        ? `(${render(expr.left)} ${expr.op} ${render(expr.right)})`
        : String(folded);
    }
    case "Conditional":
      return INTERMEDIATE.repeat(3);
    case "Array":
      return `[${expr.elements.map((item) => (item === null ? INTERMEDIATE : renderItem(item))).join(",")}]`;
    case "Object":
      return `{${INTERMEDIATE.repeat(expr.props.length)}}`;
    case "Comma":
      return `(${expr.exprs.map(render).join(" , ")})`;
    case "Assign":
      return expr.target.type === "Name" || expr.target.type === "Member"
        ? render(expr.target)
        : INTERMEDIATE;
    case "Update":
      return expr.prefix ? `(${expr.op}${render(expr.target)})` : `(${render(expr.target)}${expr.op})`;
    case "New":
    case "Arrow":
    case "Chain":
      return INTERMEDIATE;
    default:
      return expr satisfies never;
  }
}

function renderLink(expr: Extract<Expr, { type: "Member" | "Call" }>): string {
  if (expr.type === "Call") {
    return `${render(expr.callee)}(...)`;
  }
  const object = render(expr.object);
  if (typeof expr.property === "string") {
    return `${object}${expr.optional ? "?." : "."}${expr.property}`;
  }
  return `${object}${expr.optional ? "?." : ""}[${render(expr.property)}]`;
}

function renderItem(item: Expr | Spread): string {
  return item.type === "Spread" ? `(...${render(item.arg)})` : render(item);
}

/** V8's parser folds arithmetic on number literals. */
function numberOf(expr: Expr): number | undefined {
  if (expr.type === "Literal") {
    return typeof expr.value === "number" ? expr.value : undefined;
  }
  if (expr.type === "Unary") {
    const arg = numberOf(expr.arg);
    if (arg === undefined) {
      return undefined;
    }
    return expr.op === "-" ? -arg : expr.op === "+" ? arg : expr.op === "~" ? ~arg : undefined;
  }
  if (expr.type === "Binary") {
    const left = numberOf(expr.left);
    const right = numberOf(expr.right);
    return left === undefined || right === undefined ? undefined : FOLD[expr.op]?.(left, right);
  }
  return undefined;
}

const FOLD: Readonly<Partial<Record<BinaryOp, (a: number, b: number) => number>>> = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "/": (a, b) => a / b,
  "%": (a, b) => a % b,
  "**": (a, b) => a ** b,
  "&": (a, b) => a & b,
  "|": (a, b) => a | b,
  "^": (a, b) => a ^ b,
  "<<": (a, b) => a << b,
  ">>": (a, b) => a >> b,
  ">>>": (a, b) => a >>> b,
};
