import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeSpans, encodeSpans } from "./spans.ts";

const place = fc.record({
  file: fc.nat({ max: 2 ** 20 }),
  line: fc.integer({ min: 1, max: 2 ** 20 }),
  column: fc.integer({ min: 1, max: 2 ** 20 }),
});
const path = fc.oneof(
  fc.string({ unit: "binary", maxLength: 20 }),
  fc.constantFrom(
    "nodes.fix",
    "nodes.fix.prompt",
    "nodes.score-{}",
    "functions.slug",
    "schemas.x~;",
    "a\ud83d\ude00",
    "a\ud83d\ude01",
  ),
);

describe("spans", () => {
  it("decodes to what was encoded, on one line, in a form that does not depend on order", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(path, place)), (entries) => {
        const spans = new Map(entries);
        const text = encodeSpans(spans);
        expect(text).not.toMatch(/[\n\r\u2028\u2029]/);
        expect(JSON.stringify(text)).toBe(`"${text}"`);
        expect(decodeSpans(text)).toEqual(spans);
        expect(encodeSpans(new Map([...spans].reverse()))).toBe(text);
      }),
    );
  });

  it("never throws on garbage and keeps what stands before it", () => {
    const text = encodeSpans(new Map([["nodes.a", { file: 0, line: 3, column: 5 }]]));
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (garbage) => {
        expect(decodeSpans(`${text};${garbage}`).get("nodes.a")).toBeDefined();
        decodeSpans(garbage);
      }),
    );
  });

  it("stays small when prefixes are abused", () => {
    // Each entry repeats the whole path before it and adds a letter: five billion units in all.

    let text = "AACC~a";
    for (let i = 1; i < 100_000; i++) text += `;${encodeVlq(i)}AAC~a`;
    expect(decodeSpans(text).size).toBeLessThan(10_000);
  });
});

function encodeVlq(value: number): string {
  const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  let rest = value * 2;
  let text = "";
  do {
    text += digits[(rest % 32) + (rest >= 32 ? 32 : 0)];
    rest = Math.floor(rest / 32);
  } while (rest > 0);
  return text;
}
