import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cpuMs } from "../../test/cpu.ts";
import { jsonIn } from "./answer.ts";

describe("JSON in a text", () => {
  it.each([
    ["all of it", ' {"a": 1} ', { a: 1 }],
    ["a fenced block", 'x\n```json\n{"a": 1}\n```\ny', { a: 1 }],
    ["the last of several fenced blocks", '```json\n{"a": 1}\n```\n```json\n{"a": 2}\n```', { a: 2 }],
    ["an earlier block when the last is none", "```json\n[1]\n```\n```sh\nls\n```", [1]],
    ["the last object in prose", 'from {"a": 1} to {"a": {"b": "}"}}.', { a: { b: "}" } }],
    ["an array", "scores: [1, 2]", [1, 2]],
    ["past a stray bracket", 'see (a] or { then {"a": 1}', undefined],
    ["past an unbalanced pair", 'see {a] then {"a": 1}', { a: 1 }],
    ["nothing", "no JSON here", undefined],
  ])("is found as %s", (_, text, expected) => {
    expect(jsonIn(text)).toEqual(expected);
  });

  it("is found whatever is around it, in linear time", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.string(), (value, noise) => {
        const words = noise.replaceAll(/[[\]{}"`]/g, "");
        const json = JSON.parse(JSON.stringify(value));
        expect(jsonIn(`${words} ${JSON.stringify(value)} ${words}`)).toEqual(json);
      }),
      { numRuns: Number(process.env.RUNS ?? 200) },
    );
    const begin = cpuMs();
    jsonIn("{".repeat(1_000_000));
    jsonIn('{"'.repeat(500_000));
    jsonIn("```\n".repeat(50_000));
    expect(cpuMs() - begin).toBeLessThan(2_000);
  });
});
