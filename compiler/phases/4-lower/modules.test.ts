import { describe, expect, it } from "vitest";
import { memoryHost } from "../../host.ts";
import type { Expr } from "../../surface.ts";
import { bind } from "../2-bind/bind.ts";
import { SyntaxEnvironments } from "../3-evaluate/syntax-environment.ts";
import { type Environment, residual, type Value } from "../3-evaluate/value.ts";
import { type CodeRequest, lowerModules } from "./modules.ts";

const LOCK = JSON.stringify({ packages: { "node_modules/p-limit": { version: "6.1.0" } } });

interface Setup {
  readonly captures?: readonly string[];
  /** Names of the workflow function's scope. */
  readonly local?: (env: Environment, init: (name: string) => Expr) => Record<string, Value>;
}

/** Lowers `const run = …` of `main.tsx`. */
async function lower(files: Record<string, string>, { captures = [], local }: Setup = {}) {
  const all = { "package-lock.json": LOCK, ...files };
  const host = memoryHost(
    Object.fromEntries(Object.entries(all).map(([file, text]) => [`/p/${file}`, text])),
  );
  const graph = await bind(host, "/p", "main.tsx");
  const problems = [...graph.problems];
  const module = graph.entry!;
  const top: Environment = { parent: null, module, own: () => undefined };
  const init = (name: string): Expr => {
    for (const statement of module.body)
      if (statement.type === "Declare")
        for (const d of statement.decls)
          if (d.target.type === "Name" && d.target.name === name) return d.init!;
    throw new Error(`no ${name}`);
  };
  const values: Record<string, Value> = {};
  const env: Environment = { parent: top, module: null, own: (name) => values[name] };
  Object.assign(values, local?.(env, init));
  const fn = init("run");
  const request: CodeRequest =
    fn.type === "Arrow"
      ? { kind: "function", fn: { type: "Closure", arrow: fn, env, home: null }, captures }
      : fn.type === "Func"
        ? { kind: "function", fn: { type: "Code", func: fn, env }, captures }
        : { kind: "agent", span: fn.span!, env: top };
  const lowered = await lowerModules(
    graph,
    new SyntaxEnvironments(graph.resolve, graph.modules),
    new Map([["run", request]]),
    problems,
  );
  return { lowered: lowered.get("run"), problems };
}

async function call(code: readonly string[], captures: unknown = {}, ctx: unknown = {}): Promise<unknown> {
  const url = `data:text/javascript;base64,${Buffer.from(code.join("\n")).toString("base64")}`;
  const module = (await import(url)) as { default: (...args: unknown[]) => Promise<unknown> };
  return module.default(captures, ctx, {});
}

async function run(
  files: Record<string, string>,
  setup: Setup = {},
  captures: unknown = {},
  ctx: unknown = {},
) {
  const { lowered, problems } = await lower(files, setup);
  expect(problems).toEqual([]);
  return call(lowered!.module.code, captures, ctx);
}

describe("slices", () => {
  it("hold exactly the declarations that the function refers to, over files", async () => {
    const files = {
      "main.tsx": `
        import { twice, type T } from "./lib";
        import { unused } from "./unused";
        const used = 3, alsoDeclared = 1;
        const unusedHere = unused();
        interface Row { n: T }
        const run = async (): Promise<Row> => ({ n: twice(used) as T });`,
      "lib.ts": `
        import base from "./base.js";
        export type T = number;
        const secret = 1;
        export const twice = (n: number): number => n * base.two * secret;
        export const other = () => { throw new Error("not needed"); };`,
      "base.ts": "export default { two: 2 };",
      "unused.ts": "export const unused = () => { throw new Error('never'); };",
    };
    const { lowered } = await lower(files);
    expect(await call(lowered!.module.code)).toEqual({ n: 6 });
    const text = lowered!.module.code.join("\n");
    expect(text).not.toMatch(/unused|other|not needed/);
  });

  it("take captures as parameters, ctx by its name in the workflow, and local helpers along", async () => {
    const files = {
      "main.tsx": `
        const helper = (x: string) => x + suffix;
        const run = () => [helper(id), c.input.n];`,
    };
    const setup: Setup = {
      captures: ["id", "suffix"],
      local: (env, init) => ({
        c: residual({ type: "Name", name: "ctx" }),
        helper: { type: "Closure", arrow: init("helper") as never, env, home: null },
      }),
    };
    expect(await run(files, setup, { id: "a", suffix: "!" }, { input: { n: 2 } })).toEqual(["a!", 2]);
  });

  it("hold known values of the scope, as a factory's arguments, and refuse what is neither known nor captured", async () => {
    const files = { "main.tsx": "const run = () => [model, none];" };
    const known = (value: string | undefined): Value => ({ type: "Known", value });
    const setup: Setup = { local: () => ({ model: known("m"), none: known(undefined) }) };
    expect(await run(files, setup)).toEqual(["m", undefined]);
    const other: Setup = {
      local: () => ({ model: residual({ type: "Name", name: "row" }), none: known("x") }),
    };
    expect((await lower(files, other)).problems.map((p) => p.code)).toEqual(["SM103"]);
  });

  it("give table handles as their names", async () => {
    const files = {
      "main.tsx": `
        import { createSmithers } from "smithers-orchestrator";
        const { Workflow, outputs, tables: t } = createSmithers({});
        const api = createSmithers({});
        const run = async () => [outputs.row, t.other, api.outputs.third];`,
    };
    expect(await run(files)).toEqual(["row", "other", "third"]);
  });

  it("keep statements that touch what they need, in order, and cycles between files", async () => {
    const files = {
      "main.tsx": `
        import { add } from "./registry";
        const m = new Map<string, number>();
        m.set("a", 1);
        export const size = () => m.size;
        const run = () => add(m.get("a"));`,
      "registry.ts": 'import { size } from "./main"; export function add(n) { return n + size(); }',
    };
    expect(await run(files)).toBe(2);
  });

  it("run methods, enums, classes, JSON and re-exports", async () => {
    const files = {
      "main.tsx": `
        import { Level, Box as B, data, ns } from "./all";
        const run = async () => [Level.High, new B(2).n, data.x, ns.k];`,
      "all.ts":
        'export * from "./kinds"; export { default as data } from "./d.json"; export * as ns from "./n";'
          .replace(
            'export { default as data } from "./d.json";',
            'import data from "./d.json"; export { data };',
          )
          .replace('export * as ns from "./n";', 'import * as ns from "./n"; export { ns };'),
      "kinds.ts":
        "export enum Level { Low, High } export class Box { constructor(readonly n: number) {} }".replace(
          "constructor(readonly n: number) {}",
          "n: number; constructor(n: number) { this.n = n; }",
        ),
      "d.json": '{ "x": [1] }',
      "n.ts": "export const k = 'k';",
    };
    expect(await run(files)).toEqual([1, 2, [1], "k"]);
  });

  it("call an agent object's own generate, with `this`", async () => {
    const files = {
      "main.tsx":
        "const run = { id: 'a', greet: 'hi ', async generate({ prompt }) { return this.greet + prompt; } };",
    };
    const { lowered, problems } = await lower(files);
    expect(problems).toEqual([]);
    expect(await call(lowered!.module.code, { prompt: "you" })).toBe("hi you");
  });

  it("name packages with the lock file's versions and Node's modules apart", async () => {
    const { lowered, problems } = await lower({
      "main.tsx": `
        import limit from "p-limit";
        import { readFile } from "fs/promises";
        const run = async () => limit(1)(() => readFile("x"));`,
    });
    expect(problems).toEqual([]);
    expect(lowered!.module.externals).toEqual({ "p-limit": "6.1.0" });
    expect(lowered!.builtins).toEqual(["node:fs/promises"]);
    expect(lowered!.module.code.join("\n")).toContain('from "p-limit"');
  });
});

describe("the digest of a slice", () => {
  const digest = async (files: Record<string, string>) => {
    const { lowered, problems } = await lower(files);
    expect(problems).toEqual([]);
    return lowered!.module.digest;
  };
  const base = {
    "main.tsx":
      'import { f } from "./lib"; const LIMIT = 3;\nconst run = async () => { const x = f(LIMIT); return { x }; };',
    "lib.ts": "export const f = (a: number) => a + g(a); function g(b: number) { return b * 2; }",
  };

  it.each<[string, Record<string, string>]>([
    [
      "names, types, comments and quotes",
      {
        "main.tsx":
          'import { f as h } from "./lib"; const MOST = (3 as number); /* c */\nconst run = async (): Promise<object> => { const y = h(MOST); return { x: y }; };',
        "lib.ts": "export const f = (q: any) => q + k(q);\n\nfunction k(z) { return z * 2; }",
      },
    ],
    [
      "the files and their order",
      {
        "main.tsx":
          'import { LIMIT, f } from "./consts"; const run = async () => { const x = f(LIMIT); return { x }; };',
        "consts.ts": 'export { f } from "./g"; export const LIMIT = 3;',
        "g.ts": "function g(b: number) { return b * 2; } export const f = (a: number) => a + g(a);",
      },
    ],
  ])("is blind to %s", async (_, files) => {
    expect(await digest(files)).toBe(await digest(base));
  });

  it.each<[string, Record<string, string>]>([
    ["a literal", { ...base, "main.tsx": base["main.tsx"].replace("= 3", "= 4") }],
    ["an operator far away", { ...base, "lib.ts": base["lib.ts"].replace("b * 2", "b ** 2") }],
    ["a key", { ...base, "main.tsx": base["main.tsx"].replace("{ x }", "{ y: x }") }],
    ["which binding is meant", { ...base, "lib.ts": base["lib.ts"].replace("a + g(a)", "a + g(f)") }],
  ])("sees %s", async (_, files) => {
    expect(await digest(files)).not.toBe(await digest(base));
  });

  it("is the same in the code whatever directory the build runs in", async () => {
    const here = process.cwd();
    const one = await lower(base);
    process.chdir("/");
    const two = await lower(base);
    process.chdir(here);
    expect(two.lowered!.module.code).toEqual(one.lowered!.module.code);
  });
});

describe("what can't be a module", () => {
  it.each([
    ["SM108", 'import "./setup"; const run = async () => 1;'],
    ["SM108", "globalThis.x = 1; const run = async () => 1;"],
    ["SM802", 'import a from "not-locked"; const run = async () => a;'],
    ["SM103", 'import { Task } from "smithers-orchestrator"; const run = async () => Task;'],
    [
      "SM103",
      'import { createSmithers } from "smithers-orchestrator"; const { smithers } = createSmithers({}); const run = async () => smithers;',
    ],
    ["SM103", "const A = 1; const run = async () => <A />;"],
    ["SM103", 'import P from "./p.md"; const run = async () => P;'],
  ])("is reported as %s: %s", async (code, text) => {
    const { problems, lowered } = await lower({ "main.tsx": text, "setup.ts": "", "p.md": "x" });
    expect(problems.map((p) => p.code)).toEqual([code]);
    expect(code === "SM802" || lowered === undefined).toBe(true);
  });
});
