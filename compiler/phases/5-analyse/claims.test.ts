import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseExpr } from "../../../plan/core/index.ts";
import { claimOf, contradict, isOfFew, isOfRange } from "./claims.ts";

const ask = (a: string, holds: boolean, b: string, holds2: boolean): boolean => {
  const [one, two] = [claimOf(parseExpr(a), holds), claimOf(parseExpr(b), holds2)];
  return one.of === two.of && contradict(one, two);
};

describe("two claims of one value", () => {
  test.each([
    ["n > 0", true, "n === 0", true],
    ["n > 0", true, "0 > n", true],
    ["n > 3", true, "n > 2", false],
    ["n >= 2", true, "n < 2", true],
    ["kind === 'a'", true, "kind === 'b'", true],
    ["row", false, "row === 'x'", true],
    ["row", true, "row == null", true],
    ["rows.length", true, "rows.length === 0", true],
    ["n > 0", true, "n", false],
  ])("%s %s, %s %s: never together", (a, holds, b, holds2) => expect(ask(a, holds, b, holds2)).toBe(true));

  test.each([
    ["n > 0", false, "n < 1", false],
    ["n >= 2", true, "n <= 2", true],
    ["n > 2", true, "m === 1", true],
    ["row", true, "row === 'x'", true],
    ["a ?? n > 0", true, "a ?? n === 0", true],
    ["n == 0", true, "n", true],
  ])("%s %s, %s %s: perhaps", (a, holds, b, holds2) => expect(ask(a, holds, b, holds2)).toBe(false));

  test("no value is found for what is called a contradiction", () => {
    const literal = fc.constantFrom(
      "0",
      "1",
      "2",
      "-1",
      "''",
      "'a'",
      "'1'",
      "true",
      "false",
      "null",
      "undefined",
    );
    const claim = fc.oneof(
      fc.constant("x"),
      fc
        .tuple(fc.constantFrom("===", "==", "<", "<=", ">", ">="), literal, fc.boolean())
        .map(([op, value, left]) => (left ? `${value} ${op} x` : `x ${op} ${value}`)),
    );
    const values = [
      undefined,
      null,
      true,
      false,
      0,
      1,
      2,
      3,
      -1,
      -2,
      0.5,
      Number.NaN,
      "",
      "a",
      "b",
      "1",
      "0",
      " ",
    ];
    fc.assert(
      fc.property(claim, fc.boolean(), claim, fc.boolean(), (a, holds, b, holds2) => {
        if (!ask(a, holds, b, holds2)) return;
        // Who looks for a contradiction asks these only.
        const [one, two] = [claimOf(parseExpr(a), holds), claimOf(parseExpr(b), holds2)];
        const isDenied = one.op === two.op && one.value === two.value && one.holds !== two.holds;
        expect(isDenied || isOfFew(one) || isOfFew(two) || (isOfRange(one) && isOfRange(two))).toBe(true);
        const both = values.filter((x) => {
          const is = (text: string): boolean => Boolean(new Function("x", `return ${text}`)(x));
          return is(a) === holds && is(b) === holds2;
        });
        expect(both).toEqual([]);
      }),
      { numRuns: 2000, seed: 7 },
    );
  });
});
