import type { Expr, Node, Pattern, Stmt } from "./ast.ts";
import { eachChild } from "./walk.ts";

/** The names a pattern binds, in source order. */
export function boundNames(pattern: Pattern, into: string[] = []): string[] {
  switch (pattern.type) {
    case "Name":
      into.push(pattern.name);
      return into;
    case "Member":
      return into;
    case "DefaultPattern":
      return boundNames(pattern.target, into);
    case "ArrayPattern":
      for (const element of pattern.elements) {
        if (element !== null) {
          boundNames(element, into);
        }
      }
      return pattern.rest ? boundNames(pattern.rest, into) : into;
    case "ObjectPattern":
      for (const prop of pattern.props) {
        boundNames(prop.value, into);
      }
      return pattern.rest ? boundNames(pattern.rest, into) : into;
    default:
      return pattern satisfies never;
  }
}

/** The names that the declarations standing directly in a list of statements bind. */
export function declaredNames(body: readonly Stmt[]): string[] {
  const names: string[] = [];
  for (const statement of body) {
    if (statement.type === "Declare") {
      for (const { target } of statement.decls) {
        boundNames(target, names);
      }
    }
  }
  return names;
}

/** The local names visible somewhere; `null` where there are none. */
export interface Scope {
  readonly names: ReadonlySet<string>;
  readonly outer: Scope | null;
}

export function isLocal(scope: Scope | null, name: string): boolean {
  for (let at = scope; at !== null; at = at.outer) {
    if (at.names.has(name)) {
      return true;
    }
  }
  return false;
}

function inner(outer: Scope | null, names: readonly string[]): Scope | null {
  return names.length === 0 ? outer : { names: new Set(names), outer };
}

/**
 * Walks a tree in source order with the local names visible at each node. Where `enter` returns true the children are
 * left out.
 */
export function walkScoped(
  node: Node,
  enter: (node: Node, scope: Scope | null) => boolean,
  scope: Scope | null = null,
): void {
  if (enter(node, scope)) {
    return;
  }
  const visit = (child: Node, within: Scope | null = scope): void => walkScoped(child, enter, within);
  switch (node.type) {
    case "Arrow": {
      const names = node.params.flatMap((param) => boundNames(param));
      const within = inner(scope, node.rest ? [...names, ...boundNames(node.rest)] : names);
      eachChild(node, (child) => visit(child, within));
      return;
    }
    case "Block": {
      const within = inner(scope, declaredNames(node.body));
      eachChild(node, (child) => visit(child, within));
      return;
    }
    case "For": {
      const within = node.init?.type === "Declare" ? inner(scope, declaredNames([node.init])) : scope;
      eachChild(node, (child) => visit(child, within));
      return;
    }
    case "ForOf": {
      const within = node.kind ? inner(scope, boundNames(node.target)) : scope;
      eachChild(node, (child) => visit(child, within));
      return;
    }
    case "Switch": {
      visit(node.value);
      const within = inner(
        scope,
        node.cases.flatMap(({ body }) => declaredNames(body)),
      );
      for (const { test, body } of node.cases) {
        if (test) {
          visit(test, within);
        }
        for (const statement of body) {
          visit(statement, within);
        }
      }
      return;
    }
    case "Try": {
      visit(node.block);
      const within = node.param ? inner(scope, boundNames(node.param)) : scope;
      if (node.param) {
        visit(node.param, within);
      }
      if (node.handler) {
        visit(node.handler, within);
      }
      if (node.finalizer) {
        visit(node.finalizer);
      }
      return;
    }
    default:
      eachChild(node, (child) => visit(child));
  }
}

/** The free names of an expression that are not in `known`, sorted. Targets of assignments count. */
export function freeNamesBeside(expr: Expr, known: ReadonlySet<string>): string[] {
  const names = new Set<string>();
  walkScoped(expr, (node, scope) => {
    if (node.type === "Name" && !known.has(node.name) && !isLocal(scope, node.name)) {
      names.add(node.name);
    }
    return false;
  });
  return [...names].sort();
}
