import { describe, expect, it } from "vitest";
import { codeFrame, formatDiagnostic, locate } from "./code-frame.ts";
import { collect } from "./collect.ts";
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
  it("is ordered by place and holds each finding once", () => {
    const text = "a b c";
    const at = (part: string) => problem("SM109", span(text, part), "m");
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
});

describe("frames of what a terminal shows otherwise than its length", () => {
  it.each([
    ["tabs", "\t\tconst a = BAD;", "  const a = BAD;", 12],
    ["wide characters", 'f("漢字", BAD)', 'f("漢字", BAD)', 10],
    ["emoji", 'f("🚀", BAD)', 'f("🚀", BAD)', 8],
    ["combining marks", 'f("e\u0301", BAD)', 'f("e\u0301", BAD)', 7],
    ["control characters", "\u001b[2JBAD", "\u241b[2JBAD", 4],
  ])("%s", (_, text, shown, column) => {
    const [line, mark] = codeFrame(sources(text), span(text, "BAD")).split("\n") as [string, string];
    expect(line).toBe(`> 1 | ${shown}`);
    expect(mark).toBe(`    | ${" ".repeat(column)}^^^`);
  });

  it("right-to-left overrides can't reorder what is read", () => {
    const text = "a\u202eb BAD";
    expect(codeFrame(sources(text), span(text, "BAD"))).not.toContain("\u202e");
  });
});
