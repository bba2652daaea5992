import { describe, expect, it } from "vitest";
import { checkExpr } from "./check.ts";
import { compare } from "./differential/compare.ts";
import { callsOf, type Helper, readHelpers, WRONG } from "./differential/helpers.ts";
import { unsourced } from "./differential/wording.ts";
import { parseExpr } from "./parse.ts";
import { printExpr, printLines } from "./print.ts";

const helpers = readHelpers();

/**
 * What Core refuses by contract, each only where a wrong argument brings it about: a function used as data, and an
 * array's locale text.
 */
const DECLARED =
  /^FORBIDDEN (?:the text of a function|(?:length|name|toString|toLocaleString) of function|'in' on something that is not data|toLocaleString of array)$/;

/** The helper in a function of its own, so that it may call itself. */
const program = ({ text, name }: Helper, args: string): string =>
  `(() => { ${text} return ${name}(${args}); })()`;

describe("helper functions in the style of real workflows", () => {
  it("are at least three hundred, each with a name of its own", () => {
    expect(helpers.length).toBeGreaterThanOrEqual(300);
    expect(new Set(helpers.map(({ name }) => name)).size).toBe(helpers.length);
  });

  it.each(helpers.map((helper) => [helper.name, helper] as const))(
    "%s gives what V8 gives",
    (_name, helper) => {
      const wrong: string[] = [];
      for (const args of callsOf(helper)) {
        const text = program(helper, args);
        const result = compare(text);
        const good =
          result.kind === "refused"
            ? DECLARED.test(result.core) && WRONG.some((value) => args.includes(value))
            : unsourced(result.core) === unsourced(result.v8);
        if (!good) {
          wrong.push(`${text}\n  V8   ${result.v8}\n  Core ${result.core}`);
        }
      }
      expect(wrong.join("\n")).toBe("");
    },
  );

  it.each(helpers.map((helper) => [helper.name, helper] as const))(
    "%s is legal and prints as itself",
    (_name, helper) => {
      const tree = parseExpr(program(helper, ""));
      expect(checkExpr(tree, () => false)).toEqual([]);
      const printed = printExpr(tree);
      expect(printExpr(parseExpr(printed))).toBe(printed);
      expect(printExpr(parseExpr(printLines(tree, 60)))).toBe(printed);
    },
  );
});
