import type { Block, Declare, Expr, ExprStmt, Pattern, Stmt, Switch } from "../ast.ts";
import { parseAssign, parseExpression } from "./expressions.ts";
import { parseBinding, toPattern } from "./patterns.ts";
import type { ParseState } from "./state.ts";

export function parseBlock(p: ParseState): Block {
  const { start } = p.lex;
  p.expect("{");
  const body: Stmt[] = [];
  while (!p.at("}")) {
    body.push(parseStatement(p));
  }
  p.expect("}");
  return { type: "Block", body, span: p.span(start) };
}

export function parseStatement(p: ParseState): Stmt {
  p.enter();
  const statement = parseStatementInner(p, p.lex.start);
  p.leave();
  return statement;
}

/** The body of an `if` or a loop, where no declaration may stand. */
function parseBody(p: ParseState): Stmt {
  const statement = parseStatement(p);
  if (statement.type === "Declare") {
    p.lex.fail("a declaration needs a block here", statement.span?.start);
  }
  return statement;
}

function parseStatementInner(p: ParseState, start: number): Stmt {
  const { lex } = p;
  if (lex.kind !== "name") {
    return p.at("{") ? parseBlock(p) : parseExprStmt(p, start);
  }
  switch (lex.value) {
    case "let":
    case "const": {
      const declare = parseDeclare(p, start);
      p.expect(";");
      return { ...declare, span: p.span(start) };
    }
    case "if":
      return parseIf(p, start);
    case "for":
      return parseFor(p, start);
    case "while": {
      lex.next();
      const test = parseParenthesised(p);
      const body = parseBody(p);
      return { type: "While", test, body, span: p.span(start) };
    }
    case "do": {
      lex.next();
      const body = parseBody(p);
      if (!p.eatWord("while")) {
        p.unexpected("expected while");
      }
      const test = parseParenthesised(p);
      p.expect(";");
      return { type: "DoWhile", body, test, span: p.span(start) };
    }
    case "switch":
      return parseSwitch(p, start);
    case "break":
      lex.next();
      p.expect(";");
      return { type: "Break", span: p.span(start) };
    case "continue":
      lex.next();
      p.expect(";");
      return { type: "Continue", span: p.span(start) };
    case "return": {
      lex.next();
      if (p.eat(";")) {
        return { type: "Return", span: p.span(start) };
      }
      const value = parseSameLine(p);
      return { type: "Return", value, span: p.span(start) };
    }
    case "throw": {
      lex.next();
      const value = parseSameLine(p);
      return { type: "Throw", value, span: p.span(start) };
    }
    case "try":
      return parseTry(p, start);
    default:
      return parseExprStmt(p, start);
  }
}

/** JavaScript would end the statement at a line break here; Core has no such rule, so none may stand. */
function parseSameLine(p: ParseState): Expr {
  if (p.lex.newline) {
    p.lex.fail("no line break may stand here");
  }
  const value = parseExpression(p);
  p.expect(";");
  return value;
}

function parseExprStmt(p: ParseState, start: number): ExprStmt {
  const expr = parseExpression(p);
  p.expect(";");
  return { type: "ExprStmt", expr, span: p.span(start) };
}

function parseParenthesised(p: ParseState): Expr {
  p.expect("(");
  const expr = parseExpression(p);
  p.expect(")");
  return expr;
}

function parseDeclare(p: ParseState, start: number, inFor = false): Declare {
  const kind = p.lex.value as "let" | "const";
  p.lex.next();
  const decls: { target: Pattern; init?: Expr }[] = [];
  do {
    const at = p.lex.start;
    const target = parseBinding(p);
    if (p.eat("=")) {
      decls.push({ target, init: parseAssign(p) });
    } else {
      if (!(inFor && p.atWord("of")) && (kind === "const" || target.type !== "Name")) {
        p.lex.fail("a declaration without a value", at);
      }
      decls.push({ target });
    }
  } while (p.eat(","));
  return { type: "Declare", kind, decls, span: p.span(start) };
}

function parseIf(p: ParseState, start: number): Stmt {
  p.lex.next();
  const test = parseParenthesised(p);
  const then = parseBody(p);
  if (!p.eatWord("else")) {
    return { type: "If", test, then, span: p.span(start) };
  }
  const otherwise = parseBody(p);
  return { type: "If", test, then, else: otherwise, span: p.span(start) };
}

function parseFor(p: ParseState, start: number): Stmt {
  p.lex.next();
  p.expect("(");
  const initStart = p.lex.start;
  let init: Declare | ExprStmt | undefined;
  if (p.atWord("let") || p.atWord("const")) {
    const declare = parseDeclare(p, initStart, true);
    const [only] = declare.decls;
    if (p.atWord("of") && declare.decls.length === 1 && only !== undefined && only.init === undefined) {
      return parseForOf(p, start, only.target, declare.kind);
    }
    init = declare;
  } else if (!p.at(";")) {
    const expr = parseExpression(p);
    if (p.atWord("of")) {
      const target = toPattern(p, expr, false);
      if (target.type === "DefaultPattern") {
        p.lex.fail("can't be assigned to", initStart);
      }
      return parseForOf(p, start, target, undefined);
    }
    init = { type: "ExprStmt", expr, span: p.span(initStart) };
  }
  p.expect(";");
  const test = p.at(";") ? undefined : parseExpression(p);
  p.expect(";");
  const update = p.at(")") ? undefined : parseExpression(p);
  p.expect(")");
  const body = parseBody(p);
  return {
    type: "For",
    ...(init && { init }),
    ...(test && { test }),
    ...(update && { update }),
    body,
    span: p.span(start),
  };
}

function parseForOf(p: ParseState, start: number, target: Pattern, kind: "let" | "const" | undefined): Stmt {
  p.lex.next();
  const of = parseAssign(p);
  p.expect(")");
  const body = parseBody(p);
  return { type: "ForOf", ...(kind && { kind }), target, of, body, span: p.span(start) };
}

function parseSwitch(p: ParseState, start: number): Stmt {
  p.lex.next();
  const value = parseParenthesised(p);
  p.expect("{");
  const cases: Switch["cases"][number][] = [];
  let hasDefault = false;
  while (!p.at("}")) {
    let test: Expr | undefined;
    if (p.eatWord("case")) {
      test = parseExpression(p);
    } else if (!hasDefault && p.eatWord("default")) {
      hasDefault = true;
    } else {
      p.unexpected("expected case");
    }
    p.expect(":");
    const body: Stmt[] = [];
    while (!p.at("}") && !p.atWord("case") && !p.atWord("default")) {
      body.push(parseStatement(p));
    }
    cases.push({ ...(test && { test }), body });
  }
  p.expect("}");
  return { type: "Switch", value, cases, span: p.span(start) };
}

function parseTry(p: ParseState, start: number): Stmt {
  p.lex.next();
  const block = parseBlock(p);
  let param: Pattern | undefined;
  let handler: Block | undefined;
  if (p.eatWord("catch")) {
    if (p.eat("(")) {
      param = parseBinding(p);
      p.expect(")");
    }
    handler = parseBlock(p);
  }
  const finalizer = p.eatWord("finally") ? parseBlock(p) : undefined;
  if (handler === undefined && finalizer === undefined) {
    p.unexpected("expected catch or finally");
  }
  return {
    type: "Try",
    block,
    ...(param && { param }),
    ...(handler && { handler }),
    ...(finalizer && { finalizer }),
    span: p.span(start),
  };
}
