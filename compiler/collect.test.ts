import { describe, expect, it } from "vitest";
import { codeFrame, formatDiagnostic, locate } from "./code-frame.ts";
import { collect, unsilenced } from "./collect.ts";
import { problem } from "./report.ts";

const sources = (text: string) => [{ path: "a.ts", text }];
const span = (text: string, part: string) => {
  const start = text.indexOf(part);
  return { file: 0, start, end: start + part.length };
};

describe("code frames", () => {
  it("mark the place under its line, between its neighbours", () => {
    const text = "one\ntwo three four\nfive\nsix";
    expect(codeFrame(sources(text), span(text, "three"))).toBe(
      ["  1 | one", "> 2 | two three four", "    |     ^^^^^", "  3 | five"].join("\n"),
    );
  });

  it("mark the first line of a long span, and one column of an empty one at the end of the text", () => {
    const text = "ab(\n  c\n)";
    expect(codeFrame(sources(text), span(text, "(\n  c\n)"))).toContain("> 1 | ab(\n    |   ^\n");
    expect(codeFrame(sources(text), { file: 0, start: 9, end: 9 })).toContain("> 3 | )\n    |  ^");
  });

  it("show a place far out on a long line", () => {
    const text = `${"x".repeat(5_000)}HERE${"y".repeat(5_000)}`;
    const frame = codeFrame(sources(text), span(text, "HERE"));
    const [line, mark] = frame.split("\n") as [string, string];
    expect(line.length).toBeLessThan(140);
    expect(line.indexOf("HERE")).toBe(mark.indexOf("^"));
    expect(locate(sources(text), span(text, "HERE"))).toEqual({ path: "a.ts", line: 1, column: 5_001 });
  });

  it("say what, where and how to mend it", () => {
    const text = "import { a } from './b';";
    const found = problem("SM104", span(text, "'./b'"), "`./b` leads to no file.", {
      hint: "Did you mean `./c`?",
    });
    expect(formatDiagnostic(sources(text), found)).toBe(
      [
        "a.ts:1:19 error SM104: `./b` leads to no file.",
        "",
        "> 1 | import { a } from './b';",
        "    |                   ^^^^^",
        "",
        "  Did you mean `./c`?",
      ].join("\n"),
    );
  });
});

describe("the list of diagnostics", () => {
  it("is ordered by place and holds each finding once, as severe as the catalogue says", () => {
    const text = "a b c";
    const at = (part: string) => ({ ...problem("SM109", span(text, part), "m"), severity: "error" as const });
    expect(
      collect([at("c"), at("a"), at("c"), problem("SM113", null, "n")]).map((d) => [
        d.severity,
        d.span?.start,
      ]),
    ).toEqual([
      ["error", undefined],
      ["info", 0],
      ["info", 4],
    ]);
  });

  it.each([
    ["// smithers-ignore SM301: made by hand\nx", 0],
    ["x // smithers-ignore SM202, SM301: made by hand", 0],
    ["{/* smithers-ignore SM301: made by hand */}\nx", 0],
    ["// smithers-ignore SM301\nx", 1],
    ["// smithers-ignore SM302: another\nx", 1],
    ["// smithers-ignore SM301: too far away\n\nx", 1],
    ["smithers-ignore SM301: no comment\nx", 1],
  ])("after %j has %i left", (text, left) => {
    const at = text.startsWith("x") ? 0 : text.length - 1;
    const found = problem("SM301", { file: 0, start: at, end: at + 1 }, "m");
    expect(unsilenced([found], sources(text))).toHaveLength(left);
  });
});
