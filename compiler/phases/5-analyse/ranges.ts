/** Between which numbers a value lies, as minimum, maximum and integer of a schema say it. */
import type { Json } from "../../../plan/types.ts";

export interface Range {
  readonly min: number;
  /** The minimum itself is none of the values. */
  readonly above: boolean;
  readonly max: number;
  readonly below: boolean;
  readonly integer: boolean;
}

export type Order = "<" | "<=" | ">" | ">=";

/** Lengths of lists and texts. */
export const LENGTHS: Range = { min: 0, above: false, max: Infinity, below: false, integer: true };
const ALL: Range = { min: -Infinity, above: false, max: Infinity, below: false, integer: false };

export const point = (value: number): Range => ({
  ...ALL,
  min: value,
  max: value,
  integer: Number.isInteger(value),
});

/** What `minimum` and its like say; undefined where they say nothing. */
export function rangeOf(schema: { readonly [key: string]: Json }): Range | undefined {
  const low = bound(schema.minimum, schema.exclusiveMinimum, (a, b) => a > b);
  const high = bound(schema.maximum, schema.exclusiveMaximum, (a, b) => a < b);
  const integer = schema.type === "integer";
  if (!low && !high && !integer) return undefined;
  return {
    min: low?.[0] ?? -Infinity,
    above: low?.[1] ?? false,
    max: high?.[0] ?? Infinity,
    below: high?.[1] ?? false,
    integer,
  };
}

function bound(
  closed: Json | undefined,
  open: Json | undefined,
  isTighter: (a: number, b: number) => boolean,
): [number, boolean] | null {
  const [at, past] = [numberOf(closed), numberOf(open)];
  if (past !== null && (at === null || !isTighter(at, past))) return [past, true];
  return at === null ? null : [at, false];
}

const numberOf = (value: Json | undefined): number | null => (typeof value === "number" ? value : null);

/** Between which lengths a list or text lies. */
export function sizeOf(least: Json | undefined, most: Json | undefined): Range | undefined {
  if (typeof least !== "number" && typeof most !== "number") return undefined;
  return { ...LENGTHS, min: numberOf(least) ?? 0, max: numberOf(most) ?? Infinity };
}

/** The narrowest range that holds both. */
export function hull(a: Range | undefined, b: Range | undefined): Range | undefined {
  if (!a || !b) return undefined;
  return {
    min: Math.min(a.min, b.min),
    above: a.min === b.min ? a.above && b.above : a.min < b.min ? a.above : b.above,
    max: Math.max(a.max, b.max),
    below: a.max === b.max ? a.below && b.below : a.max > b.max ? a.below : b.below,
    integer: a.integer && b.integer,
  };
}

export const holds = (range: Range, value: number): boolean =>
  (range.above ? value > range.min : value >= range.min) &&
  (range.below ? value < range.max : value <= range.max) &&
  (!range.integer || Number.isInteger(value));

/** Whether no number lies in both. */
export function areApart(a: Range, b: Range): boolean {
  if (a.min === a.max) return !holds(b, a.min);
  if (b.min === b.max) return !holds(a, b.min);
  return !mayHold("<=", a, b) || !mayHold("<=", b, a);
}

/** Whether a number of `a` stands in this order to one of `b`. */
export function mayHold(op: Order, a: Range, b: Range): boolean {
  switch (op) {
    case "<":
      return a.min < b.max;
    case "<=":
      return a.min < b.max || (a.min === b.max && !a.above && !b.below);
    case ">":
      return mayHold("<", b, a);
    case ">=":
      return mayHold("<=", b, a);
    default:
      return op satisfies never;
  }
}

const OPPOSITE: { readonly [op in Order]: Order } = { "<": ">=", "<=": ">", ">": "<=", ">=": "<" };

/** Whether all numbers of `a` do. */
export const mustHold = (op: Order, a: Range, b: Range): boolean => !mayHold(OPPOSITE[op], a, b);

/** `a number from 0 to 10`. Bounds that only say that a number is exact are left out. */
export function describeRange(range: Range): string {
  const what = range.integer ? "a whole number" : "a number";
  const isBound = (value: number): boolean => Math.abs(value) < Number.MAX_SAFE_INTEGER;
  const low = isBound(range.min) ? (range.above ? ` above ${range.min}` : ` from ${range.min}`) : "";
  const high = isBound(range.max) ? (range.below ? ` below ${range.max}` : ` to ${range.max}`) : "";
  return `${what}${low}${high || (low !== "" && !range.above ? " up" : "")}`;
}
