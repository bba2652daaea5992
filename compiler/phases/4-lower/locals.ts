/**
 * Values that were named while a text was made, as locals of an expression. A named value of a node is evaluated on
 * demand; so is a local here: what could fail is a function that is called where the name stands, not before.
 */
import type * as Core from "../../../plan/core/ast.ts";
import { isLocal, type Scope, walkScoped } from "../../../plan/core/scope.ts";
import { arrowOf, call, nameOf } from "../3-evaluate/core.ts";

/** Statements of a function that gives `result`, with the values under their names; `before` stands in front of it. */
export function localStatements(
  values: Iterable<readonly [string, Core.Expr]>,
  result: Core.Expr,
  before: readonly Core.Stmt[] = [],
): readonly Core.Stmt[] {
  const late = new Set<string>();
  const decls = [...values].map(([name, init]): Core.Stmt => {
    const isLate = !isSafe(init);
    const value = called(init, late);
    if (isLate) late.add(name);
    return {
      type: "Declare",
      kind: "const",
      decls: [{ target: nameOf(name), init: isLate ? arrowOf([], value) : value }],
    };
  });
  const statements = before.map((statement) => called(statement, late));
  return [...decls, ...statements, { type: "Return", value: called(result, late) }];
}

/** Whether evaluating it early can neither fail nor cost much. */
function isSafe(node: Core.Expr | Core.Spread | null): boolean {
  if (node === null) return true;
  switch (node.type) {
    case "Literal":
    case "Name":
    case "Arrow":
      return true;
    case "Member":
      return (
        node.object.type === "Name" &&
        (node.object.name === "props" || node.object.name === "deps") &&
        typeof node.property === "string"
      );
    case "Array":
      return node.elements.every(isSafe);
    case "Object":
      return node.props.every((x) =>
        x.type === "Spread" ? isSafe(x.arg) : typeof x.key === "string" && isSafe(x.value),
      );
    case "Conditional":
      return isSafe(node.test) && isSafe(node.then) && isSafe(node.else);
    case "Logical":
      return isSafe(node.left) && isSafe(node.right);
    case "Unary":
      return node.op === "!" && isSafe(node.arg);
    default:
      return false;
  }
}

/** A tree in which the names of late values are calls of them. */
function called<T extends Core.Expr | Core.Stmt>(tree: T, late: ReadonlySet<string>): T {
  if (late.size === 0) return tree;
  const uses = new Set<unknown>();
  walkScoped(tree, (node: Core.Node, scope: Scope | null) => {
    if (node.type === "Name" && late.has(node.name) && !isLocal(scope, node.name)) uses.add(node);
    return false;
  });
  return replaced(tree, uses) as T;
}

function replaced(node: unknown, uses: ReadonlySet<unknown>): unknown {
  if (typeof node !== "object" || node === null) return node;
  if (uses.has(node)) return call(node as Core.Name);
  if (Array.isArray(node)) return node.map((item) => replaced(item, uses));
  return Object.fromEntries(Object.entries(node).map(([key, part]) => [key, replaced(part, uses)]));
}
