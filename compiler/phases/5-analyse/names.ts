/** Local names of an expression and their types, innermost first. */
import type * as Core from "../../../plan/core/ast.ts";
import { boundNames, declaredNames, walkScoped } from "../../../plan/core/scope.ts";
import { itemOf, onlyKind } from "./methods.ts";
import { orUndefined, present, type Type } from "./types.ts";

export class Names {
  readonly #types: ReadonlyMap<string, Type | null>;
  readonly #outer: Names | null;
  readonly #assigned: ReadonlySet<string>;

  /** `assigned` are names that the code writes to: what they hold is not known. */
  constructor(
    assigned: ReadonlySet<string>,
    types: ReadonlyMap<string, Type | null> = new Map(),
    outer: Names | null = null,
  ) {
    this.#assigned = assigned;
    this.#types = types;
    this.#outer = outer;
  }

  /** The type of a local name (null: anything); undefined where the name is none. */
  get(name: string): Type | null | undefined {
    for (let at: Names | null = this; at; at = at.#outer) {
      const found = at.#types.get(name);
      if (found !== undefined) return this.#assigned.has(name) ? null : found;
    }
    return undefined;
  }

  with(types: ReadonlyMap<string, Type | null>): Names {
    return types.size === 0 ? this : new Names(this.#assigned, types, this);
  }
}

/** The names that an expression assigns to or that a loop counts with. */
export function assignedNames(expr: Core.Expr): ReadonlySet<string> {
  const names = new Set<string>();
  walkScoped(expr, (node) => {
    if (node.type === "Assign") for (const name of boundNames(node.target)) names.add(name);
    if (node.type === "Update" && node.target.type === "Name") names.add(node.target.name);
    if (node.type === "ForOf" && !node.kind) for (const name of boundNames(node.target)) names.add(name);
    // A `let` without a value, and one that a closure may write.
    if (node.type === "Declare")
      for (const { target, init } of node.decls)
        if (!init) for (const name of boundNames(target)) names.add(name);
    return false;
  });
  return names;
}

/** All names of a list of statements hide the outer ones, from its start. */
export function bindStatements(names: Names, body: readonly Core.Stmt[]): Names {
  return names.with(new Map(declaredNames(body).map((name) => [name, null])));
}

/** A pattern that takes a value apart. */
export function bindPattern(names: Names, pattern: Core.Pattern, type: Type | null): Names {
  const types = new Map<string, Type | null>();
  collect(pattern, type, types);
  return names.with(types);
}

function collect(pattern: Core.Pattern, type: Type | null, into: Map<string, Type | null>): void {
  switch (pattern.type) {
    case "Name":
      into.set(pattern.name, type);
      return;
    case "Member":
      return;
    case "DefaultPattern":
      // The default joins what is there; only what is certain of the value itself is kept.
      for (const name of boundNames(pattern.target)) into.set(name, null);
      return;
    case "ArrayPattern":
      for (const element of pattern.elements) if (element) collect(element, orUndefined(itemOf(type)), into);
      if (pattern.rest) for (const name of boundNames(pattern.rest)) into.set(name, null);
      return;
    case "ObjectPattern":
      for (const { key, value } of pattern.props)
        collect(value, typeof key === "string" ? fieldOf(type, key) : null, into);
      if (pattern.rest) for (const name of boundNames(pattern.rest)) into.set(name, null);
      return;
    default:
      pattern satisfies never;
  }
}

function fieldOf(type: Type | null, name: string): Type | null {
  const things = present(type)?.alternatives ?? [];
  if (onlyKind(type) !== "object" || things.length !== 1 || things[0]!.kind !== "object") return null;
  return things[0]!.fields.get(name) ?? null;
}
