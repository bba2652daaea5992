/** Names and functions that stand in a tree. */
import type * as Core from "../../../plan/core/ast.ts";
import type * as Surface from "../../surface.ts";
import { ITERATORS, PRIMITIVE } from "./methods.ts";
import { patternNames } from "./shape.ts";

/** Names used in a tree that it does not bind itself; coarse: a name bound anywhere in it counts as bound. */
export function freeNames(node: unknown): Set<string> {
  const used = new Set<string>();
  const bound = new Set<string>();
  collect(node, used, bound);
  for (const name of bound) used.delete(name);
  return used;
}

/** All names mentioned in a tree. */
export function mentionedNames(node: unknown): Set<string> {
  const used = new Set<string>();
  collect(node, used, new Set());
  return used;
}

/** Name → the last of some trees that mentions it. */
export function lastMentions(trees: readonly unknown[]): ReadonlyMap<string, number> {
  const last = new Map<string, number>();
  trees.forEach((tree, n) => {
    for (const name of mentionedNames(tree)) last.set(name, n);
  });
  return last;
}

function collect(node: unknown, used: Set<string>, bound: Set<string>): void {
  if (typeof node !== "object" || node === null) return;
  if (Array.isArray(node)) {
    for (const item of node) collect(item, used, bound);
    return;
  }
  const typed = node as Surface.Stmt | Surface.Expr;
  if (typed.type === "Name") used.add(typed.name);
  if (typed.type === "Func" || typed.type === "Class" || typed.type === "Foreign")
    for (const name of typed.free) used.add(name);
  if (typed.type === "Arrow") {
    for (const param of typed.params) for (const name of patternNames(param)) bound.add(name);
    if (typed.rest) for (const name of patternNames(typed.rest)) bound.add(name);
  }
  if (typed.type === "Declare")
    for (const decl of typed.decls) for (const name of patternNames(decl.target)) bound.add(name);
  if (typed.type === "ForOf" && typed.kind) for (const name of patternNames(typed.target)) bound.add(name);
  if (typed.type === "Try" && typed.param) for (const name of patternNames(typed.param)) bound.add(name);
  for (const [key, part] of Object.entries(typed)) if (key !== "span") collect(part, used, bound);
}

/** Functions that a value may hold once an expression is evaluated: not those that were only called back. */
export function retainedArrows(node: Surface.Expr | undefined): Core.Arrow<Surface.Extra>[] {
  if (!node) return [];
  switch (node.type) {
    case "Arrow":
      return [node];
    case "Call": {
      const name =
        node.callee.type === "Member" && typeof node.callee.property === "string" ? node.callee.property : "";
      const receiver = node.callee.type === "Member" ? retainedArrows(node.callee.object) : [];
      if (PRIMITIVE.has(name)) return [];
      if (ITERATORS.has(name) && name !== "map" && name !== "flatMap") return receiver;
      const inside = node.args.flatMap((x) => {
        const arg = x.type === "Spread" ? x.arg : x;
        return (name === "map" || name === "flatMap") && arg.type === "Arrow"
          ? arrowsIn(arg.body)
          : arrowsIn(arg);
      });
      return [...receiver, ...inside];
    }
    default:
      return arrowsIn(node);
  }
}

function arrowsIn(node: unknown, out: Core.Arrow<Surface.Extra>[] = []): Core.Arrow<Surface.Extra>[] {
  if (typeof node !== "object" || node === null) return out;
  if (Array.isArray(node)) {
    for (const item of node) arrowsIn(item, out);
    return out;
  }
  if ("type" in node && node.type === "Arrow") out.push(node as Core.Arrow<Surface.Extra>);
  for (const [key, part] of Object.entries(node)) if (key !== "span") arrowsIn(part, out);
  return out;
}

/** Whether a function stands anywhere in a tree. */
export const holdsArrow = (node: unknown): boolean => arrowsIn(node).length > 0;

/** What a pattern may evaluate: defaults and computed keys. */
export function defaultsOf(pattern: Surface.Pattern): Surface.Expr[] {
  switch (pattern.type) {
    case "Name":
      return [];
    case "Member":
      return [pattern];
    case "DefaultPattern":
      return [pattern.value, ...defaultsOf(pattern.target)];
    case "ArrayPattern":
      return [...pattern.elements, pattern.rest ?? null].flatMap((x) => (x ? defaultsOf(x) : []));
    case "ObjectPattern":
      return [
        ...pattern.props.flatMap(({ key, value }) => [
          ...(typeof key === "string" ? [] : [key]),
          ...defaultsOf(value),
        ]),
        ...(pattern.rest ? defaultsOf(pattern.rest) : []),
      ];
    default: {
      const missing: never = pattern;
      throw new Error(String(missing));
    }
  }
}

/** Members that a pattern assigns to. */
export function membersOf(pattern: Surface.Pattern): Core.Member<Surface.Extra>[] {
  switch (pattern.type) {
    case "Name":
      return [];
    case "Member":
      return [pattern];
    case "DefaultPattern":
      return membersOf(pattern.target);
    case "ArrayPattern":
      return [...pattern.elements, pattern.rest ?? null].flatMap((x) => (x ? membersOf(x) : []));
    case "ObjectPattern":
      return [...pattern.props.map((x) => x.value), ...(pattern.rest ? [pattern.rest] : [])].flatMap(
        membersOf,
      );
    default: {
      const missing: never = pattern;
      throw new Error(String(missing));
    }
  }
}
