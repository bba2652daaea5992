import type { Expr, Node, Span } from "./ast.ts";
import { Intrinsic } from "./evaluate/functions.ts";
import { FORBIDDEN_KEYS } from "./evaluate/keys.ts";
import { GLOBALS } from "./intrinsics/globals.ts";
import { RESERVED_NAMES } from "./intrinsics/names.ts";
import { isLocal, type Scope, walkScoped } from "./scope.ts";
import { measure } from "./walk.ts";

/** Something in an expression that Core does not allow. */
export interface Problem {
  readonly message: string;
  readonly span?: Span;
}

/**
 * Lists what an expression holds that Core does not allow; empty for a legal one. Never throws, whatever the tree.
 * `known` says which free names the plan gives a meaning; without it all are taken for known.
 */
export function checkExpr(expr: Expr, known?: (name: string) => boolean): Problem[] {
  const size = measure(expr);
  if (size !== undefined) {
    return [{ message: size, ...(expr.span && { span: expr.span }) }];
  }
  const problems: Problem[] = [];
  walkScoped(expr, (node, scope) => {
    for (const message of problemsOf(node, scope, known)) {
      problems.push({ message, ...(node.span && { span: node.span }) });
    }
    return false;
  });
  return problems;
}

function problemsOf(node: Node, scope: Scope | null, known?: (name: string) => boolean): string[] {
  switch (node.type) {
    case "Name":
      return RESERVED_NAMES.has(node.name) ||
        isLocal(scope, node.name) ||
        known === undefined ||
        known(node.name)
        ? []
        : [`nothing is called ${node.name}`];
    case "Member":
      return keyProblems(node.property);
    case "Property":
      return keyProblems(node.key);
    case "ObjectPattern":
      return node.props.flatMap(({ key }) => keyProblems(key));
    case "Assign":
    case "Update":
      return node.target.type === "Name" && !isLocal(scope, node.target.name)
        ? [`an assignment to ${node.target.name}, which is not a local`]
        : [];
    case "New": {
      const target = GLOBALS.get(node.callee.name);
      return target instanceof Intrinsic &&
        target.construct !== undefined &&
        !isLocal(scope, node.callee.name)
        ? []
        : [`new ${node.callee.name}`];
    }
    default:
      return [];
  }
}

function keyProblems(key: string | Expr): string[] {
  return typeof key === "string" && FORBIDDEN_KEYS.has(key) ? [`the key ${key}`] : [];
}
