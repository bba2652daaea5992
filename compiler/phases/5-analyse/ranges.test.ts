import { describe, expect, it } from "vitest";
import {
  areApart,
  describeRange,
  holds,
  hull,
  mayHold,
  mustHold,
  type Order,
  point,
  type Range,
} from "./ranges.ts";

const BOUNDS = [Number.NEGATIVE_INFINITY, -1, 0, 1, 2, Number.POSITIVE_INFINITY];
const NUMBERS = [-2, -1, -0.5, 0, 0.5, 1, 1.5, 2, 3];

/** Every range over a few bounds that holds something. */
const RANGES: readonly Range[] = BOUNDS.flatMap((min) =>
  BOUNDS.filter((max) => max >= min).flatMap((max) =>
    [true, false].flatMap((above) =>
      [true, false].flatMap((below) => [true, false].map((integer) => ({ min, above, max, below, integer }))),
    ),
  ),
).filter((range) => NUMBERS.some((n) => holds(range, n)));
const ORDERS: { readonly [op in Order]: (a: number, b: number) => boolean } = {
  "<": (a, b) => a < b,
  "<=": (a, b) => a <= b,
  ">": (a, b) => a > b,
  ">=": (a, b) => a >= b,
};

/** Pairs of numbers of both ranges. */
const pairs = (a: Range, b: Range): [number, number][] =>
  NUMBERS.filter((x) => holds(a, x)).flatMap((x) =>
    NUMBERS.filter((y) => holds(b, y)).map((y): [number, number] => [x, y]),
  );

describe("ranges", () => {
  it("never call impossible what two of their numbers do, nor certain what two don't", () => {
    for (const a of RANGES)
      for (const b of RANGES)
        for (const [op, does] of Object.entries(ORDERS) as [Order, (a: number, b: number) => boolean][]) {
          const all = pairs(a, b);
          if (!mayHold(op, a, b)) expect(all.some(([x, y]) => does(x, y))).toBe(false);
          if (mustHold(op, a, b)) expect(all.every(([x, y]) => does(x, y))).toBe(true);
        }
  });

  it("are apart only where they share no number, and are held by their hull", () => {
    for (const a of RANGES)
      for (const b of RANGES) {
        if (areApart(a, b)) expect(pairs(a, b).some(([x, y]) => x === y)).toBe(false);
        const both = hull(a, b)!;
        for (const n of NUMBERS) if (holds(a, n) || holds(b, n)) expect(holds(both, n)).toBe(true);
      }
  });

  it("know what single numbers say", () => {
    const fromOne: Range = { min: 1, above: false, max: Infinity, below: false, integer: false };
    expect(mayHold("<", fromOne, point(1))).toBe(false);
    expect(mayHold("<", fromOne, point(1.5))).toBe(true);
    expect(mustHold(">=", fromOne, point(1))).toBe(true);
    expect(areApart(fromOne, point(0))).toBe(true);
    expect(describeRange(fromOne)).toBe("a number from 1 up");
    expect(describeRange({ ...fromOne, above: true, integer: true, max: 9 })).toBe(
      "a whole number above 1 to 9",
    );
  });
});
