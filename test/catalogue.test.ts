/**
 * What the catalogue shows is true: every example is reported under its code, what to use instead is not, and a comment
 * silences what may be silenced. Each code has a module around its snippets here; `…` of the documents stands for
 * something that is fine.
 */
import path from "node:path";
import { describe, expect, it } from "vitest";
import { type BuildResult, build, isFirm, loadCatalogue, locate, memoryHost } from "../compiler/index.ts";

interface Around {
  /** Module level. */
  readonly top?: string;
  /** Statements of the workflow function. */
  readonly body?: string;
  /** Elements before the snippet. */
  readonly before?: string;
  /** Instead of a task, where the snippet holds statements only. */
  readonly tree?: string;
  /** Beside the task that stands for `…` in a container. */
  readonly inner?: string;
  /** Behind the snippet, at module level. */
  readonly tail?: (snippet: string) => string;
  /** The snippet is a file of this name. */
  readonly as?: string;
  readonly expand?: (snippet: string) => string;
  readonly files?: { readonly [path: string]: string };
}

/** Where a snippet stands. */
type Kind = "elements" | "module" | "agent" | "field" | "expression";

const HEAD = `import { AnthropicAgent, ClaudeCodeAgent, createSmithers } from "smithers";
import { z } from "zod";
const item = z.object({ id: z.string(), text: z.string(), open: z.boolean() });
const { Workflow, Sequence, Parallel, Loop, Task, Timer, Switch, Case, smithers, outputs } = createSmithers({
  input: z.object({
    day: z.string(), directory: z.string(), name: z.string(), topic: z.string(), fast: z.boolean(),
    mode: z.enum(["fast", "deep"]), levels: z.array(z.number()), url: z.string(),
    props: z.object({ retries: z.number() }), items: z.array(item), bugs: z.array(item), ideas: z.array(item),
  }),
  a: z.string(), b: z.string(), x: z.object({ text: z.string() }), y: z.object({ text: z.string() }),
  analysis: z.object({ severity: z.enum(["low", "high"]) }),
  report: z.object({ text: z.string() }), page: z.object({ text: z.string() }), text: z.object({ text: z.string() }),
  fix: z.object({ patch: z.string() }), ship: z.object({ url: z.string() }), plan: z.object({ steps: z.array(z.string()) }),
  review: z.object({
    approved: z.boolean(), notes: z.string().optional(), findings: z.array(z.object({ title: z.string() })),
  }),
  issue: z.object({ open: z.boolean() }), branch: z.object({ branch: z.string() }),
  done: z.object({ log: z.string().optional(), ok: z.boolean().optional() }),
});
const w = new AnthropicAgent({ model: "claude-sonnet-4-5" });
const [writer, agent, coder] = [w, w, w];
const claude = new ClaudeCodeAgent({ model: "sonnet", yolo: false });
`;
const taskOf = (id: string, output: string): string =>
  `<Task id="${id}" output={outputs.${output}} agent={w}>x</Task>`;
const task = (prompt: string): string =>
  `<Task id="t" output={outputs.x} agent={w} timeoutMs={1000}>${prompt}</Task>`;
const flow = (prompt = "x"): string =>
  `export default smithers((ctx) => <Workflow name="w">${task(prompt)}</Workflow>);`;
const REVIEW = taskOf("review", "review");
const ANALYZE = taskOf("analyze", "analysis");
const DONE = `const done = ctx.outputs.issue.length > 3; const ready = done;`;
const PICKS = {
  "package.json": '{"dependencies":{"picks":"1"}}',
  "package-lock.json": '{"lockfileVersion":3,"packages":{"node_modules/picks":{"version":"1.0.0"}}}',
};

const CASES: { readonly [code: string]: readonly [kind: Kind, around?: Around] } = {
  SM101: [
    "elements",
    {
      top: `import { pick } from "picks";\nconst Fast = () => <Workflow name="w">${task("x")}</Workflow>;\nconst Slow = Fast;`,
      files: PICKS,
    },
  ],
  SM102: ["elements", { top: 'import { useState } from "react";', inner: taskOf("check", "review") }],
  SM103: [
    "elements",
    {
      top: 'import { fetchText } from "./fetch.ts";',
      body: "const { url } = ctx.input;",
      files: { "fetch.ts": "export const fetchText = async (url: string) => (await fetch(url)).text();" },
    },
  ],
  SM104: [
    "module",
    {
      tail: () => flow('{slug("a")}'),
      files: { "utils/slug.ts": "export const slug = (text: string) => text;" },
    },
  ],
  SM105: ["module"],
  SM106: ["elements", { body: "const { levels } = ctx.input;", tree: "<Tree n={0} />" }],
  SM107: ["elements"],
  SM108: [
    "module",
    {
      as: "code.ts",
      expand: (text) => `const fetchAll = async () => ({ text: "x" });\n${text}`,
      top: `import { run } from "./code.ts";\nexport default smithers(() => <Workflow name="w"><Task id="t" output={outputs.x}>{() => run()}</Task></Workflow>);`,
      files: { "install-polyfills.ts": "export const install = () => {};" },
    },
  ],
  SM109: ["elements", { body: "const { items } = ctx.input;" }],
  SM110: ["module", { tail: () => flow("{a}") }],
  SM112: [
    "module",
    {
      expand: (text) => text.replace("/* a thousand more */", `${"[".repeat(3000)}${"]".repeat(3000)}`),
      tail: () => flow("{JSON.stringify(a)}"),
    },
  ],
  SM113: ["module"],
  SM114: [
    "module",
    {
      expand: (text) =>
        text
          .replace(/\n\/\/ b\.tsx[\s\S]*$/, "")
          .replaceAll("=> …", `=> <Workflow name="w">${task("x")}</Workflow>`),
    },
  ],
  SM115: [
    "module",
    {
      tail: (text) => flow(`{JSON.stringify(${/import (\w+)/.exec(text)![1]})}`),
      files: { "data.json": "{}", "../etc/passwd.json": "{}" },
    },
  ],
  SM117: ["elements", { top: "const fn = () => {};" }],
  SM118: [
    "elements",
    {
      top: 'const PARTS = ["a"];',
      body: 'const parts: string[] = []; const next = () => "x"; const use = (part: string) => parts.push(part);',
      tree: task("{parts.join()}"),
    },
  ],
  SM119: ["elements"],
  SM201: ["elements"],
  SM202: [
    "elements",
    {
      before: REVIEW,
      body: 'const open = (ctx.outputMaybe("review", { nodeId: "review" })?.findings ?? []).map((row) => ({ id: row.title, text: row.title })).filter((it) => !ctx.outputs.fix.some((row) => row.patch === it.id));',
    },
  ],
  SM203: ["elements"],
  SM205: ["elements", { body: DONE }],
  SM301: ["expression", { before: ANALYZE }],
  SM302: ["elements"],
  SM303: ["expression", { before: ANALYZE }],
  SM304: ["elements"],
  SM305: ["elements", { before: REVIEW }],
  SM306: ["elements"],
  SM307: ["elements", { inner: REVIEW }],
  SM308: [
    "elements",
    { body: 'const analysis = ctx.outputMaybe("analysis", { nodeId: "analyze" });', before: ANALYZE },
  ],
  SM309: ["elements"],
  SM310: ["elements", { before: ANALYZE }],
  SM401: ["elements", { before: taskOf("issue", "issue") }],
  SM402: ["elements", { body: "const { mode } = ctx.input;" }],
  SM403: ["elements", { before: taskOf("first-review", "review") }],
  SM404: ["elements", { body: DONE }],
  SM405: ["elements", { body: "const { bugs, ideas } = ctx.input;" }],
  SM406: ["elements", { body: "const row = ctx.outputs.plan[0];" }],
  SM407: ["elements", { body: "const ticket = { kind: ctx.input.topic };" }],
  SM501: ["elements"],
  SM502: ["elements"],
  SM503: ["elements"],
  SM504: ["elements", { top: 'import fs from "node:fs";', body: "const text = ctx.input.topic;" }],
  SM505: [
    "module",
    { tail: (text) => flow(text.includes("settings") ? "{settings.REGION}" : "{REGION} {STAGE}") },
  ],
  SM506: ["elements"],
  SM507: ["elements"],
  SM508: ["elements", { before: taskOf("other", "review") }],
  SM509: [
    "elements",
    {
      top: 'import { notify } from "./notify.ts";',
      files: { "notify.ts": "export const notify = async (url: string) => { await fetch(url); };" },
    },
  ],
  SM510: [
    "module",
    {
      top: 'import { readFileSync } from "node:fs";',
      tail: () => `return <Workflow name="w">${task("{notes}")}</Workflow>; });`,
    },
  ],
  SM601: ["field"],
  SM602: ["field"],
  SM603: ["field"],
  SM604: [
    "module",
    {
      expand: (text) =>
        `const report = z.object({ text: z.string() });\nconst own = createSmithers({ first: report, second: report });\nexport default own.smithers(() => <Workflow name="w">${text.replace(/^createSmithers.*\n/, "").replaceAll("outputs.", "own.outputs.")}</Workflow>);`,
    },
  ],
  SM701: [
    "elements",
    {
      top: 'import { execFileSync, execSync } from "node:child_process";',
      body: 'const plan = ctx.output("branch", { nodeId: "branch" });',
      before: taskOf("branch", "branch"),
    },
  ],
  SM702: ["agent"],
  SM703: ["agent"],
  SM704: ["agent", { top: 'import { log, pickModel } from "picks";', files: PICKS }],
  SM705: ["elements", { body: 'const review = ctx.output("review", { nodeId: "review" });', before: REVIEW }],
  SM706: [
    "elements",
    { body: 'const review = ctx.outputMaybe("review", { nodeId: "review" });', before: REVIEW },
  ],
  SM707: [
    "elements",
    {
      body: 'const list = [{ id: "draft", agent: claude }, { id: "check", agent: w }].filter((it) => it.id !== ctx.input.name);',
      expand: (text) => (text.includes("const steps") ? text : `const steps = list;\n${text}`),
    },
  ],
  SM708: [
    "module",
    {
      top: 'import { read, write } from "smithers/tools";',
      expand: (text) =>
        text.replace(
          /<Task.*/,
          (made) => `export default smithers(() => (<Workflow name="w">${made}</Workflow>));`,
        ),
    },
  ],
  SM801: ["elements"],
  SM804: [
    "module",
    {
      expand: (text) =>
        `const a = w;\nimport { UI } from "smithers";\nexport default smithers(() => (${text}));`,
      files: { "page.tsx": "" },
    },
  ],
};
/** They are of the command line, of a whole project or of a prompt file; their fixtures and suites show them. */
const ELSEWHERE: ReadonlySet<string> = new Set(["SM111", "SM116", "SM802", "SM803"]);

/** A task of its own for each `…` in a container; the rest is text. */
function filled(snippet: string, { inner = "", expand = (text) => text }: Around): string {
  let n = 0;
  return expand(snippet)
    .replaceAll(/(<(?:Loop|Sequence|Workflow)\b[^\n…<]*>)…(<\/)/g, (_, open: string, close: string) => {
      n++;
      return `${open}${taskOf(`inner-${n}`, "fix")}${inner}${close}`;
    })
    .replaceAll("…", "x");
}

function moduleOf(kind: Kind, snippet: string, around: Around): string {
  const { top = "", body = "", before = "", tree = task("x"), tail = () => "" } = around;
  const withTree = (statements: string, elements: string): string =>
    `${HEAD}${top}\nexport default smithers((ctx) => {\n${body}\n${statements}\nreturn (\n<Workflow name="w">${before}\n${elements}\n</Workflow>);\n});\n`;
  switch (kind) {
    case "elements": {
      if (/^\s*return /m.test(snippet))
        return `${HEAD}${top}\nexport default smithers((ctx) => {\n${body}\n${snippet}\n});\n`;
      const at = snippet.search(/^[{<]/m);
      return at < 0 ? withTree(snippet, tree) : withTree(snippet.slice(0, at), snippet.slice(at));
    }
    case "module":
      return `${HEAD}${top}\n${snippet}\n${tail(snippet)}\n`;
    case "agent":
      return withTree("", task("x").replace("{w}", "{made}")).replace(
        "export default",
        `const made = ${snippet.replace(/\/\/.*$/, "")};\nexport default`,
      );
    case "field": {
      const field = snippet.startsWith("z.") ? `field: ${snippet}` : snippet;
      return `${HEAD}const own = createSmithers({ x: z.object({ ${field} }) });\nexport default own.smithers(() => <Workflow name="w">${task("x").replace("outputs", "own.outputs")}</Workflow>);\n`;
    }
    case "expression":
      return withTree("", task(`{${snippet}}`));
    default:
      return kind satisfies never;
  }
}

const snippetOf = (markdown: string): string => /```tsx\n([\s\S]*?)\n```/.exec(markdown)?.[1] ?? "";

type Files = { readonly [name: string]: string };

function filesOf(code: string, part: "example" | "instead"): Files {
  const [kind, around = {}] = CASES[code]!;
  const text = filled(snippetOf(catalogue.get(code)![part]), around);
  const { as, files = {} } = around;
  if (as === undefined) return { ...files, "main.tsx": moduleOf(kind, text, around) };
  return { ...files, [as]: text, "main.tsx": moduleOf("module", "", around) };
}

function compile(files: Files): Promise<BuildResult> {
  const all = Object.entries({ "package.json": "{}", ...files });
  const host = memoryHost(Object.fromEntries(all.map(([name, text]) => [path.join("/p", name), text])));
  return build("/p/main.tsx", { root: "/p", host });
}

const catalogue = await loadCatalogue();
const of = ({ diagnostics }: BuildResult, code: string) => diagnostics.filter((d) => d.code === code);
const told = ({ diagnostics }: BuildResult): string =>
  diagnostics.map(({ code, severity, message }) => `${severity} ${code} ${message}`).join("\n");
const SOFT = Object.keys(CASES).filter((code) => !isFirm(code) && !code.startsWith("SM8"));

describe("the catalogue", () => {
  it("has a case here for every code", () => {
    expect([...Object.keys(CASES), ...ELSEWHERE].sort()).toEqual([...catalogue.keys()].sort());
  });

  it.each(Object.keys(CASES))("%s: the example is reported", async (code) => {
    const result = await compile(filesOf(code, "example"));
    expect(of(result, code), told(result)).not.toEqual([]);
    // A lint of the whole is shown by a workflow that builds, or fails for nothing else.
    const others = result.diagnostics.filter((d) => d.severity === "error" && d.code !== code);
    expect(SOFT.includes(code) ? others : []).toEqual([]);
  });

  it.each(Object.keys(CASES))("%s: what to use instead builds, and is not", async (code) => {
    const result = await compile(filesOf(code, "instead"));
    expect(of(result, code)).toEqual([]);
    expect(told(result)).not.toContain("error ");
  });

  it.each(SOFT)("%s: a comment with a reason silences the example", async (code) => {
    let files = filesOf(code, "example");
    for (let n = 0; n < 4; n++) {
      const result = await compile(files);
      const [found] = of(result, code);
      if (!found) {
        expect(of(result, "SM801"), told(result)).toEqual([]);
        expect(n).toBeGreaterThan(0);
        return;
      }
      const { path: name, line } = locate(result.sources, found.span!);
      const lines = files[name]!.split("\n");
      const isTree = /^\s*[<{(]/.test(lines[line - 1]!) && !/^\s*return/.test(lines[line - 2] ?? "");
      const comment = `smithers-ignore ${code}: shown on purpose`;
      lines.splice(line - 1, 0, isTree ? `{/* ${comment} */}` : `// ${comment}`);
      files = { ...files, [name]: lines.join("\n") };
    }
    expect.fail("no comment silences it");
  });
});
