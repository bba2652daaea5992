import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { compare } from "./differential/compare.ts";
import { parseExpr } from "./parse.ts";
import { printExpr, printLines } from "./print.ts";

/** Helpers of the kind found in public workflows: name, function, and an expression that calls it. */
const helpers = readFileSync(new URL("../../fixtures/core/helpers.js.txt", import.meta.url), "utf8")
  .trim()
  .split("\n")
  .map((line) => line.split(" ||| ") as [string, string, string]);

describe("helpers of public workflows", () => {
  it.each(helpers)("%s gives what V8 gives", (name, fn, use) => {
    const program = use.replaceAll(`(${name})`, () => `(${fn})`);
    const result = compare(program);
    expect(result.core, program).toBe(result.v8);
  });

  it.each(helpers)("%s reads and prints as itself", (_name, fn) => {
    const printed = printExpr(parseExpr(fn));
    expect(printExpr(parseExpr(printed))).toBe(printed);
    for (const width of [20, 60, 100]) {
      expect(printExpr(parseExpr(printLines(parseExpr(fn), width)))).toBe(printed);
    }
  });
});
