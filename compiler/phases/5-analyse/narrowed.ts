/**
 * What conditions say of which alternative of a union a value is: where `row.kind === "a"` holds, `row` is one of those
 * whose `kind` can be "a", with the fields that those have.
 */
import type * as Core from "../../../plan/core/ast.ts";
import { itemFacts } from "./items.ts";
import { MAX_DEPTH, pathOf, type Standing, without } from "./paths.ts";
import {
  type Alternative,
  describe,
  disjoint,
  join,
  ofValues,
  type Type,
  truthOf,
  typeOf,
  UNDEFINED,
} from "./types.ts";

type Value = string | number | boolean;

/** What is known of a field of the value at a path: that it is (or is not) one of `values`, or counts as true (or false). */
type Claim =
  | { readonly field: string; readonly values: readonly Value[]; readonly holds: boolean }
  | { readonly field: string; readonly truth: boolean };

type Told = readonly [path: string, claim: Claim];

/** What is known where something is evaluated; each way of knowing more gives one of its own kind. */
export interface Known {
  where(at: Standing, test: Core.Expr, truth: boolean): Known;
  ofItems(at: Standing, list: Core.Expr, param: Core.Pattern): Known;
  hiding(names: readonly string[]): Known;
}

export class Narrowed implements Known {
  static readonly nothing = new Narrowed([]);
  readonly #told: readonly Told[];

  constructor(told: readonly Told[]) {
    this.#told = told;
  }

  /** The same where `test` counts as true (or as false) as well. */
  where(at: Standing, test: Core.Expr, truth: boolean): Narrowed {
    return at.model.hasUnions ? this.#and(claimsIn(at, test, truth, 0)) : this;
  }

  /** The same for the parameter of a callback, whose list lets only some items through. */
  ofItems(at: Standing, list: Core.Expr, param: Core.Pattern): Narrowed {
    return at.model.hasUnions ? this.#and(itemFacts(at, list, param, claimsIn)) : this;
  }

  /** The same where names stand for something else than before. */
  hiding(names: readonly string[]): Narrowed {
    const told = without(this.#told, names);
    return told.length === this.#told.length ? this : new Narrowed(told);
  }

  /** The same inside of a loop, where a read of outputs may give another row. */
  inLoop(): Narrowed {
    const told = this.#told.filter(([path]) => !path.startsWith("ctx.") || path.startsWith("ctx.input"));
    return told.length === this.#told.length ? this : new Narrowed(told);
  }

  #and(more: readonly Told[]): Narrowed {
    return more.length === 0 ? this : new Narrowed([...this.#told, ...more]);
  }

  /** A type without the alternatives that the value of `expr` is known not to be. */
  narrow(at: Standing, expr: Core.Expr, type: Type | null): Type | null {
    if (this.#told.length === 0 || !type) return type;
    if (type.alternatives.filter(({ kind }) => kind === "object").length < 2) return type;
    const path = pathOf(at, expr);
    const claims = this.#told.flatMap(([of, claim]) => (of === path ? [claim] : []));
    return claims.reduce(narrowBy, type);
  }
}

function narrowBy(type: Type, claim: Claim): Type {
  const alternatives = type.alternatives.filter((one) => one.kind !== "object" || allows(one, claim));
  if (alternatives.length === type.alternatives.length) return type;
  return { ...type, alternatives, of: named(type, alternatives, claim.field) };
}

/** `a row of t whose kind is "a"`, where the field tells the alternatives that are left from the others. */
function named(type: Type, left: readonly Alternative[], field: string): string {
  const fields = left.flatMap((one) => (one.kind === "object" ? [one.fields.get(field) ?? null] : []));
  if (fields.length === 0) return type.of;
  const isTelling = fields.every((x) =>
    x?.alternatives.every((one) => "values" in one && one.values !== null),
  );
  const all = isTelling ? fields.reduce(join) : null;
  return all ? `${type.of.replace(/ whose .*$/s, "")} whose ${field} is ${describe(all)}` : type.of;
}

function allows(one: Extract<Alternative, { kind: "object" }>, claim: Claim): boolean {
  const field = one.fields.get(claim.field) ?? (one.closed && !one.fields.has(claim.field) ? NOTHING : null);
  if (!field) return true;
  if ("truth" in claim) return truthOf(field) !== !claim.truth;
  const values = ofValues(claim.values, claim.field);
  if (!values) return true;
  return claim.holds ? !disjoint(field, values) : !field.alternatives.every((x) => isOneOf(x, claim.values));
}

const NOTHING = typeOf("undefined", UNDEFINED);

const isOneOf = (one: Alternative, values: readonly Value[]): boolean =>
  "values" in one && one.values !== null && one.values.every((value) => values.includes(value));

function claimsIn(at: Standing, test: Core.Expr, truth: boolean, depth: number): Told[] {
  if (depth > MAX_DEPTH) return [];
  const into = (part: Core.Expr, holds: boolean): Told[] => claimsIn(at, part, holds, depth + 1);
  switch (test.type) {
    case "Unary":
      return test.op === "!" ? into(test.arg, !truth) : [];
    case "Logical": {
      if (test.op === "??") return [];
      const [left, right] = [into(test.left, truth), into(test.right, truth)];
      return test.op === (truth ? "&&" : "||") ? [...left, ...right] : either(left, right);
    }
    case "Binary": {
      // Loose equality turns kinds into one another.
      if (test.op !== "===" && test.op !== "!==") return [];
      const isEqual = test.op === "===";
      const value = literal(test.right) ?? literal(test.left);
      const side = literal(test.right) === null ? test.right : test.left;
      return value === null
        ? []
        : ofField(at, side, depth, (field) => ({ field, values: [value], holds: isEqual === truth }));
    }
    case "Call": {
      const { callee, args } = test;
      const [value] = args;
      if (callee.type !== "Member" || callee.property !== "includes" || !value || value.type === "Spread")
        return [];
      const list = callee.object.type === "Array" ? callee.object.elements : [];
      const values = list.map((x) => (x && x.type !== "Spread" ? literal(x) : null));
      if (values.length === 0 || values.some((x) => x === null)) return [];
      return ofField(at, value, depth, (field) => ({ field, values: values as Value[], holds: truth }));
    }
    case "Name": {
      const meaning = at.names.get(test.name) === undefined ? at.model.lookup(at.node, test.name) : undefined;
      if (!meaning || typeof meaning.expr === "string" || meaning.expr.type === "Arrow") return [];
      return claimsIn({ ...at, node: meaning.from }, meaning.expr, truth, depth + 1);
    }
    case "Member":
      return ofField(at, test, depth, (field) => ({ field, truth }));
    case "Chain":
      return into(test.expr, truth);
    default:
      return [];
  }
}

/** Of `x.kind === "a" || x.kind === "b"`: one of both. */
function either(left: readonly Told[], right: readonly Told[]): Told[] {
  return left.flatMap(([path, a]): Told[] => {
    const other = right.find(([of, b]) => of === path && a.field === b.field)?.[1];
    if (!other || !("values" in a) || !("values" in other) || !a.holds || !other.holds) return [];
    return [[path, { ...a, values: [...a.values, ...other.values] }]];
  });
}

/** The claim of a field, told of the object that has it. */
function ofField(at: Standing, expr: Core.Expr, depth: number, claim: (field: string) => Claim): Told[] {
  if (depth > MAX_DEPTH) return [];
  switch (expr.type) {
    case "Chain":
      return ofField(at, expr.expr, depth + 1, claim);
    case "Name": {
      const meaning = at.names.get(expr.name) === undefined ? at.model.lookup(at.node, expr.name) : undefined;
      if (!meaning || typeof meaning.expr === "string") return [];
      return ofField({ ...at, node: meaning.from }, meaning.expr, depth + 1, claim);
    }
    case "Member": {
      const path = typeof expr.property === "string" ? pathOf(at, expr.object) : null;
      return path === null ? [] : [[path, claim(String(expr.property))]];
    }
    default:
      return [];
  }
}

function literal(expr: Core.Expr): Value | null {
  return expr.type === "Literal" && expr.value !== undefined ? (expr.value as Value | null) : null;
}
