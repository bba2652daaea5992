/** What a build promises whatever the workflow: same bytes anywhere, digests of the meaning only, a diagnostic for anything bad. */

import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { formatPlan } from "../plan/index.ts";
import type { Plan } from "../plan/types.ts";
import { cpuMs } from "../test/cpu.ts";
import { build, check, MESSAGES, memoryHost } from "./index.ts";

const FIXTURES = path.resolve(import.meta.dirname, "../fixtures/compile");
const temporary: string[] = [];

afterAll(() => {
  for (const dir of temporary) rmSync(dir, { recursive: true, force: true });
});

function filesOf(name: string): Record<string, string> {
  const root = path.join(FIXTURES, name);
  const files: Record<string, string> = {};
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath, entry.name);
    if (entry.isFile() && entry.name !== "plan.json")
      files[path.relative(root, file).split(path.sep).join("/")] = readFileSync(file, "utf8");
  }
  return files;
}

async function planOf(files: Record<string, string>, at = "/p"): Promise<Plan> {
  const host = memoryHost(Object.fromEntries(Object.entries(files).map(([f, text]) => [`${at}/${f}`, text])));
  const { plan, diagnostics } = await build(`${at}/workflow.tsx`, { root: at, host });
  expect(diagnostics.filter((d) => d.severity === "error")).toEqual([]);
  return plan!;
}

const CASES = ["two-tasks", "compute", "prompts", "agents", "reads-that-exist"];

describe("the same sources", () => {
  it.each(CASES)("give the same bytes in any directory: %s", async (name) => {
    const one = mkdtempSync(path.join(os.tmpdir(), "build-a-"));
    const two = path.join(mkdtempSync(path.join(os.tmpdir(), "build-another-")), "deeper");
    temporary.push(one, path.dirname(two));
    const plans: string[] = [];
    for (const dir of [one, two]) {
      cpSync(path.join(FIXTURES, name), dir, { recursive: true });
      const { plan } = await build(path.join(dir, "workflow.tsx"), { root: dir });
      plans.push(formatPlan(plan!));
    }
    expect(plans[0]).toBe(plans[1]);
    expect(plans[0]).not.toContain(one);
  });

  it.each(CASES)("give the same bytes with Windows line endings and a byte order mark: %s", async (name) => {
    const files = filesOf(name);
    const windows = Object.fromEntries(
      Object.entries(files).map(([file, text]) => [
        file,
        `${file.endsWith(".tsx") ? "\ufeff" : ""}${text.replace(/\n/g, "\r\n")}`,
      ]),
    );
    expect(formatPlan(await planOf(windows))).toBe(formatPlan(await planOf(files)));
  });
});

describe("digests", () => {
  const change = (files: Record<string, string>, file: string, from: string | RegExp, to: string) => {
    const text = files[file]!.replace(from, to);
    expect(text).not.toBe(files[file]);
    return { ...files, [file]: text };
  };

  it("are blind to comments, but the integrity and the sources are not", async () => {
    const files = filesOf("compute");
    const before = await planOf(files);
    const after = await planOf({
      ...change(files, "workflow.tsx", "export default", "// what it does\nexport default"),
      "work.ts": `/* a note */\n${files["work.ts"]}`,
    });
    expect(after.digest).toBe(before.digest);
    expect(after.sources).not.toEqual(before.sources);
  });

  it("are blind to names of locals, parameters and helpers, and to the file a helper stands in", async () => {
    const files = filesOf("compute");
    const before = await planOf(files);
    const renamed = change(files, "work.ts", /describe|once|\bgoal\b/g, "$&Renamed");
    const moved = {
      ...change(
        renamed,
        "workflow.tsx",
        'import { describe } from "./work"',
        'import { describe } from "./lib/all"',
      ),
      "lib/all.ts": 'export { describeRenamed as describe } from "../work";',
    };
    expect((await planOf(moved)).digest).toBe(before.digest);
  });

  it("see another prompt in that task's behaviour and nowhere else", async () => {
    const files = filesOf("reads-that-exist");
    const before = await planOf(files);
    const after = await planOf(change(files, "workflow.tsx", ">x</Task>", ">y</Task>"));
    const changed = Object.keys(before.nodes).flatMap((key) =>
      (["identity", "interface", "behaviour", "policy"] as const)
        .filter((facet) => before.nodes[key]!.digests[facet] !== after.nodes[key]!.digests[facet])
        .map((facet) => `${key} ${facet}`),
    );
    expect(changed).toEqual(["analyze behaviour"]);
  });

  it("see a change behind an import of an import", async () => {
    const files = filesOf("prompts");
    const before = await planOf(files);
    const after = await planOf(change(files, "prompts/rules.md", "brief", "long"));
    expect(after.nodes.a!.digests.behaviour).not.toBe(before.nodes.a!.digests.behaviour);
  });
});

describe("bad input", () => {
  const codes = async (files: Record<string, string | Uint8Array>) => {
    const host = memoryHost(Object.fromEntries(Object.entries(files).map(([f, text]) => [`/p/${f}`, text])));
    const { plan, diagnostics } = await build("/p/workflow.tsx", { root: "/p", host });
    expect(plan).toBeNull();
    for (const d of diagnostics) expect(d.message).not.toMatch(/\n\s+at /);
    return diagnostics.map((d) => d.code);
  };

  it.each<[string, string[], Record<string, string | Uint8Array>]>([
    ["no file", ["SM111"], {}],
    ["an empty file", ["SM113"], { "workflow.tsx": "" }],
    ["a binary file", ["SM111"], { "workflow.tsx": new Uint8Array([0, 1, 2]) }],
    ["50 MB", ["SM111"], { "workflow.tsx": new Uint8Array(50_000_000).fill(0x20) }],
    [
      "10,000 levels",
      ["SM112"],
      { "workflow.tsx": `export default ${"[".repeat(10_000)}${"]".repeat(10_000)};` },
    ],
    ["itself imported", ["SM103"], { "workflow.tsx": 'import x from "./workflow"; export default x;' }],
    [
      "a default export through a cycle",
      ["SM104", "SM104"],
      {
        "workflow.tsx": 'export { default } from "./b";',
        "b.ts": 'export { default } from "./workflow";',
      },
    ],
  ])("%s is %j", async (_, expected, files) => {
    expect(await codes(files)).toEqual(expected);
  });

  it.each([
    ["calls", `export default ${"f(".repeat(900)}1${")".repeat(900)};\nfunction f(x) { return x; }`],
    [
      "elements",
      `export default ${"<A>".repeat(900)}${"</A>".repeat(900)};\nfunction A(p) { return p.children; }`,
    ],
  ])("of 900 nested %s is no crash, however much stack there is", async (_, text) => {
    const [code, ...more] = await codes({ "workflow.tsx": text });
    expect(["SM112", "SM113"]).toContain(code);
    expect(more).toEqual([]);
  });

  it("is answered by `check` as by `build`", async () => {
    const entry = path.join(FIXTURES, "../error/SM303-unknown-field/workflow.tsx");
    const root = path.dirname(entry);
    const { diagnostics } = await check(entry, { root });
    expect(diagnostics).toEqual((await build(entry, { root })).diagnostics);
    expect(diagnostics.length).toBeGreaterThan(2);
  });
});

describe("size", () => {
  it("is paid in proportion: 3,000 tasks that each read the one before", async () => {
    const files = filesOf("two-tasks");
    const [head] = files["workflow.tsx"]!.split("export default");
    const tasks = Array.from(
      { length: 3_000 },
      (_, i) =>
        `<Task id="t${i}" output={outputs.fix} agent={agent}>{ctx.output("fix", { nodeId: "t${Math.max(0, i - 1)}" }).patch}</Task>`,
    );
    tasks[0] = '<Task id="t0" output={outputs.fix} agent={agent}>start</Task>';
    const text = `${head}export default smithers((ctx) => <Workflow name="w">${tasks.join("\n")}</Workflow>);`;
    const start = cpuMs();
    const plan = await planOf({ "workflow.tsx": text });
    // About 0.5 s; anything quadratic in the tasks takes far longer.
    expect(cpuMs() - start).toBeLessThan(10_000);
    expect(Object.keys(plan.nodes)).toHaveLength(3_001);
  });
});

describe("codes", () => {
  it("that the compiler's sources name are all in the catalogue", () => {
    const root = import.meta.dirname;
    const named = new Set<string>();
    for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || !entry.name.endsWith(".ts") || /\.(test|gen)\.ts$/.test(entry.name)) continue;
      const text = readFileSync(path.join(entry.parentPath, entry.name), "utf8");
      for (const [, code] of text.matchAll(/"(SM\d{3})"/g)) named.add(code!);
    }
    expect(named.size).toBeGreaterThan(20);
    expect([...named].filter((code) => !Object.hasOwn(MESSAGES, code))).toEqual([]);
  });
});
