import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { lineAndColumn, parseJsonText } from "./json.ts";

describe("parseJsonText", () => {
  it("accepts and refuses exactly what JSON.parse does, damaged texts included", () => {
    const damaged = fc
      .tuple(
        fc.json({ maxDepth: 3 }),
        fc.nat(),
        fc.constantFrom("", ",", "}", "]", '"', "\\", "0", "-", "e", ".", ":", "\n", "\u0001", "nul"),
      )
      .map(([text, at, insert]) => {
        const position = at % (text.length + 1);
        return text.slice(0, position) + insert + text.slice(position + (at % 3));
      });
    fc.assert(
      fc.property(damaged, (text) => {
        let expected: unknown;
        let valid = true;
        try {
          expected = JSON.parse(text);
        } catch {
          valid = false;
        }
        const parsed = parseJsonText(text);
        if (!parsed.ok && parsed.kind === "duplicate") return;
        expect(parsed.ok).toBe(valid);
        if (parsed.ok) expect(parsed.value).toEqual(expected);
      }),
      { numRuns: Number(process.env.RUNS ?? 2_000) },
    );
  });

  it.each([
    ['{\n  "a": 1,\n  "b" 2\n}', 3, 7, '"2" stands where ":" should be'],
    ['{\n  "a": [1, 2\n', 3, 1, "the file ends where"],
    ["", 1, 1, "the file ends where a value should be"],
    ['{ "a": 1 } x', 1, 12, "the end of the file"],
    ['{ "a": "b\nc" }', 1, 10, "the end of the string"],
  ])("says where %j goes wrong", (text, line, column, message) => {
    const parsed = parseJsonText(text);
    if (parsed.ok) throw new Error("accepted");
    expect(parsed.message).toContain(message);
    expect(lineAndColumn(text, parsed.offset)).toEqual({ line, column });
  });

  it("refuses a key that stands twice, however it is spelt, and allows it in different objects", () => {
    expect(parseJsonText('{"a":{"b":1},"c":{"b":2,"\\u0062":3}}')).toMatchObject({
      ok: false,
      kind: "duplicate",
    });
    expect(parseJsonText('[{"b":1},{"b":2,"c":{"b":3}}]').ok).toBe(true);
  });

  it("is not deep where the text is", () => {
    expect(parseJsonText("[".repeat(1_000_000)).ok).toBe(false);
    expect(parseJsonText("[".repeat(100_000) + "]".repeat(100_000)).ok).toBe(true);
  });
});
