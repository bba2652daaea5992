/** What is known of the items of a list, since not all are let through. */
import type * as Core from "../../../plan/core/ast.ts";
import { MAX_DEPTH, type Standing } from "./paths.ts";

type Told<T> = readonly [path: string, fact: T];

/**
 * What `list.filter((x) => x.note)` says of the items, for the parameter that takes one. `factsIn`: what holds where a
 * test does; `itself`: what is said of items that are let through for being there.
 */
export function itemFacts<T>(
  at: Standing,
  list: Core.Expr,
  param: Core.Pattern,
  factsIn: (at: Standing, test: Core.Expr, truth: boolean, depth: number) => readonly Told<T>[],
  itself: readonly T[] = [],
  depth = 0,
): Told<T>[] {
  if (depth > MAX_DEPTH) return [];
  if (list.type === "Chain") return itemFacts(at, list.expr, param, factsIn, itself, depth + 1);
  if (list.type === "Name" && at.names.get(list.name) === undefined) {
    const meaning = at.model.lookup(at.node, list.name);
    if (!meaning || typeof meaning.expr === "string") return [];
    return itemFacts({ ...at, node: meaning.from }, meaning.expr, param, factsIn, itself, depth + 1);
  }
  if (list.type !== "Call" || list.callee.type !== "Member") return [];
  const { object, property } = list.callee;
  if (property !== "filter" && property !== "slice" && property !== "toSorted") return [];
  const rest = itemFacts(at, object, param, factsIn, itself, depth + 1);
  const [keep] = list.args;
  if (property !== "filter" || !keep || keep.type === "Spread") return rest;
  if (keep.type === "Name")
    return param.type === "Name" && keep.name === "Boolean"
      ? [...rest, ...itself.map((fact): Told<T> => [param.name, fact])]
      : rest;
  if (keep.type !== "Arrow" || keep.body.type === "Block" || keep.params[0]?.type !== "Name") return rest;
  const item = keep.params[0].name;
  const inner = { ...at, names: at.names.with(new Map([[item, null]])) };
  const facts = factsIn(inner, keep.body, true, depth + 1);
  return [
    ...rest,
    ...facts.flatMap(([path, fact]): Told<T>[] => renamed(path, item, param).map((to) => [to, fact])),
  ];
}

/** The paths under which a parameter gives what is `path` of an item. */
function renamed(path: string, item: string, param: Core.Pattern): string[] {
  if (path !== item && !path.startsWith(`${item}.`)) return [path];
  const below = path.slice(item.length);
  if (param.type === "Name") return [param.name + below];
  if (param.type !== "ObjectPattern") return [];
  return param.props.flatMap(({ key, value }) => {
    if (typeof key !== "string" || value.type !== "Name") return [];
    if (below !== `.${key}` && !below.startsWith(`.${key}.`)) return [];
    return [value.name + below.slice(key.length + 1)];
  });
}
