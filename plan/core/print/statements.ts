import type { Block, Declare, Expr, Node, Stmt } from "../ast.ts";
import { eachChild } from "../walk.ts";
import { cat, type Doc, firstChar, group, indent, line } from "./doc.ts";
import { ASSIGN, print, printPattern } from "./expressions.ts";

export function printBlock(block: Block): Doc {
  if (block.body.length === 0) {
    return "{}";
  }
  const body = block.body.map((statement) => cat(line, printStatement(statement)));
  return group(cat("{", indent(cat(...body)), line, "}"));
}

function printStatement(statement: Stmt): Doc {
  switch (statement.type) {
    case "Declare":
      return cat(printDeclare(statement, false), ";");
    case "ExprStmt": {
      const doc = print(statement.expr, 0);
      return firstChar(doc) === "{" ? cat("(", doc, ");") : cat(doc, ";");
    }
    case "Block":
      return printBlock(statement);
    case "If":
      return printIf(statement);
    case "Switch":
      return printSwitch(statement);
    case "ForOf": {
      const target = printPattern(statement.target);
      const head = statement.kind ? cat(statement.kind, " ", target) : target;
      return cat("for (", head, " of ", print(statement.of, ASSIGN), ")", printBody(statement.body));
    }
    case "For":
      return cat(
        "for (",
        statement.init === undefined
          ? ""
          : statement.init.type === "Declare"
            ? printDeclare(statement.init, true)
            : printForExpr(statement.init.expr, 0),
        statement.test ? cat("; ", print(statement.test, 0)) : ";",
        statement.update ? cat("; ", print(statement.update, 0)) : ";",
        ")",
        printBody(statement.body),
      );
    case "While":
      return cat("while (", print(statement.test, 0), ")", printBody(statement.body));
    case "DoWhile":
      return cat("do", printBody(statement.body), " while (", print(statement.test, 0), ");");
    case "Break":
      return "break;";
    case "Continue":
      return "continue;";
    case "Return":
      return statement.value ? cat("return ", print(statement.value, 0), ";") : "return;";
    case "Throw":
      return cat("throw ", print(statement.value, 0), ";");
    case "Try":
      return cat(
        "try ",
        printBlock(statement.block),
        statement.handler
          ? cat(
              statement.param ? cat(" catch (", printPattern(statement.param), ") ") : " catch ",
              printBlock(statement.handler),
            )
          : "",
        statement.finalizer ? cat(" finally ", printBlock(statement.finalizer)) : "",
      );
    default:
      return statement satisfies never;
  }
}

function printBody(body: Stmt): Doc {
  return cat(" ", printStatement(body));
}

function printIf(statement: Extract<Stmt, { type: "If" }>): Doc {
  // an `else` would go to the inner `if`
  const then =
    statement.else !== undefined && endsInOpenIf(statement.then)
      ? printBody({ type: "Block", body: [statement.then] })
      : printBody(statement.then);
  const head = cat("if (", print(statement.test, 0), ")", then);
  return statement.else ? cat(head, " else", printBody(statement.else)) : head;
}

function endsInOpenIf(statement: Stmt): boolean {
  switch (statement.type) {
    case "If":
      return statement.else === undefined || endsInOpenIf(statement.else);
    case "For":
    case "ForOf":
    case "While":
      return endsInOpenIf(statement.body);
    case "Declare":
    case "ExprStmt":
    case "Block":
    case "Switch":
    case "DoWhile":
    case "Break":
    case "Continue":
    case "Return":
    case "Throw":
    case "Try":
      return false;
    default:
      return statement satisfies never;
  }
}

function printSwitch(statement: Extract<Stmt, { type: "Switch" }>): Doc {
  const head = cat("switch (", print(statement.value, 0), ") ");
  if (statement.cases.length === 0) {
    return cat(head, "{}");
  }
  const cases = statement.cases.map(({ test, body }) =>
    cat(
      line,
      test ? cat("case ", print(test, 0), ":") : "default:",
      indent(cat(...body.map((inner) => cat(line, printStatement(inner))))),
    ),
  );
  return group(cat(head, "{", indent(cat(...cases)), line, "}"));
}

function printDeclare(statement: Declare, inFor: boolean): Doc {
  const decls = statement.decls.map(({ target, init }, i) =>
    cat(
      i === 0 ? "" : ", ",
      printPattern(target),
      init ? cat(" = ", inFor ? printForExpr(init, ASSIGN) : print(init, ASSIGN)) : "",
    ),
  );
  return cat(statement.kind, " ", ...decls);
}

/** In the head of a `for`, a bare `in` would end the expression. */
function printForExpr(expr: Expr, min: number): Doc {
  return hasIn(expr) ? cat("(", print(expr, 0), ")") : print(expr, min);
}

function hasIn(node: Node): boolean {
  let found = node.type === "Binary" && node.op === "in";
  eachChild(node, (child) => {
    found ||= hasIn(child);
  });
  return found;
}
