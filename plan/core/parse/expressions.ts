import type { Arrow, Assign, BinaryOp, Expr, Logical, Pattern, Property, Spread, Unary } from "../ast.ts";
import { RESERVED_WORDS } from "./lexer.ts";
import { bindingName, toPattern } from "./patterns.ts";
import { PRECEDENCE } from "./precedence.ts";
import { parsePrimary } from "./primary.ts";
import type { ParseState } from "./state.ts";
import { parseBlock } from "./statements.ts";

const ASSIGN_OPS: ReadonlySet<string> = new Set([
  ...["=", "+=", "-=", "*=", "/=", "%=", "**=", "&=", "|=", "^=", "<<=", ">>=", ">>>=", "&&=", "||=", "??="],
]);

export function parseExpression(p: ParseState): Expr {
  const { start } = p.lex;
  const first = parseAssign(p);
  if (!p.at(",")) {
    return first;
  }
  const exprs = [first];
  while (p.eat(",")) {
    exprs.push(parseAssign(p));
  }
  return { type: "Comma", exprs, span: p.span(start) };
}

export function parseAssign(p: ParseState): Expr {
  p.enter();
  const expr = parseAssignInner(p);
  p.leave();
  return expr;
}

function parseAssignInner(p: ParseState): Expr {
  const { lex } = p;
  const { start } = lex;
  let first: Expr | undefined;
  if (p.at("(")) {
    const group = parseGroup(p);
    if (group.type === "Arrow" && !p.parenthesised.has(group)) {
      return group;
    }
    first = group;
  } else if (lex.kind === "name" && !RESERVED_WORDS.has(lex.value)) {
    const name = p.identifier();
    first = { type: "Name", name, span: p.span(start) };
    if (p.at("=>") && !lex.newline) {
      return parseArrowTail(p, [first], undefined, start);
    }
  }
  const left = parseConditional(p, first, start);
  if (lex.kind !== "punct" || !ASSIGN_OPS.has(lex.value) || left.type === "Arrow") {
    return left;
  }
  const op = lex.value as Assign["op"];
  const target = op === "=" ? toPattern(p, left, false) : left;
  if (
    target.type === "DefaultPattern" ||
    (op !== "=" && target.type !== "Name" && target.type !== "Member")
  ) {
    lex.fail("can't be assigned to", start);
  }
  lex.next();
  const value = parseAssign(p);
  return { type: "Assign", op, target: target as Pattern, value, span: p.span(start) };
}

/** Reads `( … )`: an expression, or the parameters of an arrow function with the function. */
function parseGroup(p: ParseState): Expr {
  const { start } = p.lex;
  p.expect("(");
  const items: Expr[] = [];
  let rest: Pattern | undefined;
  let trailing = false;
  while (!p.at(")")) {
    trailing = false;
    if (p.eat("...")) {
      const at = p.lex.start;
      const arg = parseAssign(p);
      rest = toPattern(p, arg, true);
      if (rest.type === "DefaultPattern") {
        p.lex.fail("a rest element has no default", at);
      }
      break;
    }
    items.push(parseAssign(p));
    if (!p.at(")")) {
      p.expect(",");
      trailing = true;
    }
  }
  const innerEnd = p.lex.start;
  p.expect(")");
  if (p.at("=>") && !p.lex.newline) {
    const params = items.map((item) => toPattern(p, item, true));
    return parseArrowTail(p, params, rest, start);
  }
  const [first] = items;
  if (first === undefined || rest !== undefined || trailing) {
    return p.lex.fail("expected an expression", innerEnd);
  }
  const expr: Expr =
    items.length === 1
      ? first
      : { type: "Comma", exprs: items, span: { file: 0, start: start + 1, end: innerEnd } };
  p.parenthesised.add(expr);
  return expr;
}

function parseArrowTail(
  p: ParseState,
  params: readonly Pattern[],
  rest: Pattern | undefined,
  start: number,
): Arrow {
  p.expect("=>");
  const body = p.at("{") ? parseBlock(p) : parseAssign(p);
  return { type: "Arrow", params, ...(rest && { rest }), body, span: p.span(start) };
}

function parseConditional(p: ParseState, first: Expr | undefined, start: number): Expr {
  const test = parseBinary(p, 0, first, start);
  if (!p.at("?")) {
    return test;
  }
  p.lex.next();
  const then = parseAssign(p);
  p.expect(":");
  const otherwise = parseAssign(p);
  return { type: "Conditional", test, then, else: otherwise, span: p.span(start) };
}

function parseBinary(p: ParseState, min: number, first: Expr | undefined, start: number): Expr {
  const { lex } = p;
  let left = parseUnary(p, first, start);
  for (;;) {
    if (
      lex.kind !== "punct" &&
      !(lex.kind === "name" && (lex.value === "in" || lex.value === "instanceof"))
    ) {
      return left;
    }
    const op = lex.value;
    const precedence = PRECEDENCE[op];
    if (precedence === undefined || precedence <= min) {
      return left;
    }
    if (op === "**" && left.type === "Unary" && !p.parenthesised.has(left)) {
      lex.fail("a unary operand of ** needs parentheses");
    }
    lex.next();
    p.enter();
    const rightStart = lex.start;
    // ** binds to the right
    const right = parseBinary(p, op === "**" ? precedence - 1 : precedence, undefined, rightStart);
    p.leave();
    const span = p.span(start);
    if (op === "&&" || op === "||" || op === "??") {
      checkMix(p, op, left);
      checkMix(p, op, right);
      left = { type: "Logical", op, left, right, span } satisfies Logical;
    } else {
      left = { type: "Binary", op: op as BinaryOp, left, right, span };
    }
  }
}

function checkMix(p: ParseState, op: string, side: Expr): void {
  if (side.type === "Logical" && (op === "??") !== (side.op === "??") && !p.parenthesised.has(side)) {
    p.lex.fail("?? with || or && needs parentheses", side.span?.start);
  }
}

const UNARY: ReadonlySet<string> = new Set(["-", "+", "!", "~", "typeof", "void", "delete"]);

function parseUnary(p: ParseState, first: Expr | undefined, start: number): Expr {
  const { lex } = p;
  if (first !== undefined) {
    return parsePostfix(p, first, start);
  }
  if (lex.kind === "punct" || lex.kind === "name") {
    if (UNARY.has(lex.value)) {
      const op = lex.value as Unary["op"];
      lex.next();
      p.enter();
      const arg = parseUnary(p, undefined, lex.start);
      p.leave();
      if (op === "delete" && arg.type === "Name") {
        lex.fail("a name can't be deleted", start);
      }
      return { type: "Unary", op, arg, span: p.span(start) };
    }
    if (p.at("++") || p.at("--")) {
      const op = lex.value as "++" | "--";
      lex.next();
      const target = updateTarget(p, parseUnary(p, undefined, lex.start));
      return { type: "Update", op, prefix: true, target, span: p.span(start) };
    }
  }
  return parsePostfix(p, parsePrimary(p, parseGroup), start);
}

function updateTarget(p: ParseState, expr: Expr): Extract<Expr, { type: "Name" | "Member" }> {
  if (expr.type !== "Name" && expr.type !== "Member") {
    return p.lex.fail("can't be assigned to", expr.span?.start);
  }
  return expr;
}

function parsePostfix(p: ParseState, primary: Expr, fallback: number): Expr {
  const { lex } = p;
  if (primary.type === "Arrow" && !p.parenthesised.has(primary)) {
    return primary;
  }
  const start = p.parenthesised.has(primary) ? fallback : (primary.span?.start ?? fallback);
  let expr = primary;
  let chain = false;
  for (;;) {
    if (lex.kind !== "punct") {
      break;
    }
    if (p.eat(".")) {
      expr = { type: "Member", object: expr, property: memberName(p), span: p.span(start) };
    } else if (p.at("[")) {
      expr = { type: "Member", object: expr, property: parseKeyed(p), span: p.span(start) };
    } else if (p.at("(")) {
      expr = { type: "Call", callee: expr, args: parseArguments(p), span: p.span(start) };
    } else if (p.eat("?.")) {
      chain = true;
      if (p.at("(")) {
        expr = { type: "Call", callee: expr, args: parseArguments(p), optional: true, span: p.span(start) };
      } else if (p.at("[")) {
        expr = { type: "Member", object: expr, property: parseKeyed(p), optional: true, span: p.span(start) };
      } else {
        expr = { type: "Member", object: expr, property: memberName(p), optional: true, span: p.span(start) };
      }
    } else {
      break;
    }
  }
  if (chain) {
    expr = { type: "Chain", expr, span: p.span(start) };
  }
  if ((p.at("++") || p.at("--")) && !lex.newline) {
    const op = lex.value as "++" | "--";
    const target = updateTarget(p, expr);
    lex.next();
    return { type: "Update", op, prefix: false, target, span: p.span(start) };
  }
  return expr;
}

function memberName(p: ParseState): string {
  if (p.lex.kind !== "name") {
    p.unexpected("expected a property name");
  }
  const name = p.lex.value;
  p.lex.next();
  return name;
}

/** `o['name']` and `o.name` are one thing; a number stays an expression, as it prints. */
function parseKeyed(p: ParseState): string | Expr {
  p.expect("[");
  const key = parseExpression(p);
  p.expect("]");
  return key.type === "Literal" && typeof key.value === "string" ? key.value : key;
}

export function parseArguments(p: ParseState): (Expr | Spread)[] {
  p.expect("(");
  const args: (Expr | Spread)[] = [];
  while (!p.at(")")) {
    args.push(parseSpreadable(p));
    if (!p.at(")")) {
      p.expect(",");
    }
  }
  p.expect(")");
  return args;
}

export function parseSpreadable(p: ParseState): Expr | Spread {
  const { start } = p.lex;
  if (p.eat("...")) {
    const arg = parseAssign(p);
    return { type: "Spread", arg, span: p.span(start) };
  }
  return parseAssign(p);
}

export function parsePropertyKey(p: ParseState): string | Expr {
  const { lex } = p;
  if (lex.kind === "name" || lex.kind === "string") {
    const key = lex.value;
    lex.next();
    return key;
  }
  if (lex.kind === "number") {
    const key = String(lex.number);
    lex.next();
    return key;
  }
  if (p.eat("[")) {
    const key = parseAssign(p);
    p.expect("]");
    return key.type === "Literal" && typeof key.value === "string" ? key.value : key;
  }
  return p.unexpected("expected a property name");
}

export function parseObject(p: ParseState): Expr {
  const { lex } = p;
  const { start } = lex;
  p.expect("{");
  const props: (Property | Spread)[] = [];
  while (!p.at("}")) {
    props.push(p.at("...") ? (parseSpreadable(p) as Spread) : parseProperty(p));
    if (!p.at("}")) {
      p.expect(",");
    }
  }
  p.expect("}");
  return { type: "Object", props, span: p.span(start) };
}

function parseProperty(p: ParseState): Property {
  const { lex } = p;
  const { start } = lex;
  const shorthand = lex.kind === "name" ? lex.value : undefined;
  const key = parsePropertyKey(p);
  if (p.eat(":")) {
    return { type: "Property", key, value: parseAssign(p), span: p.span(start) };
  }
  if (shorthand === undefined || typeof key !== "string") {
    return p.unexpected("expected :");
  }
  const name = bindingName(p, shorthand, start);
  if (!p.eat("=")) {
    return { type: "Property", key, value: name, span: p.span(start) };
  }
  const value: Expr = { type: "Assign", op: "=", target: name, value: parseAssign(p), span: p.span(start) };
  const property: Property = { type: "Property", key, value, span: p.span(start) };
  p.shorthandDefaults.add(property);
  return property;
}
