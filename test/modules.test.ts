/** Code of a workflow through a build and a real worker: what JavaScript gives is what the task gives. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { build } from "../compiler/index.ts";
import type { Json, Plan } from "../plan/types.ts";
import { type EventRecord, parseScript, run } from "../runtime/index.ts";

const base = mkdtempSync(path.join(os.tmpdir(), "smithers-modules-"));
afterAll(() => rmSync(base, { recursive: true, force: true }));
let projects = 0;

function project(files: Record<string, string>): string {
  const root = path.join(base, `p${projects++}`);
  for (const [file, text] of Object.entries({ "package.json": "{}", ...files })) {
    mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
    writeFileSync(path.join(root, file), text);
  }
  return root;
}

/** One task a body: `v` of its row is what the body gives. */
function workflow(top: string, bodies: readonly string[]): string {
  const tasks = bodies.map((body, i) => `<Task id="t${i}" output={outputs.row} retries={0}>{${body}}</Task>`);
  return `import { createSmithers } from "smithers";
import { z } from "zod";
${top}
const { Workflow, Task, Sequence, smithers, outputs } = createSmithers({ row: z.object({ v: z.any() }) });
export default smithers((ctx) => (<Workflow name="w"><Sequence>${tasks.join("\n")}</Sequence></Workflow>));
`;
}

async function planOf(root: string): Promise<Plan> {
  const { plan, diagnostics } = await build(path.join(root, "workflow.tsx"));
  expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
  return plan!;
}

async function results(files: Record<string, string>): Promise<readonly Json[]> {
  const root = project(files);
  const result = await run(await planOf(root), { root });
  expect(result).toMatchObject({ status: "finished" });
  return (result.outputs.row ?? []).map((row) => (row as unknown as { readonly v: Json }).v);
}

describe("names of a module's own", () => {
  it("give way to those of the source", async () => {
    const text = `import { createSmithers } from "smithers";
import { z } from "zod";
const { Workflow, Task, Sequence, smithers, outputs } = createSmithers({ row: z.object({ v: z.any() }) });
const task = (n: number) => n + 1;
const ctx = { input: "of the module" };
const _captures = "mine";
export default smithers((c) => {
  const run = c.outputMaybe(outputs.row, { nodeId: "first" });
  return <Workflow name="w"><Sequence>
    <Task id="first" output={outputs.row}>{() => ({ v: [task(1), ctx.input, _captures] })}</Task>
    {run ? <Task id="second" output={outputs.row}>{() => ({ v: [run.v, task(2), ctx.input, c.runId.length > 0] })}</Task> : null}
  </Sequence></Workflow>;
});
`;
    expect(await results({ "workflow.tsx": text })).toEqual([
      [2, "of the module", "mine"],
      [[2, "of the module", "mine"], 3, "of the module", true],
    ]);
  });
});

describe("commands of a CheckSuite", () => {
  it("are run, and one that fails is a result of which the verdict knows", async () => {
    const text = `import { CheckSuite, createSmithers } from "smithers";
import { z } from "zod";
const { Workflow, smithers, outputs } = createSmithers({ row: z.looseObject({ passed: z.boolean() }) });
export default smithers((ctx) => (<Workflow name="w">
  <CheckSuite checks={[
    { id: "good", command: "echo fine" },
    { id: "bad", command: "exit 3" },
    { id: "slow", command: "sleep 30", timeoutMs: 100 },
  ]} verdictOutput={outputs.row} strategy="any-pass" />
</Workflow>));
`;
    const root = project({ "workflow.tsx": text });
    const { outputs } = await run(await planOf(root), { root });
    const rows = new Map((outputs.row ?? []).map((row) => [row.nodeId, row]));
    const [good, bad, slow, verdict] = ["good", "bad", "slow", "verdict"].map((id) =>
      rows.get(`checksuite-${id}`),
    );
    expect(good).toMatchObject({ passed: true, exitCode: 0, stdout: "fine\n" });
    expect(bad).toMatchObject({ passed: false, exitCode: 3 });
    expect(slow).toMatchObject({ passed: false, exitCode: null, signal: "SIGTERM" });
    const results = { good: true, bad: false, slow: false };
    expect(verdict).toMatchObject({ passed: true, passCount: 1, total: 3, strategy: "any-pass", results });
  });
});

describe("a function of deps that does something", () => {
  it("runs once, as code, when its task starts", async () => {
    const text = `import { appendFileSync, readFileSync } from "node:fs";
import { createSmithers } from "smithers";
import { z } from "zod";
const { Workflow, Task, smithers, outputs } = createSmithers({ row: z.object({ v: z.any() }) });
async function post(v: unknown) { return { v: [v, "posted"] }; }
export default smithers((ctx) => (
  <Workflow name="w">
    <Task id="a" output={outputs.row}>{{ v: 1 }}</Task>
    <Task id="b" output={outputs.row} deps={{ a: outputs.row }}>{(deps) => post(deps.a.v)}</Task>
    <Task id="c" output={outputs.row} deps={{ b: outputs.row }}>{({ b }) => {
      appendFileSync("log.txt", String(b.v[1]));
      return { v: [readFileSync("log.txt", "utf8"), Math.random() < 1] };
    }}</Task>
    <Task id="d" output={outputs.row} deps={{ c: outputs.row }}>{({ c }) => ({ v: c.v.length })}</Task>
  </Workflow>
));
`;
    expect(await results({ "workflow.tsx": text })).toEqual([1, [1, "posted"], ["posted", true], 2]);
  });
});

describe("statements of a file that do nothing when it is imported", () => {
  it("are no effects that a compute function may need", async () => {
    const files = {
      "helper.ts": `import { unused } from "./unused";
"use strict";
void unused;
export const twice = (n: number) => n * 2;
if (import.meta.main) {
  console.log(twice(1));
  process.exit(1);
}
if (require.main === module) process.exit(1);
`,
      "unused.ts": "export const unused = 1;",
      "workflow.tsx": workflow('import { twice } from "./helper";', ["async () => ({ v: twice(4) })"]),
    };
    expect(await results(files)).toEqual([8]);
  });
});

describe("what a compute function writes", () => {
  it("is its own copy, and no rendering can see it", async () => {
    const text = `import { createSmithers } from "smithers";
import { z } from "zod";
const { Workflow, Task, Sequence, smithers, outputs } = createSmithers({ row: z.object({ v: z.any() }) });
const tidy = (list: number[], note: string[]) => { note.push("sorted"); return list.sort(); };
export default smithers((ctx) => {
  const first = ctx.outputMaybe(outputs.row, { nodeId: "first" });
  const notes: string[] = [];
  let state = { n: 0 };
  return <Workflow name="w"><Sequence>
    <Task id="first" output={outputs.row}>{() => ({ v: [3, 1, 2] })}</Task>
    {first ? <Task id="second" output={outputs.row}>{async () => {
      state = { n: state.n + 1 };
      state.n += 1;
      const sorted = tidy(first.v, notes);
      return { v: { sorted, notes, state } };
    }}</Task> : null}
    {first ? <Task id="third" output={outputs.row}>{() => ({ v: [first.v, notes, state] })}</Task> : null}
  </Sequence></Workflow>;
});
`;
    expect(await results({ "workflow.tsx": text })).toEqual([
      [3, 1, 2],
      { sorted: [1, 2, 3], notes: ["sorted"], state: { n: 2 } },
      [[3, 1, 2], [], { n: 0 }],
    ]);
  });
});

describe("forms of code in a module", () => {
  it("are what JavaScript has: classes, generators, this, state, JSON, re-exports, packages", async () => {
    const files = {
      "package-lock.json": JSON.stringify({ packages: { "node_modules/plus": { version: "1.0.0" } } }),
      "node_modules/plus/package.json":
        '{ "name": "plus", "version": "1.0.0", "type": "module", "exports": "./i.js" }',
      "node_modules/plus/i.js": "export default (a, b) => a + b; export const name = 'plus';",
      "data.json": '{ "list": [1, 2], "deep": { "x": null } }',
      "a.ts":
        'export * from "./b"; export { hidden as shown } from "./b"; export { default as thing } from "./c";',
      "b.ts": 'export const one = 1; export const hidden = "h"; export { two } from "./c";',
      "c.ts": "export const two = 2; export default class Thing { kind = 'thing'; }",
      "workflow.tsx": workflow(
        `import data from "./data.json";
import plus, { name as plusName } from "plus";
import { one, shown, two, thing as Thing } from "./a";

class Counter {
  static made = 0;
  #n: number;
  constructor(n: number) { this.#n = n; Counter.made++; }
  get n() { return this.#n; }
  add(by: number): this { this.#n += by; return this; }
}
class Loud extends Counter { toString() { return \`n=\${this.n}!\`; } }
function* upTo(n: number): Generator<number> { for (let i = 0; i < n; i++) yield i; }
async function* slowly(items: string[]) { for (const item of items) { await null; yield item; } }
let calls = 0;
const next = () => ++calls;
const tool = { base: 10, times(n: number) { return this.base * n; } };
function old(this: { k: string }) { return this.k; }
`,
        [
          "() => ({ v: [String(new Loud(1).add(2)), Counter.made, new Loud(1) instanceof Counter] })",
          "async () => { const all: string[] = []; for await (const s of slowly(['a', 'b'])) all.push(s); return { v: [...upTo(3), ...all] }; }",
          "() => ({ v: [tool.times(3), old.call({ k: 'this' })] })",
          "() => { next(); return { v: next() }; }",
          "() => ({ v: data })",
          "() => ({ v: [plus(1, 2), plusName] })",
          "() => ({ v: [one, two, shown, new Thing().kind] })",
        ],
      ),
    };
    expect(await results(files)).toEqual([
      ["n=3!", 1, true],
      [0, 1, 2, "a", "b"],
      [30, "this"],
      2,
      { list: [1, 2], deep: { x: null } },
      [3, "plus"],
      [1, 2, "h", "thing"],
    ]);
  });
});

describe("files that are no code", () => {
  const IMPORTS = `import data, { a, none } from "./data.json";
import * as all from "./data.json";
import note from "./note.md" with { type: "text" };
import raw from "./raw.json" with { type: "text" };`;
  const OTHERS = {
    "data.json": '{ "a": [1], "b": { "c": 2 } }',
    "note.md": "# Note {x}\r\n",
    "raw.json": '{ "not": "read" }',
  };

  it("give code what they hold: their members by name, the whole, a text", async () => {
    const text = workflow(IMPORTS, [
      "async () => ({ v: [data, a, none === undefined, all.b, all.default, note, raw] })",
    ]);
    const data = { a: [1], b: { c: 2 } };
    expect(await results({ ...OTHERS, "workflow.tsx": text })).toEqual([
      [data, [1], true, { c: 2 }, data, "# Note {x}\n", '{ "not": "read" }'],
    ]);
  });

  it("give prompts the same", async () => {
    const text = workflow(IMPORTS, ["{ v: [a, all.b, all.default.a, note, raw] }"]);
    expect(await results({ ...OTHERS, "workflow.tsx": text })).toEqual([
      [[1], { c: 2 }, [1], "# Note {x}\n", '{ "not": "read" }'],
    ]);
  });

  it("are imported as text and as JSON, and in one way in a file", async () => {
    const imports = `import a from "./note.md" with { type: "bytes" };
import b from "./raw.json";
import c from "./raw.json" with { type: "text" };`;
    const root = project({ ...OTHERS, "workflow.tsx": workflow(imports, ["{ v: [a, b, c] }"]) });
    const { diagnostics } = await build(path.join(root, "workflow.tsx"));
    expect(diagnostics.filter((d) => d.severity === "error").map((d) => `${d.code} ${d.message}`)).toEqual([
      "SM104 `./note.md` is imported as `bytes`, which a workflow can't do.",
      "SM104 `./raw.json` is imported in two ways.",
    ]);
  });
});

describe("what a module was when it had been loaded", () => {
  it("is what a function sees of it, whatever kind of statement did it", async () => {
    const files = {
      "state.ts":
        "export let count = 0; export const bump = () => { count += 1; }; export const log: string[] = [];",
      "workflow.tsx": workflow(
        `import * as state from "./state";
import path from "node:path";
const HERE = import.meta.dirname;
const FILE = path.join(HERE, "prompts", "a.md");
const below = async (name: string) => path.relative(HERE, path.join(FILE, "..", name));
const LIST = [1];
const size = LIST.push(2);
const MAP = new Map<string, number>();
const same = MAP.set("a", 1);
const add = (list: number[], n: number) => { list.push(n); return n; };
const three = add(LIST, 3);
class Registry { names: string[] = []; add(name: string) { this.names.push(name); return this; } }
const registry = new Registry();
const added = registry.add("one");
let turns = 0;
const times = (n: number) => () => ({ v: n * 2 });`,
        [
          "() => ({ v: [LIST, [...MAP], registry.names] })",
          "() => { state.bump(); state.bump(); return { v: state.count }; }",
          "() => { turns += 1; return { v: turns }; }",
          "times(4)",
          "async () => ({ v: [path.basename(HERE) !== 'modules', FILE === path.join(HERE, 'prompts', 'a.md')] })",
          "async () => ({ v: await below('b.md') })",
          "async () => ({ v: (await import('node:path')).basename('/a/b') + require('node:path').basename('/c') })",
        ],
      ),
    };
    expect(await results(files)).toEqual([
      [[1, 2, 3], [["a", 1]], ["one"]],
      2,
      1,
      8,
      [true, true],
      "prompts/b.md",
      "bc",
    ]);
  });

  it("is worked out without the values that only other code asks for", async () => {
    const files = {
      "workflow.tsx": workflow(
        "const started = await Promise.resolve(3);\nconst LIST = [1];\nLIST.push(2);",
        ["async () => ({ v: [started, LIST] })"],
      ),
    };
    expect(await results(files)).toEqual([[3, [1, 2]]]);
  });
});

describe("digest and artifact", () => {
  const source = workflow("const LIMIT: number = 3;\nconst twice = (n: number) => n * 2;", [
    "() => ({ v: twice(LIMIT) })",
  ]);
  const moduleOf = async (root: string) => Object.values((await planOf(root)).modules)[0]!;

  it("are the same in another directory and with Windows line endings, maps included", async () => {
    const one = await planOf(project({ "workflow.tsx": source }));
    const two = await planOf(project({ "workflow.tsx": source.replaceAll("\n", "\r\n") }));
    expect(JSON.stringify(two)).toBe(JSON.stringify(one));
    expect(Object.keys(one.maps ?? {})).toHaveLength(1);
  });

  it("tell an edit from other bytes of the same code: a comment in the bundle is none of the digest's business", async () => {
    const one = await moduleOf(project({ "workflow.tsx": source }));
    const two = await moduleOf(
      project({ "workflow.tsx": source.replace(": number = 3", " = /* three */ 3") }),
    );
    const other = await moduleOf(project({ "workflow.tsx": source.replace("= 3", "= 4") }));
    expect(two.digest).toBe(one.digest);
    expect(two.artifact).not.toBe(one.artifact);
    expect(other.digest).not.toBe(one.digest);
  });
});

describe("tools of agents", () => {
  const agents = (
    rate: string,
    order: string,
  ): string => `import { AnthropicAgent, createSmithers, defineTool } from "smithers";
import { z } from "zod";
const { Workflow, Task, smithers, outputs } = createSmithers({ row: z.object({ v: z.string() }) });
const rates = { eur: ${rate} };
const convert = defineTool({ name: "convert", description: "c", schema: z.object({ n: z.number() }), execute: async ({ n }) => n * rates.eur });
const now = defineTool({ name: "now", description: "n", schema: z.object({}), execute: async () => "now" });
const agent = new AnthropicAgent({ model: "m", tools: { ${order} } });
export default smithers(() => <Workflow name="w"><Task id="a" output={outputs.row} agent={agent} timeoutMs={1000}>x</Task></Workflow>);
`;
  const lock = JSON.stringify({ packages: { "node_modules/zod": { version: "4.6.7" } } });
  const planWith = (text: string) => planOf(project({ "workflow.tsx": text, "package-lock.json": lock }));

  it("count for the digest by their code, not by their order", async () => {
    const one = await planWith(agents("2", "convert, now"));
    expect(one.digest).toBe((await planWith(agents("2", "now, convert"))).digest);
    expect(one.digest).not.toBe((await planWith(agents("3", "convert, now"))).digest);
    expect(one.modules["agent.tools.convert"]!.code.join("\n")).toContain("n * rates.eur");
  });

  it("run their code when an agent calls them", async () => {
    const plan = await planWith(agents("2", "convert"));
    symlinkSync(path.resolve(import.meta.dirname, "../node_modules"), path.join(base, "node_modules"));
    const calls = [{ name: "convert", input: { n: 21 } }, { name: "convert" }];
    const script = parseScript({ answers: [{ node: "a", tools: calls, reply: { v: "x" } }] });
    const told: unknown[] = [];
    const onEvent = ({ type, data }: EventRecord) => type === "tool.finished" && told.push(data.output);
    expect(await run(plan, { root: base, script, onEvent })).toMatchObject({ status: "finished" });
    expect(told).toEqual([42, expect.stringContaining("The input of convert is not right")]);
  });

  it("that the library would make from settings are refused, before anything starts", async () => {
    const made = agents("2", "convert, shop: createHttpTool({ name: 'shop' })").replace(
      "defineTool }",
      "createHttpTool, defineTool }",
    );
    await expect(run(await planWith(made), { root: base })).rejects.toThrow('"made-tools" (agent agent)');
  });
});
