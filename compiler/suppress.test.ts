import { describe, expect, it } from "vitest";
import { problem } from "./report.ts";
import { silence } from "./suppress.ts";

const WARNING = "SM503";

/** What is left of a warning at `BAD`, and what is said of the comments, by code and line. */
function left(
  text: string,
  more: { complete?: boolean; code?: "SM103"; path?: string; off?: string[] } = {},
) {
  const start = text.indexOf("BAD");
  const found = start < 0 ? [] : [problem(more.code ?? WARNING, { file: 0, start, end: start + 3 }, "m")];
  const firm = more.code === "SM103";
  return silence(
    {
      firm: firm ? found : [],
      soft: firm ? [] : found,
      complete: more.complete ?? true,
      off: new Set(more.off ?? []),
    },
    [{ path: more.path ?? "a.tsx", text }],
  ).map(({ code, span, message }) => ({
    code,
    line: text.slice(0, span!.start).split("\n").length,
    message,
  }));
}
const codes = (...args: Parameters<typeof left>) => left(...args).map(({ code }) => code);

describe("smithers-ignore", () => {
  it.each([
    ["the line below", "// smithers-ignore SM503: made so\nBAD"],
    ["its own line", "BAD // smithers-ignore SM503: made so"],
    ["several codes", "f(BAD) // smithers-ignore SM503, SM503: made so"],
    ["a block comment", "/* smithers-ignore SM503: made so */\nBAD"],
    [
      "a comment between elements",
      "const a = <A>\n  {/* smithers-ignore SM503: made so */}\n  <B c={BAD}/>\n</A>;",
    ],
    ["a comment among attributes", "const a = <A\n  // smithers-ignore SM503: made so\n  c={BAD} />;"],
    ["a comment of several lines", "/* smithers-ignore SM503:\n * made so,\n * on purpose */\nBAD"],
    ["comments that follow one another", "// smithers-ignore SM503: a\n// smithers-ignore SM801: b\nBAD"],
    ["the whole file", "// smithers-ignore-file SM503: made so\n\n\nf();\nBAD"],
  ])("silences %s", (_, text) => {
    expect(codes(text).filter((code) => code === WARNING)).toEqual([]);
  });

  it.each([
    ["another line", "// smithers-ignore SM503: made so\n\nBAD"],
    ["the line below code", "f(); // smithers-ignore SM503: made so\nBAD"],
    ["another code", "// smithers-ignore SM504: made so\nBAD"],
  ])("does not silence %s, and is itself unused", (_, text) => {
    expect(codes(text).toSorted()).toEqual([WARNING, "SM801"]);
  });

  it.each([
    ["a string", 'const a = "// smithers-ignore SM503: made so";\nBAD'],
    ["a template", "const a = `\n// smithers-ignore SM503: made so\n`; BAD"],
    ["text between elements", "const a = <A>\n// smithers-ignore SM503: made so\n{BAD}</A>;"],
    ["prose in a comment", "// Use smithers-ignore SM503: reason\nBAD"],
  ])("is none in %s", (_, text) => {
    expect(codes(text)).toEqual([WARNING]);
  });

  it("without a reason silences nothing and says how to write it", () => {
    const found = left("// smithers-ignore SM503\nBAD");
    expect(found.map(({ code }) => code)).toEqual([WARNING, "SM801"]);
    expect(found[1]!.message).toContain("no reason");
  });

  it("names codes that exist", () => {
    expect(left("// smithers-ignore SM530: x\nf();")[0]!.message).toContain("no diagnostic `SM530`");
    expect(left("// smithers-ignore: x\nf();")[0]!.message).toContain("names no code");
    expect(left("// smithers-ignore everything: x\nf();")[0]!.message).toContain(
      "no diagnostic `everything`",
    );
  });

  it("never hides an error without whose mending there is no plan", () => {
    const found = left("// smithers-ignore SM103: please\nBAD", { code: "SM103" });
    expect(found.map(({ code }) => code)).toEqual(["SM103", "SM801"]);
    expect(found[1]!.message).toContain("can't be ignored");
  });

  it("is not called unused before all lints had their say, nor about codes that are off", () => {
    const unused = "// smithers-ignore SM504: made so\nf();";
    expect(codes(unused)).toEqual(["SM801"]);
    expect(codes(unused, { complete: false })).toEqual([]);
    expect(codes(unused, { off: ["SM504"] })).toEqual([]);
  });

  it("works in Markdown and MDX", () => {
    expect(codes("{/* smithers-ignore SM503: made so */}\nBAD", { path: "p.mdx" })).toEqual([]);
    expect(codes("<!-- smithers-ignore SM503: made so -->\nBAD", { path: "p.md" })).toEqual([]);
  });
});
