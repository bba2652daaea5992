import { describe, expect, it } from "vitest";
import { printLines } from "../../../plan/core/index.ts";
import { memoryHost } from "../../host.ts";
import { bind } from "../2-bind/bind.ts";
import { newEvaluation } from "../3-evaluate/state.ts";
import { SyntaxEnvironments } from "../3-evaluate/syntax-environment.ts";
import { lowerPrompts } from "./prompts.ts";

async function lower(files: Record<string, string>) {
  const absolute = Object.fromEntries(Object.entries(files).map(([file, text]) => [`/p/${file}`, text]));
  const graph = await bind(memoryHost(absolute), "/p", "p.mdx");
  if (!graph.entry) return { prompts: new Map<string, string>(), problems: graph.problems };
  const ev = newEvaluation(
    graph.resolve,
    graph.library,
    graph.files,
    new SyntaxEnvironments(graph.resolve, graph.modules),
  );
  const span = { file: 0, start: 0, end: 0 };
  ev.prompts.set("p", { type: "Prompt", path: "p.mdx", module: graph.entry, span });
  const lowered = lowerPrompts(ev);
  const prompts = new Map(
    [...lowered].map(([name, { template }]) => [name, [printLines(template)].flat().join("\n")]),
  );
  return { prompts, problems: [...graph.problems, ...ev.diagnostics] };
}

describe("prompt files", () => {
  it("call the prompts that they import by name, with props and children", async () => {
    const { prompts, problems } = await lower({
      "p.mdx": 'import Part from "./sub/part.mdx"\n\n<Part n={props.n} b>kid {props.k}</Part>\n',
      "sub/part.mdx": "Part {props.n} {props.children}",
    });
    expect(problems).toEqual([]);
    expect([...prompts.keys()]).toEqual(["p", "part"]);
    expect(prompts.get("p")).toBe("prompt('part', { n: props.n, b: true, children: ['kid ', props.k] })");
  });

  it("evaluate what a component names only where it is shown", async () => {
    const { prompts } = await lower({
      "p.mdx":
        "export const Card = ({ user }) => { const n = user.name.length; return <b>{n} {n}</b>; };\n\n{props.user ? <Card user={props.user} /> : null}\n",
    });
    expect(prompts.get("p")).toContain("const n = () => ");
  });

  it("are the same wherever a helper stands", async () => {
    const card = "export const Card = ({ t }) => <b>{t}</b>;";
    const use = "\n\n<Card t={props.t} />\n";
    const here = await lower({ "p.mdx": card + use });
    const there = await lower({ "p.mdx": `import { Card } from "./card.jsx";${use}`, "card.jsx": card });
    expect(there.problems).toEqual([]);
    expect(there.prompts).toEqual(here.prompts);
  });

  it.each([
    ["a name that nothing gives", { "p.mdx": "Hi {name}" }, "SM116", 4],
    ["an open brace", { "p.mdx": "Hi {props.x" }, "SM116", undefined],
    ["an open tag where it stands", { "p.mdx": "Hi\n\nall <benefit> there" }, "SM116", 8],
    [
      "an open tag behind others, in text with one kind of line ends",
      { "p.mdx": "Hi\r\n\r\n<a>x</a> and\r\n<b> there" },
      "SM116",
      17,
    ],
    ["broken code", { "p.mdx": "a\n\n{props..x}" }, "SM116", undefined],
    ["a component that is nowhere", { "p.mdx": "<Unknown />" }, "SM116", 0],
    ["await", { "p.mdx": "{await props.x}" }, "SM103", undefined],
    ["itself", { "p.mdx": 'import P from "./p.mdx"\n\n<P />' }, "SM116", 0],
    [
      "each other",
      { "p.mdx": 'import Q from "./q.mdx"\n\n<Q />', "q.mdx": 'import P from "./p.mdx"\n\n<P />' },
      "SM116",
      0,
    ],
    ["an import that leads nowhere", { "p.mdx": 'import X from "./none.mdx"\n\n<X />' }, "SM104", undefined],
    ["a default export that is no function", { "p.mdx": "export default 'text'" }, "SM116", 0],
    [
      "an async component",
      { "p.mdx": "export default async function P() { return 'x'; }" },
      "SM116",
      undefined,
    ],
    ["megabytes", { "p.mdx": "- **a** `b`\n".repeat(400_000) }, "SM116", 0],
  ])("report %s", async (_, files, code, start) => {
    const { problems } = await lower(files);
    expect(problems.filter((p) => p.severity === "error").map((p) => p.code)).toContain(code);
    const [first] = problems;
    if (start !== undefined) expect(first?.span?.start).toBe(start);
  });
});
