import type { Arrow, Call, Expr, Member, Pattern, Property, Spread, Template } from "../ast.ts";
import { isIdentifierName } from "../parse/lexer.ts";
import { PRECEDENCE } from "../parse/precedence.ts";
import { cat, type Doc, firstChar, flat, group, indent, line, list, newline, softline } from "./doc.ts";
import { printBlock } from "./statements.ts";
import { propertyName, quasi, quote } from "./text.ts";

// binding strengths; binary operators lie between CONDITIONAL and UNARY
const COMMA = 0;
export const ASSIGN = 1;
const CONDITIONAL = 2;
const BINARY = 3;
const UNARY = 15;
const POSTFIX = 16;
const CALL = 17;
const PRIMARY = 18;

function strength(expr: Expr): number {
  switch (expr.type) {
    case "Comma":
      return COMMA;
    case "Assign":
    case "Arrow":
      return ASSIGN;
    case "Conditional":
      return CONDITIONAL;
    case "Binary":
    case "Logical":
      return BINARY + (PRECEDENCE[expr.op] ?? 0);
    case "Unary":
      return UNARY;
    case "Update":
      return expr.prefix ? UNARY : POSTFIX;
    case "Call":
    case "New":
    case "Member":
    case "Chain":
      return CALL;
    case "Literal":
    case "Regex":
    case "Template":
    case "Name":
    case "Array":
    case "Object":
      return PRIMARY;
    default:
      return expr satisfies never;
  }
}

/** Writes an expression where one of at least strength `min` must stand. */
export function print(expr: Expr, min: number): Doc {
  const doc = printBare(expr);
  return strength(expr) < min ? cat("(", doc, ")") : doc;
}

function printBare(expr: Expr): Doc {
  switch (expr.type) {
    case "Literal":
      return typeof expr.value === "string" ? quote(expr.value) : String(expr.value);
    case "Regex":
      return `/${expr.pattern}/${expr.flags}`;
    case "Template":
      return printTemplate(expr);
    case "Name":
      return expr.name;
    case "Array":
      return printArray(expr.elements.map((element) => (element === null ? null : printSpreadable(element))));
    case "Object":
      return list("{", expr.props.map(printProperty), "}", line);
    case "Arrow":
      return printArrow(expr);
    case "Unary":
      return printUnary(expr.op, print(expr.arg, UNARY));
    case "Binary":
    case "Logical":
      return group(printOperands(expr));
    case "Conditional":
      return group(
        cat(
          print(expr.test, CONDITIONAL + 1),
          indent(cat(line, "? ", print(expr.then, ASSIGN), line, ": ", print(expr.else, ASSIGN))),
        ),
      );
    case "Assign":
      return cat(printPattern(expr.target), ` ${expr.op} `, print(expr.value, ASSIGN));
    case "Update": {
      const target = print(expr.target, CALL);
      return expr.prefix ? cat(expr.op, target) : cat(target, expr.op);
    }
    case "Call":
    case "Member":
    case "Chain":
      return printChain(expr);
    case "New":
      return cat("new ", expr.callee.name, printArgs(expr.args));
    case "Comma":
      return list(
        "",
        expr.exprs.map((item) => print(item, ASSIGN)),
        "",
      );
    default:
      return expr satisfies never;
  }
}

function printUnary(op: string, arg: Doc): Doc {
  const first = firstChar(arg);
  const space = op.length > 1 || ((op === "-" || op === "+") && first === op);
  return cat(op, space ? " " : "", arg);
}

/** `a && b && c`: operands of equal strength are broken together. */
function printOperands(expr: Extract<Expr, { type: "Binary" | "Logical" }>): Doc {
  const own = strength(expr);
  const { left, right, op } = expr;
  // ** binds to the right and takes no unary operator on its left
  const leftMin = op === "**" ? POSTFIX : own;
  const rightMin = op === "**" ? own : own + 1;
  const leftDoc =
    (left.type === "Binary" || left.type === "Logical") &&
    strength(left) === own &&
    op !== "**" &&
    !mixes(expr, left)
      ? printOperands(left)
      : mixes(expr, left)
        ? cat("(", print(left, COMMA), ")")
        : print(left, leftMin);
  const rightDoc = mixes(expr, right) ? cat("(", print(right, COMMA), ")") : print(right, rightMin);
  return cat(leftDoc, indent(cat(line, op, " ", rightDoc)));
}

/** `??` stands beside `||` or `&&` in parentheses only. */
function mixes(expr: Expr, operand: Expr): boolean {
  return (
    expr.type === "Logical" && operand.type === "Logical" && (expr.op === "??") !== (operand.op === "??")
  );
}

function printTemplate(expr: Template): Doc {
  const parts: Doc[] = ["`"];
  expr.quasis.forEach((text, i) => {
    quasi(text)
      .split("\n")
      .forEach((piece, j) => {
        parts.push(j === 0 ? piece : cat(newline, piece));
      });
    const hole = expr.exprs[i];
    if (hole !== undefined) {
      parts.push("${", flat(print(hole, COMMA)), "}");
    }
  });
  parts.push("`");
  return cat(...parts);
}

function printArray(items: readonly (Doc | null)[]): Doc {
  const docs = items.map((item) => item ?? "");
  // a last hole needs a comma of its own
  return list("[", docs, items.at(-1) === null ? ",]" : "]");
}

export function printSpreadable(item: Expr | Spread): Doc {
  return item.type === "Spread" ? cat("...", print(item.arg, ASSIGN)) : print(item, ASSIGN);
}

function printKey(key: string | Expr): Doc {
  return typeof key === "string" ? propertyName(key) : cat("[", print(key, ASSIGN), "]");
}

function printProperty(item: Property | Spread): Doc {
  if (item.type === "Spread") {
    return printSpreadable(item);
  }
  const { key, value } = item;
  if (value.type === "Name" && value.name === key) {
    return key;
  }
  return cat(printKey(key), ": ", print(value, ASSIGN));
}

function printArgs(args: readonly (Expr | Spread)[]): Doc {
  const [only] = args;
  // f((x) => …), f({ … }), f(`…`): the one argument breaks, not the parentheses around it
  if (
    args.length === 1 &&
    only !== undefined &&
    (only.type === "Arrow" || only.type === "Object" || only.type === "Array" || only.type === "Template")
  ) {
    return cat("(", print(only, ASSIGN), ")");
  }
  return list("(", args.map(printSpreadable), ")");
}

function printArrow(expr: Arrow): Doc {
  const params = expr.params.map(printPattern);
  if (expr.rest) {
    params.push(cat("...", printPattern(expr.rest)));
  }
  const head = cat(list("(", params, ")"), " =>");
  const { body } = expr;
  if (body.type === "Block") {
    return cat(head, " ", printBlock(body));
  }
  let doc = print(body, ASSIGN);
  if (firstChar(doc) === "{") {
    doc = cat("(", doc, ")");
  }
  const hugs =
    body.type === "Template" ||
    body.type === "Object" ||
    body.type === "Array" ||
    body.type === "Arrow" ||
    body.type === "Call" ||
    body.type === "Chain";
  return hugs ? cat(head, " ", doc) : group(cat(head, indent(cat(line, doc))));
}

/** `a.b(c).d(e)`: two calls or more are broken before their dots, all or none. */
function printChain(expr: Call | Member | Extract<Expr, { type: "Chain" }>): Doc {
  const links: (Call | Member)[] = [];
  let head: Expr = expr.type === "Chain" ? expr.expr : expr;
  while (head.type === "Call" || head.type === "Member") {
    links.push(head);
    head = head.type === "Call" ? head.callee : head.object;
  }
  links.reverse();
  const needsParens = head.type === "Chain" || (head.type === "Literal" && typeof head.value === "number");
  const parts: Doc[] = [needsParens ? cat("(", print(head, COMMA), ")") : print(head, CALL)];
  const calls = links.filter((link, i) => link.type === "Call" && links[i - 1]?.type === "Member").length;
  links.forEach((link, i) => {
    const doc = printLink(link);
    const breaks = calls > 1 && link.type === "Member" && links[i + 1]?.type === "Call" && i > 0;
    parts.push(breaks ? indent(cat(softline, doc)) : calls > 1 ? indent(doc) : doc);
  });
  return calls > 1 ? group(cat(...parts)) : cat(...parts);
}

function printLink(link: Call | Member): Doc {
  if (link.type === "Call") {
    return cat(link.optional ? "?." : "", printArgs(link.args));
  }
  const { property } = link;
  if (typeof property === "string" && isIdentifierName(property)) {
    return `${link.optional ? "?." : "."}${property}`;
  }
  const key = typeof property === "string" ? quote(property) : print(property, COMMA);
  return cat(link.optional ? "?.[" : "[", key, "]");
}

export function printPattern(pattern: Pattern): Doc {
  switch (pattern.type) {
    case "Name":
      return pattern.name;
    case "Member":
      return print(pattern, CALL);
    case "DefaultPattern":
      return cat(printPattern(pattern.target), " = ", print(pattern.value, ASSIGN));
    case "ArrayPattern": {
      const items = pattern.elements.map((element) => (element === null ? null : printPattern(element)));
      return printArray(pattern.rest ? [...items, cat("...", printPattern(pattern.rest))] : items);
    }
    case "ObjectPattern": {
      const items = pattern.props.map(({ key, value }): Doc => {
        const bound = value.type === "DefaultPattern" ? value.target : value;
        return bound.type === "Name" && bound.name === key
          ? printPattern(value)
          : cat(printKey(key), ": ", printPattern(value));
      });
      if (pattern.rest) {
        items.push(cat("...", printPattern(pattern.rest)));
      }
      return list("{", items, "}", line);
    }
    default:
      return pattern satisfies never;
  }
}
