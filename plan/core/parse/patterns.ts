import type { Expr, Pattern, Property, Spread } from "../ast.ts";
import { parseAssign, parsePropertyKey } from "./expressions.ts";
import { RESERVED_WORDS } from "./lexer.ts";
import type { ParseState } from "./state.ts";

/** Turns what was read as an expression into the pattern it stands for; with `binding`, only names may be bound. */
export function toPattern(p: ParseState, expr: Expr, binding: boolean): Pattern {
  const fail = (): never => p.lex.fail("can't be assigned to", expr.span?.start ?? 0);
  if (p.parenthesised.has(expr) && (binding || expr.type === "Array" || expr.type === "Object")) {
    return fail();
  }
  switch (expr.type) {
    case "Name":
      return expr;
    case "Member":
      return binding ? fail() : expr;
    case "Assign":
      if (expr.op !== "=" || p.parenthesised.has(expr)) {
        return fail();
      }
      // the target was made a pattern when the assignment was read; a binding needs another look
      return {
        type: "DefaultPattern",
        target: binding ? namesOnly(p, expr.target) : expr.target,
        value: expr.value,
        ...(expr.span && { span: expr.span }),
      };
    case "Array": {
      const { items, rest } = splitRest(p, expr.elements, binding);
      const elements = items.map((item) => (item === null ? null : toPattern(p, item, binding)));
      return { type: "ArrayPattern", elements, ...(rest && { rest }), ...(expr.span && { span: expr.span }) };
    }
    case "Object": {
      const { items, rest } = splitRest(p, expr.props, binding);
      const props = items.map((item) => {
        p.shorthandDefaults.delete(item);
        return { key: item.key, value: toPattern(p, item.value, binding) };
      });
      if (rest !== undefined && rest.type !== "Name" && rest.type !== "Member") {
        return fail();
      }
      return { type: "ObjectPattern", props, ...(rest && { rest }), ...(expr.span && { span: expr.span }) };
    }
    case "Literal":
    case "Regex":
    case "Template":
    case "Arrow":
    case "Unary":
    case "Binary":
    case "Logical":
    case "Conditional":
    case "Update":
    case "Call":
    case "New":
    case "Chain":
    case "Comma":
      return fail();
    default:
      return expr satisfies never;
  }
}

function splitRest<T extends Expr | Property | null>(
  p: ParseState,
  list: readonly (T | Spread)[],
  binding: boolean,
): { items: T[]; rest: Pattern | undefined } {
  const items: T[] = [];
  let rest: Pattern | undefined;
  for (const item of list) {
    if (rest !== undefined) {
      p.lex.fail("nothing may follow a rest element", rest.span?.start);
    }
    if (item !== null && item.type === "Spread") {
      rest = toPattern(p, item.arg, binding);
      if (rest.type === "DefaultPattern") {
        p.lex.fail("a rest element has no default", rest.span?.start);
      }
    } else {
      items.push(item);
    }
  }
  return { items, rest };
}

function namesOnly(p: ParseState, pattern: Pattern): Pattern {
  switch (pattern.type) {
    case "Name":
      return pattern;
    case "Member":
      return p.lex.fail("only a name can be bound here", pattern.span?.start);
    case "DefaultPattern":
      namesOnly(p, pattern.target);
      return pattern;
    case "ArrayPattern":
      for (const element of pattern.elements) {
        if (element !== null) {
          namesOnly(p, element);
        }
      }
      if (pattern.rest) {
        namesOnly(p, pattern.rest);
      }
      return pattern;
    case "ObjectPattern":
      for (const prop of pattern.props) {
        namesOnly(p, prop.value);
      }
      if (pattern.rest) {
        namesOnly(p, pattern.rest);
      }
      return pattern;
    default:
      return pattern satisfies never;
  }
}

/** Reads a binding pattern, as after `let`, without a default. */
export function parseBinding(p: ParseState): Pattern {
  p.enter();
  const { start } = p.lex;
  let pattern: Pattern;
  if (p.eat("[")) {
    pattern = parseArrayBinding(p, start);
  } else if (p.eat("{")) {
    pattern = parseObjectBinding(p, start);
  } else {
    const name = p.identifier();
    pattern = { type: "Name", name, span: p.span(start) };
  }
  p.leave();
  return pattern;
}

/** Reads a binding pattern with or without a default, as a parameter. */
export function parseBindingElement(p: ParseState): Pattern {
  const { start } = p.lex;
  const target = parseBinding(p);
  if (!p.eat("=")) {
    return target;
  }
  const value = parseAssign(p);
  return { type: "DefaultPattern", target, value, span: p.span(start) };
}

function parseArrayBinding(p: ParseState, start: number): Pattern {
  const elements: (Pattern | null)[] = [];
  let rest: Pattern | undefined;
  while (!p.at("]")) {
    if (p.at(",")) {
      p.lex.next();
      elements.push(null);
      continue;
    }
    if (p.eat("...")) {
      rest = parseBinding(p);
      break;
    }
    elements.push(parseBindingElement(p));
    if (!p.at("]")) {
      p.expect(",");
    }
  }
  p.expect("]");
  return { type: "ArrayPattern", elements, ...(rest && { rest }), span: p.span(start) };
}

function parseObjectBinding(p: ParseState, start: number): Pattern {
  const props: { key: string | Expr; value: Pattern }[] = [];
  let rest: Pattern | undefined;
  while (!p.at("}")) {
    if (p.eat("...")) {
      const at = p.lex.start;
      const name = p.identifier();
      rest = { type: "Name", name, span: p.span(at) };
      break;
    }
    const at = p.lex.start;
    const shorthand = p.lex.kind === "name" ? p.lex.value : undefined;
    const key = parsePropertyKey(p);
    if (p.eat(":")) {
      props.push({ key, value: parseBindingElement(p) });
    } else {
      if (shorthand === undefined || typeof key !== "string") {
        p.unexpected("expected :");
      }
      let value: Pattern = bindingName(p, shorthand, at);
      if (p.eat("=")) {
        value = { type: "DefaultPattern", target: value, value: parseAssign(p), span: p.span(at) };
      }
      props.push({ key, value });
    }
    if (!p.at("}")) {
      p.expect(",");
    }
  }
  p.expect("}");
  return { type: "ObjectPattern", props, ...(rest && { rest }), span: p.span(start) };
}

export function bindingName(
  p: ParseState,
  name: string,
  at: number,
): { type: "Name"; name: string; span: { file: number; start: number; end: number } } {
  if (RESERVED_WORDS.has(name)) {
    p.lex.fail("a reserved word can't be a name", at);
  }
  return { type: "Name", name, span: { file: 0, start: at, end: at + name.length } };
}
