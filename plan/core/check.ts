import type { Expr, Node, Span } from "./ast.ts";
import { Intrinsic } from "./evaluate/functions.ts";
import { FORBIDDEN_KEYS } from "./evaluate/keys.ts";
import { hostCall } from "./host.ts";
import { GLOBALS } from "./intrinsics/globals.ts";
import { RESERVED_NAMES } from "./intrinsics/names.ts";
import { boundNames, declaredNames, isLocal, type Scope, walkScoped } from "./scope.ts";
import { eachChild, measure } from "./walk.ts";

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
  const problems = misplaced(expr);
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
    case "Call":
      return node.callee.type === "Name" &&
        node.callee.name === "host" &&
        !isLocal(scope, "host") &&
        hostCall(node, scope) === undefined
        ? ["host() without the name of a host value"]
        : [];
    case "New": {
      const target = GLOBALS.get(node.callee.name);
      return target instanceof Intrinsic &&
        target.construct !== undefined &&
        !isLocal(scope, node.callee.name)
        ? []
        : [`new ${node.callee.name}`];
    }
    case "Regex":
      return regexProblems(node.pattern, node.flags);
    case "Block":
      return duplicates(declaredNames(node.body));
    case "Switch":
      return duplicates(declaredNames(node.cases.flatMap(({ body }) => body)));
    case "Arrow":
      return duplicates(
        [...node.params, ...(node.rest ? [node.rest] : [])].flatMap((param) => boundNames(param)),
      );
    default:
      return [];
  }
}

function regexProblems(pattern: string, flags: string): string[] {
  try {
    new RegExp(pattern, flags);
    return [];
  } catch (error) {
    return [error instanceof Error ? error.message : "a malformed regular expression"];
  }
}

function duplicates(names: readonly string[]): string[] {
  return [...new Set(names.filter((name, i) => names.indexOf(name) !== i))].map(
    (name) => `${name} is declared twice`,
  );
}

/** Jumps that lead nowhere, and optional links that stand in no chain. */
function misplaced(root: Node): Problem[] {
  const problems: Problem[] = [];
  const visit = (node: Node, place: Place): void => {
    const report = (message: string): void => {
      problems.push({ message, ...(node.span && { span: node.span }) });
    };
    if ((node.type === "Break" && !place.canBreak) || (node.type === "Continue" && !place.inLoop)) {
      report(`${node.type === "Break" ? "break" : "continue"} outside a loop`);
    }
    if (node.type === "Return" && !place.inFunction) {
      report("return outside a function");
    }
    if ((node.type === "Member" || node.type === "Call") && node.optional && !place.inChain) {
      report("an optional link outside a chain");
    }
    eachChild(node, (child) => visit(child, placeOf(node, child, place)));
  };
  visit(root, { canBreak: false, inLoop: false, inFunction: false, inChain: false });
  return problems;
}

interface Place {
  readonly canBreak: boolean;
  readonly inLoop: boolean;
  readonly inFunction: boolean;
  readonly inChain: boolean;
}

function placeOf(node: Node, child: Node, place: Place): Place {
  switch (node.type) {
    case "Arrow":
      return { canBreak: false, inLoop: false, inFunction: true, inChain: false };
    case "For":
    case "ForOf":
    case "While":
    case "DoWhile":
      return { ...place, canBreak: true, inLoop: true, inChain: false };
    case "Switch":
      return { ...place, canBreak: true, inChain: false };
    case "Chain":
      return { ...place, inChain: true };
    case "Member":
      return { ...place, inChain: place.inChain && child === node.object };
    case "Call":
      return { ...place, inChain: place.inChain && child === node.callee };
    default:
      return place.inChain ? { ...place, inChain: false } : place;
  }
}

function keyProblems(key: string | Expr): string[] {
  return typeof key === "string" && FORBIDDEN_KEYS.has(key) ? [`the key ${key}`] : [];
}
