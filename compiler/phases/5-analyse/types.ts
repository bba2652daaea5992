/**
 * Types of values as far as JSON Schemas, literals and operators tell them. `null` is "anything": whoever is in doubt
 * says so, and what is said is certain.
 */
import type { Json } from "../../../plan/types.ts";
import { areApart, describeRange, hull, point, type Range, rangeOf, sizeOf } from "./ranges.ts";

/** One of the things that a value can be. `values` are all that it can be; null where that is not known. */
export type Alternative =
  | { readonly kind: "undefined" }
  | { readonly kind: "null" }
  | { readonly kind: "boolean"; readonly values: readonly boolean[] | null }
  | { readonly kind: "number"; readonly values: readonly number[] | null; readonly range?: Range }
  /** `size`: of what lengths it can be. */
  | { readonly kind: "string"; readonly values: readonly string[] | null; readonly size?: Range }
  | { readonly kind: "array"; readonly items: Type | null; readonly size?: Range }
  /** `rest`: what the fields hold that have no entry of their own. */
  | {
      readonly kind: "object";
      readonly fields: Fields;
      readonly closed: boolean;
      readonly rest?: Type | null;
      /** Names that it hardly has although any may be there. */
      readonly unlikely?: ReadonlySet<string>;
    }
  | { readonly kind: "function" }
  /** A reference to an agent of the plan. */
  | { readonly kind: "agent" };

export type Fields = ReadonlyMap<string, Type | null>;

export interface Type {
  readonly alternatives: readonly Alternative[];
  /** What to call the value in a message. */
  readonly of: string;
  /** Whether a schema says so; false for what only literals and operators tell. */
  readonly told: boolean;
}

const MAX_ALTERNATIVES = 12;

export const UNDEFINED: Alternative = { kind: "undefined" };
export const STRING: Alternative = { kind: "string", values: null };
export const NUMBER: Alternative = { kind: "number", values: null };
export const BOOLEAN: Alternative = { kind: "boolean", values: null };

/** A type that no schema tells. */
export function typeOf(of: string, ...alternatives: Alternative[]): Type {
  return { alternatives, of, told: false };
}

/** What a JSON Schema accepts, called `of`. */
export function ofSchema(schema: Json | undefined, of: string): Type | null {
  const type = ofForm(schema, of);
  // A default is taken as it is, whatever the schema says of other values.
  return isRecord(schema) && schema.default !== undefined ? withDefault(type, schema.default, of) : type;
}

function withDefault(type: Type | null, value: Json, of: string): Type | null {
  if (!Array.isArray(value)) return isRecord(value) ? type : join(type, ofValues([value], of));
  const size = sizeOf(value.length, value.length);
  return mapAlternatives(type, (one) =>
    one.kind === "array" && one.size ? { ...one, size: hull(one.size, size)! } : one,
  );
}

export const mapAlternatives = (type: Type | null, to: (one: Alternative) => Alternative): Type | null =>
  type && { ...type, alternatives: type.alternatives.map(to) };

function ofForm(schema: Json | undefined, of: string): Type | null {
  if (!isRecord(schema)) return null;
  if (schema.$ref !== undefined || schema.allOf !== undefined || schema.not !== undefined) return null;
  const options = schema.anyOf ?? schema.oneOf;
  if (Array.isArray(options)) {
    const types = options.map((option: Json) => ofSchema(option, of));
    return types.reduce((all, one) => join(all, one), typeNone(of));
  }
  if (schema.const !== undefined) return ofValues([schema.const], of);
  if (Array.isArray(schema.enum)) return ofValues(schema.enum, of);
  const kinds = Array.isArray(schema.type) ? schema.type : [schema.type];
  const found = kinds.map((kind: Json | undefined) => ofKind(kind, schema, of));
  const alternatives = found.filter((one) => one !== null);
  return alternatives.length === kinds.length ? { alternatives, of, told: true } : null;
}

const typeNone = (of: string): Type => ({ alternatives: [], of, told: true });

function ofKind(
  kind: Json | undefined,
  schema: { readonly [key: string]: Json },
  of: string,
): Alternative | null {
  switch (kind) {
    case "null":
      return { kind: "null" };
    case "boolean":
      return BOOLEAN;
    case "string":
      return { ...STRING, ...optional("size", sizeOf(schema.minLength, schema.maxLength)) };
    case "number":
    case "integer":
      return { ...NUMBER, ...optional("range", rangeOf(schema)) };
    case "array": {
      const items = schema.prefixItems === undefined ? ofSchema(schema.items, `an item of ${of}`) : null;
      const size = schema.prefixItems === undefined ? sizeOf(schema.minItems, schema.maxItems) : undefined;
      return { kind: "array", items, ...optional("size", size) };
    }
    case "object":
      return ofObject(schema, of);
    default:
      return null;
  }
}

const optional = <K extends string>(key: K, range: Range | undefined): { readonly [k in K]?: Range } =>
  (range ? { [key]: range } : {}) as { readonly [k in K]?: Range };

function ofObject(schema: { readonly [key: string]: Json }, of: string): Alternative {
  const properties = isRecord(schema.properties) ? schema.properties : {};
  const required = new Set(Array.isArray(schema.required) ? schema.required : []);
  const fields = Object.entries(properties).map(([name, field]): [string, Type | null] => {
    const type = ofSchema(field, `${of}.${name}`);
    return [name, required.has(name) ? type : orUndefined(type)];
  });
  const closed =
    schema.properties !== undefined &&
    (schema.additionalProperties === undefined || schema.additionalProperties === false);
  const more = schema.additionalProperties;
  // Any name may be there, or not. Only objects are told: of plain values nobody asks whether they are there.
  const values = isRecord(more) ? ofSchema(more, `a value of ${of}`) : null;
  const rest = values?.alternatives.every(({ kind }) => kind === "object") ? orUndefined(values) : null;
  return { kind: "object", fields: new Map(fields), closed, ...(rest ? { rest } : {}) };
}

/** One of these JSON values. */
export function ofValues(values: readonly Json[], of: string): Type | null {
  const each = values.map((value) => ofValue(value));
  if (each.some((one) => one === null)) return null;
  return each
    .map((one): Type => ({ alternatives: [one!], of, told: true }))
    .reduce<Type | null>((all, one) => join(all, one), typeNone(of));
}

function ofValue(value: Json): Alternative | null {
  if (value === null) return { kind: "null" };
  if (typeof value === "string") return { kind: "string", values: [value] };
  if (typeof value === "number") return { kind: "number", values: [value] };
  if (typeof value === "boolean") return { kind: "boolean", values: [value] };
  return null;
}

/** The type of a literal. */
export function ofLiteral(value: string | number | boolean | null): Type {
  return typeOf(JSON.stringify(value), ofValue(value)!);
}

/** Either of two; called as the first. */
export function join(a: Type | null, b: Type | null): Type | null {
  if (!a || !b) return null;
  let alternatives: Alternative[] = [...a.alternatives];
  for (const one of b.alternatives) alternatives = added(alternatives, one);
  if (alternatives.length > MAX_ALTERNATIVES) return null;
  return { alternatives, of: a.alternatives.length === 0 ? b.of : a.of, told: a.told || b.told };
}

function added(all: readonly Alternative[], one: Alternative): Alternative[] {
  const at = all.findIndex((x) => x.kind === one.kind && x.kind !== "object" && x.kind !== "array");
  if (at < 0) return [...all, one];
  const same = all[at]!;
  if (!("values" in same) || !("values" in one)) return [...all];
  const values = same.values && one.values ? [...new Set<unknown>([...same.values, ...one.values])] : null;
  const range = values ? undefined : hull(spanOf(same), spanOf(one));
  const key = one.kind === "string" ? "size" : "range";
  const merged = { kind: one.kind, values, ...optional(key, range) } as Alternative;
  return all.map((x, i) => (i === at ? merged : x));
}

/** Between which numbers a number, or the length of a text or list, lies. */
export function spanOf(one: Alternative): Range | undefined {
  if (one.kind === "number") return one.range ?? spread(one.values ?? []);
  if (one.kind === "string") return one.size ?? spread((one.values ?? []).map(({ length }) => length));
  return one.kind === "array" ? one.size : undefined;
}

const spread = (values: readonly number[]): Range | undefined =>
  values.map(point).reduce<Range | undefined>((all, one) => (all ? hull(all, one) : one), undefined);

export function orUndefined(type: Type | null): Type | null {
  if (!type) return null;
  return { ...type, alternatives: added(type.alternatives, UNDEFINED) };
}

const isNothing = ({ kind }: Alternative): boolean => kind === "undefined" || kind === "null";

/** The type without `undefined` and `null`. */
export function present(type: Type | null): Type | null {
  return type && { ...type, alternatives: type.alternatives.filter((one) => !isNothing(one)) };
}

/** Whether the value may be `undefined` or `null`. Unknown types may be anything. */
export function maybeNothing(type: Type | null): boolean {
  return type === null || type.alternatives.some(isNothing);
}

/** Whether a value counts as true; null where that depends on the run. */
export function truthOf(type: Type | null): boolean | null {
  if (!type || type.alternatives.length === 0) return null;
  const truths = new Set(type.alternatives.map(truthOfOne));
  return truths.size === 1 ? [...truths][0]! : null;
}

function truthOfOne(one: Alternative): boolean | null {
  switch (one.kind) {
    case "undefined":
    case "null":
      return false;
    case "array":
    case "object":
    case "function":
    case "agent":
      return true;
    case "boolean":
    case "number":
    case "string": {
      const truths = new Set<boolean>((one.values ?? [true, false]).map(Boolean));
      return truths.size === 1 ? [...truths][0]! : null;
    }
    default:
      return one satisfies never;
  }
}

/** What is left of a type where the value is known to count as true (or as false). */
export function where(type: Type | null, truth: boolean): Type | null {
  if (!type) return null;
  const alternatives = type.alternatives.flatMap((one): Alternative[] => {
    const known = truthOfOne(one);
    if (known !== null) return known === truth ? [one] : [];
    if (one.kind === "boolean") return [{ kind: "boolean", values: [truth] }];
    if (!("values" in one) || !one.values) return [one];
    return [{ ...one, values: one.values.filter((value) => Boolean(value) === truth) } as Alternative];
  });
  return { ...type, alternatives };
}

/** Whether a value of the type, or something in it, is one of several kinds of objects. */
export function holdsUnion(type: Type | null): boolean {
  const parts = type?.alternatives ?? [];
  if (parts.filter(({ kind }) => kind === "object").length > 1) return true;
  return parts.some((one) => {
    if (one.kind === "array") return holdsUnion(one.items);
    return (
      one.kind === "object" && (holdsUnion(one.rest ?? null) || [...one.fields.values()].some(holdsUnion))
    );
  });
}

/** Whether no value can be of both types. */
export function disjoint(a: Type, b: Type): boolean {
  return a.alternatives.every((one) => b.alternatives.every((other) => apart(one, other)));
}

function apart(a: Alternative, b: Alternative): boolean {
  if (a.kind !== b.kind) return true;
  if (a.kind === "number" && b.kind === "number" && (a.range || b.range)) {
    const [one, two] = [spanOf(a), spanOf(b)];
    const points = (x: typeof a, other: Range): boolean =>
      x.values?.every((value) => areApart(point(value), other)) === true;
    if (a.range && b.range) return areApart(a.range, b.range);
    return a.range ? two !== undefined && points(b, a.range) : one !== undefined && points(a, b.range!);
  }
  if (!("values" in a) || !("values" in b) || !a.values || !b.values) return false;
  const others: readonly unknown[] = b.values;
  return a.values.every((value) => !others.includes(value));
}

/** How a message describes a type: `one of "low", "high"`, `a number`. */
export function describe(type: Type): string {
  const words = type.alternatives.filter((one) => !isNothing(one)).map(describeOne);
  return words.join(" or ");
}

function describeOne(one: Alternative): string {
  switch (one.kind) {
    case "undefined":
    case "null":
      return one.kind;
    case "boolean":
    case "number":
    case "string": {
      if (one.kind === "number" && one.range) return describeRange(one.range);
      if (!one.values || one.values.length > 8) return one.kind === "string" ? "text" : `a ${one.kind}`;
      const list = one.values.map((value) => JSON.stringify(value)).join(", ");
      return one.values.length === 1 ? list : `one of ${list}`;
    }
    case "array":
      return "a list";
    case "object":
      return "an object";
    case "function":
      return "a function";
    case "agent":
      return "an agent";
    default:
      return one satisfies never;
  }
}

function isRecord(value: Json | undefined): value is { readonly [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
