import type { Expr, Spread } from "../ast.ts";
import { parseArguments, parseExpression, parseObject, parseSpreadable } from "./expressions.ts";
import type { ParseState } from "./state.ts";

/** Reads what an expression starts with, unary operators and parameters of arrow functions apart. */
export function parsePrimary(p: ParseState, parseGroup: (p: ParseState) => Expr): Expr {
  const { lex } = p;
  const { start } = lex;
  switch (lex.kind) {
    case "number": {
      const value = lex.number;
      lex.next();
      return { type: "Literal", value, span: p.span(start) };
    }
    case "string": {
      const { value } = lex;
      lex.next();
      return { type: "Literal", value, span: p.span(start) };
    }
    case "name":
      return parseWord(p, start);
    case "punct":
      return parsePunctuated(p, start, parseGroup);
    case "end":
      return p.unexpected("expected an expression");
    default:
      return lex.kind satisfies never;
  }
}

function parseWord(p: ParseState, start: number): Expr {
  const { lex } = p;
  switch (lex.value) {
    case "true":
    case "false": {
      const value = lex.value === "true";
      lex.next();
      return { type: "Literal", value, span: p.span(start) };
    }
    case "null":
      lex.next();
      return { type: "Literal", value: null, span: p.span(start) };
    case "new": {
      lex.next();
      const at = lex.start;
      const name = p.identifier();
      const callee: Expr = { type: "Name", name, span: p.span(at) };
      if (p.at(".") || p.at("[") || p.at("?.") || p.at("`")) {
        p.unexpected("expected the arguments of new");
      }
      const args = p.at("(") ? parseArguments(p) : [];
      return { type: "New", callee, args, span: p.span(start) };
    }
    default: {
      const name = p.identifier();
      return { type: "Name", name, span: p.span(start) };
    }
  }
}

function parsePunctuated(p: ParseState, start: number, parseGroup: (p: ParseState) => Expr): Expr {
  const { lex } = p;
  switch (lex.value) {
    case "(": {
      const group = parseGroup(p);
      if (group.type === "Arrow" && !p.parenthesised.has(group)) {
        lex.fail("a function needs parentheses here", start);
      }
      return group;
    }
    case "[":
      return parseArray(p, start);
    case "{":
      return parseObject(p);
    case "`":
      return parseTemplate(p, start);
    case "/":
    case "/=": {
      const { pattern, flags } = lex.readRegex();
      return { type: "Regex", pattern, flags, span: p.span(start) };
    }
    default:
      return p.unexpected("expected an expression");
  }
}

function parseArray(p: ParseState, start: number): Expr {
  p.expect("[");
  const elements: (Expr | Spread | null)[] = [];
  while (!p.at("]")) {
    if (p.eat(",")) {
      elements.push(null);
      continue;
    }
    elements.push(parseSpreadable(p));
    if (!p.at("]")) {
      p.expect(",");
    }
  }
  p.expect("]");
  return { type: "Array", elements, span: p.span(start) };
}

function parseTemplate(p: ParseState, start: number): Expr {
  const { lex } = p;
  const quasis: string[] = [];
  const exprs: Expr[] = [];
  let at = lex.end;
  for (;;) {
    const { cooked, hole } = lex.readQuasi(at);
    quasis.push(cooked);
    if (!hole) {
      lex.next();
      return { type: "Template", quasis, exprs, span: p.span(start) };
    }
    lex.next();
    exprs.push(parseExpression(p));
    if (!p.at("}")) {
      p.unexpected("expected }");
    }
    at = lex.end;
  }
}
