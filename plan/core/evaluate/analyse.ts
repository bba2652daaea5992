import type { Expr, Node, Pattern, Stmt } from "../ast.ts";
import { boundNames, declaredNames } from "../scope.ts";
import { eachChild } from "../walk.ts";

/** What is known of the names that one node declares, before code is made for them. */
export interface ScopeInfo {
  readonly names: ReadonlySet<string>;
  /** Names that an inner function uses. */
  readonly captured: Set<string>;
  /** Names that can be used before their declaration has run. */
  readonly early: Set<string>;
}

export type Scopes = ReadonlyMap<Node, ScopeInfo>;

interface Level {
  readonly info: ScopeInfo;
  readonly outer: Level | null;
  /** Which function it belongs to. */
  readonly fn: number;
  /** Names whose declaration stands before the node that is walked. */
  readonly ready: Set<string>;
  readonly loose: boolean;
}

/** Finds for every scope which names are captured and which need a check that they are initialised. */
export function analyse(root: Expr): Scopes {
  const scopes = new Map<Node, ScopeInfo>();

  const open = (
    node: Node,
    names: readonly string[],
    outer: Level | null,
    fn: number,
    options: { ready?: boolean; loose?: boolean } = {},
  ): Level => {
    const known = scopes.get(node);
    const info = known ?? { names: new Set(names), captured: new Set(), early: new Set() };
    scopes.set(node, info);
    return {
      info,
      outer,
      fn,
      ready: new Set(options.ready === true ? names : []),
      loose: options.loose === true,
    };
  };

  const use = (name: string, level: Level | null, fn: number): void => {
    for (let at = level; at !== null; at = at.outer) {
      if (at.info.names.has(name)) {
        if (at.fn !== fn) {
          at.info.captured.add(name);
        }
        if (!at.ready.has(name) || at.loose) {
          at.info.early.add(name);
        }
        return;
      }
    }
  };

  const ready = (names: readonly string[], level: Level | null): void => {
    for (const name of names) {
      level?.ready.add(name);
    }
  };

  const visitAll = (nodes: readonly (Node | null | undefined)[], level: Level | null, fn: number): void => {
    for (const node of nodes) {
      if (node !== null && node !== undefined) {
        visit(node, level, fn);
      }
    }
  };

  /** A declaration makes its names ready once its value is known; patterns with several parts are checked within. */
  const declare = (target: Pattern, init: Expr | undefined, level: Level | null, fn: number): void => {
    if (init !== undefined) {
      visit(init, level, fn);
    }
    if (target.type !== "Name") {
      bind(target, level, fn);
    }
    ready(boundNames(target), level);
  };

  /** The expressions inside a pattern that declares names. */
  const bind = (pattern: Pattern, level: Level | null, fn: number): void => {
    switch (pattern.type) {
      case "Name":
      case "Member":
        return;
      case "DefaultPattern":
        visit(pattern.value, level, fn);
        bind(pattern.target, level, fn);
        return;
      case "ArrayPattern":
        for (const element of [...pattern.elements, pattern.rest]) {
          if (element) {
            bind(element, level, fn);
          }
        }
        return;
      case "ObjectPattern":
        for (const { key, value } of pattern.props) {
          if (typeof key !== "string") {
            visit(key, level, fn);
          }
          bind(value, level, fn);
        }
        return;
      default:
        pattern satisfies never;
    }
  };

  const visitBody = (body: readonly Stmt[], level: Level | null, fn: number): void => {
    for (const statement of body) {
      visit(statement, level, fn);
    }
  };

  let functions = 0;
  const visit = (node: Node, level: Level | null, fn: number): void => {
    switch (node.type) {
      case "Name":
        use(node.name, level, fn);
        return;
      case "Arrow": {
        const id = ++functions;
        const patterns = node.rest ? [...node.params, node.rest] : node.params;
        const simple = patterns.every((param) => param.type === "Name");
        const names = patterns.flatMap((param) => boundNames(param));
        const own = open(node, names, level, id, { ready: simple });
        for (const param of patterns) {
          bind(param, own, id);
          ready(boundNames(param), own);
        }
        visit(node.body, own, id);
        return;
      }
      case "Block":
        visitBody(node.body, open(node, declaredNames(node.body), level, fn), fn);
        return;
      case "Declare":
        for (const { target, init } of node.decls) {
          declare(target, init, level, fn);
        }
        return;
      case "For": {
        const own = node.init?.type === "Declare" ? open(node, declaredNames([node.init]), level, fn) : level;
        visitAll([node.init, node.test, node.update, node.body], own, fn);
        return;
      }
      case "ForOf": {
        const own = node.kind ? open(node, boundNames(node.target), level, fn) : level;
        visit(node.of, own, fn);
        if (node.kind) {
          bind(node.target, own, fn);
          ready(boundNames(node.target), own);
        } else {
          visit(node.target, own, fn);
        }
        visit(node.body, own, fn);
        return;
      }
      case "Switch": {
        visit(node.value, level, fn);
        // a case can be entered past the declarations of another
        const own = open(node, declaredNames(node.cases.flatMap(({ body }) => body)), level, fn, {
          loose: true,
        });
        for (const { test, body } of node.cases) {
          visitAll([test], own, fn);
          visitBody(body, own, fn);
        }
        return;
      }
      case "Try": {
        visit(node.block, level, fn);
        if (node.handler) {
          const own = node.param ? open(node, boundNames(node.param), level, fn) : level;
          if (node.param) {
            bind(node.param, own, fn);
            ready(boundNames(node.param), own);
          }
          visit(node.handler, own, fn);
        }
        visitAll([node.finalizer], level, fn);
        return;
      }
      default:
        eachChild(node, (child) => visit(child, level, fn));
    }
  };
  visit(root, null, 0);
  return scopes;
}

/** How deep a node nests, inner functions apart: what one activation can take of the native stack. */
export function nesting(root: Node): number {
  let deepest = 0;
  eachChild(root, (child) => {
    const below = child.type === "Arrow" ? 1 : nesting(child);
    deepest = Math.max(deepest, below);
  });
  return deepest + 1;
}

/** Number of nodes, inner functions and loop bodies apart: the fuel of one straight run. */
export function weight(root: Node): number {
  let sum = 1;
  eachChild(root, (child) => {
    sum += child.type === "Arrow" ? 1 : weight(child);
  });
  return sum;
}
