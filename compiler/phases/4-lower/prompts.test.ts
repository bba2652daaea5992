import { describe, expect, it } from "vitest";
import { compileExpr, parseExpr } from "../../../plan/core/index.ts";
import type { Value } from "../../../plan/core/values.ts";
import { memoryHost } from "../../host.ts";
import { bind } from "../2-bind/bind.ts";
import { lowerPrompts } from "./prompts.ts";

async function lower(files: Record<string, string>) {
  const absolute = Object.fromEntries(Object.entries(files).map(([file, text]) => [`/p/${file}`, text]));
  const graph = bind(
    memoryHost({ ...absolute, "/p/main.tsx": 'import P from "./p.mdx"; P;' }),
    "/p",
    "main.tsx",
  );
  const problems = [...graph.problems];
  const span = { file: 0, start: 0, end: 0 };
  const prompts = await lowerPrompts(
    graph,
    new Map([["p", { type: "Prompt", path: "p.mdx", span }]]),
    problems,
  );
  return { prompts, problems, graph };
}

/** The text that the template of `p` gives for `props`. */
async function render(text: string, props: Record<string, Value> = {}): Promise<Value> {
  const { prompts, problems } = await lower({ "p.mdx": text });
  expect(problems).toEqual([]);
  const source = prompts.get("p")!.template;
  const expr = parseExpr(typeof source === "string" ? source : source.join("\n"));
  return compileExpr(expr).evaluate({ name: (name) => (name === "props" ? props : undefined) });
}

describe("prompt files", () => {
  it.each([
    ["plain text stays", "# Title\n\n- a\n- b\n", {}, "# Title\n\n- a\n- b"],
    ["props fill holes", "Hi {props.name}, {props.n}!", { name: "Ann", n: 2 }, "Hi Ann, 2!"],
    [
      "expressions are computed",
      "{props.xs.map((x) => `- ${x}`).join('\\n')}",
      { xs: ["a", "b"] },
      "- a\n- b",
    ],
    ["what is nothing leaves nothing", "a{props.no}b{null}c{false}d", {}, "abcd"],
    ["objects are JSON", "{props.o}", { o: { a: 1 } }, '{\n  "a": 1\n}'],
    ["values keep their own spaces", "[{props.s}]", { s: "  x " }, "[  x ]"],
    ["many newlines are two", "a\n\n\n\n{props.x}\n\n\nb\n\n", { x: "x" }, "a\n\nx\n\nb"],
    ["comments vanish", "a {/* no */}b", {}, "a b"],
    ["strings may hold braces", "{'}'}{\"{\"}", {}, "}{"],
    [
      "code keeps its braces",
      "use `{x}`:\n\n```js\n{ y: {props.z} }\n```\n{props.a}",
      { a: 1 },
      "use `{x}`:\n\n```js\n{ y: {props.z} }\n```\n1",
    ],
    ["escaped braces are text", "a \\{b} {props.c}", { c: 1 }, "a {b} 1"],
    [
      "lower-case tags are text",
      '<context kind="x">\n\n{props.a}\n\n</context>',
      { a: 1 },
      '<context kind="x">\n\n1\n\n</context>',
    ],
    ["fragments leave their content", "a <>b {props.c}</> d", { c: 1 }, "a b 1 d"],
  ])("%s", async (_, text, props, expected) => {
    expect(await render(text, props as Record<string, Value>)).toBe(expected);
  });

  it("call the prompts that they import, with props and children", async () => {
    const { prompts, problems, graph } = await lower({
      "p.mdx": "import Part from './sub/part.mdx'\n\nA\n\n<Part n={props.n} s=\"x\" b>kid {props.k}</Part>\n",
      "sub/part.mdx": "import Again from '../p.mdx'\n\nPart {props.n} {props.children}",
    });
    expect(problems).toEqual([]);
    expect([...prompts.keys()]).toEqual(["p", "part"]);
    expect(prompts.get("p")!.template).toEqual([
      "text(`A",
      "",
      "`, prompt('part', { n: props.n, s: 'x', b: true, children: text(`kid `, props.k) }))",
    ]);
    expect(graph.files.list.map((f) => f.path)).toContain("sub/part.mdx");
  });

  it.each([
    ["Hi {name}", "name", "props.name"],
    ["Hi {props.x", "closed", undefined],
    ["`a` {x", "brace", undefined],
    ["Hi {props..x}", "expected", undefined],
    ["export const x = 1\n\nHi {props.y}", "import other prompts", undefined],
    ["import { a } from './lib'\n\nHi", "import other prompts", undefined],
    ["<Unknown />", "no prompt", undefined],
    ["{async () => 1}", "", undefined],
    ["{<b>x</b>}", "", undefined],
    ["{`a`; 1}", "", undefined],
    ["import X from './none.mdx'\n\n<X />", "", undefined],
  ])("report %j", async (text, message, hint) => {
    const { prompts, problems } = await lower({ "p.mdx": text });
    expect(prompts.has("p")).toBe(false);
    expect(problems.length).toBeGreaterThan(0);
    for (const p of problems) expect(["SM116", "SM104"]).toContain(p.code);
    expect(problems.map((p) => p.message).join("\n")).toContain(message);
    if (hint) expect(problems[0]!.hint).toContain(hint);
    const at = problems[0]!.span!;
    expect(at.start).toBeLessThanOrEqual(text.length);
    expect(at.file).toBe(1);
  });
});
