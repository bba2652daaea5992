import fc from "fast-check";
import { expect, it } from "vitest";
import { compare } from "./differential/compare.ts";
import { programs } from "./differential/programs.ts";
import { unsourced } from "./differential/wording.ts";
import { parseExpr } from "./parse.ts";
import { printExpr, printLines } from "./print.ts";

const RUNS = Number(process.env.RUNS ?? 1500);

it("generated programs give in Core what they give in V8", () => {
  const counts = { same: 0, refused: 0, worded: 0 };
  fc.assert(
    fc.property(programs, (program) => {
      // what runs in V8 is what Core prints
      const text = printExpr(parseExpr(program));
      const result = compare(text);
      if (result.kind !== "different") {
        counts[result.kind]++;
        return;
      }
      expect(unsourced(result.core), text).toBe(unsourced(result.v8));
      counts.worded++;
    }),
    { numRuns: RUNS },
  );
  console.log(
    `programs: ${counts.same} equal to V8, ${counts.refused} refused, ${counts.worded} with another wording of a compound expression`,
  );
  expect(counts.same).toBeGreaterThan(RUNS / 2);
});

it("a circle through an error is told with the error's own class, as in V8", () => {
  const result = compare("((e) => JSON.stringify((e.self = e)))(new TypeError('boom'))");
  expect(result.core).toBe(result.v8);
});

/** The tree without its spans. */
function bare(node: unknown): unknown {
  return JSON.parse(JSON.stringify(node, (key, value: unknown) => (key === "span" ? undefined : value)));
}

it("printing and parsing are inverse", () => {
  fc.assert(
    fc.property(programs, fc.integer({ min: 10, max: 120 }), (program, width) => {
      const tree = parseExpr(program);
      const text = printExpr(tree);
      expect(bare(parseExpr(text))).toEqual(bare(tree));
      expect(printExpr(parseExpr(text))).toBe(text);
      expect(bare(parseExpr(printLines(tree, width)))).toEqual(bare(tree));
    }),
    { numRuns: Math.min(RUNS, 400) },
  );
});
