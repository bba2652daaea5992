import type { Expr, Node, Pattern, Property, Spread, Stmt } from "./ast.ts";
import { limits } from "./limits.ts";

type Visit = (child: Node) => void;

function visitKey(key: string | Expr, visit: Visit): void {
  if (typeof key !== "string") {
    visit(key);
  }
}

function visitAll(list: readonly (Node | null)[], visit: Visit): void {
  for (const item of list) {
    if (item !== null) {
      visit(item);
    }
  }
}

/** Calls `visit` with each direct child of a node, in source order. */
export function eachChild(node: Node, visit: Visit): void {
  switch (node.type) {
    case "Literal":
    case "Regex":
    case "Name":
    case "Break":
    case "Continue":
      return;
    case "Template":
    case "Comma":
      visitAll(node.exprs, visit);
      return;
    case "Array":
      visitAll(node.elements, visit);
      return;
    case "Spread":
    case "Unary":
      visit(node.arg);
      return;
    case "Object":
      visitAll(node.props, visit);
      return;
    case "Property":
      visitKey(node.key, visit);
      visit(node.value);
      return;
    case "Arrow":
      visitAll(node.params, visit);
      if (node.rest) {
        visit(node.rest);
      }
      visit(node.body);
      return;
    case "Binary":
    case "Logical":
      visit(node.left);
      visit(node.right);
      return;
    case "Conditional":
      visit(node.test);
      visit(node.then);
      visit(node.else);
      return;
    case "Assign":
      visit(node.target);
      visit(node.value);
      return;
    case "Update":
      visit(node.target);
      return;
    case "Call":
    case "New":
      visit(node.callee);
      visitAll(node.args, visit);
      return;
    case "Member":
      visit(node.object);
      visitKey(node.property, visit);
      return;
    case "Chain":
    case "ExprStmt":
      visit(node.expr);
      return;
    case "ArrayPattern":
    case "ObjectPattern":
    case "DefaultPattern":
      eachPatternChild(node, visit);
      return;
    case "Declare":
    case "Block":
    case "If":
    case "Switch":
    case "ForOf":
    case "For":
    case "While":
    case "DoWhile":
    case "Return":
    case "Throw":
    case "Try":
      eachStatementChild(node, visit);
      return;
    default:
      node satisfies never;
  }
}

function eachPatternChild(
  node: Extract<Pattern, { type: "ArrayPattern" | "ObjectPattern" | "DefaultPattern" }>,
  visit: Visit,
): void {
  switch (node.type) {
    case "ArrayPattern":
      visitAll(node.elements, visit);
      if (node.rest) {
        visit(node.rest);
      }
      return;
    case "ObjectPattern":
      for (const prop of node.props) {
        visitKey(prop.key, visit);
        visit(prop.value);
      }
      if (node.rest) {
        visit(node.rest);
      }
      return;
    case "DefaultPattern":
      visit(node.target);
      visit(node.value);
      return;
    default:
      node satisfies never;
  }
}

function eachStatementChild(
  node: Exclude<Stmt, { type: "ExprStmt" | "Break" | "Continue" }>,
  visit: Visit,
): void {
  switch (node.type) {
    case "Declare":
      for (const { target, init } of node.decls) {
        visit(target);
        if (init) {
          visit(init);
        }
      }
      return;
    case "Block":
      visitAll(node.body, visit);
      return;
    case "If":
      visit(node.test);
      visit(node.then);
      if (node.else) {
        visit(node.else);
      }
      return;
    case "Switch":
      visit(node.value);
      for (const { test, body } of node.cases) {
        if (test) {
          visit(test);
        }
        visitAll(body, visit);
      }
      return;
    case "ForOf":
      visit(node.target);
      visit(node.of);
      visit(node.body);
      return;
    case "For":
      for (const part of [node.init, node.test, node.update]) {
        if (part) {
          visit(part);
        }
      }
      visit(node.body);
      return;
    case "While":
      visit(node.test);
      visit(node.body);
      return;
    case "DoWhile":
      visit(node.body);
      visit(node.test);
      return;
    case "Return":
      if (node.value) {
        visit(node.value);
      }
      return;
    case "Throw":
      visit(node.value);
      return;
    case "Try":
      visit(node.block);
      for (const part of [node.param, node.handler, node.finalizer]) {
        if (part) {
          visit(part);
        }
      }
      return;
    default:
      node satisfies never;
  }
}

/**
 * Says what is too large about a tree, or nothing. Without recursion: a chain such as `a.b.b.b…` is as deep as it is
 * long, and everything else that walks a tree recurses.
 */
export function measure(root: Node): string | undefined {
  let level: Node[] = [root];
  let nodes = 0;
  for (let depth = 0; level.length > 0; depth++) {
    nodes += level.length;
    if (depth > limits.nesting) {
      return `nested deeper than ${limits.nesting}`;
    }
    if (nodes > limits.nodes) {
      return `more than ${limits.nodes} nodes`;
    }
    const below: Node[] = [];
    for (const node of level) {
      eachChild(node, (child) => below.push(child));
    }
    level = below;
  }
  return undefined;
}

export function isProperty(node: Property | Spread): node is Property {
  return node.type === "Property";
}
