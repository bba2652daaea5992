import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { memoryHost, nodeHost } from "../../host.ts";
import { bind, type Graph } from "./bind.ts";
import { projectRoot } from "./root.ts";

function graph(files: Record<string, string | Uint8Array>, entry = "main.tsx"): Promise<Graph> {
  const absolute = Object.entries(files).map(([file, text]) => [`/p/${file}`, text]);
  return bind(memoryHost(Object.fromEntries(absolute)), "/p", entry);
}

const codes = (g: Graph) => g.problems.map((p) => p.code);
const paths = (g: Graph) => g.modules.map((m) => m.path);

describe("the module graph", () => {
  it.each([
    ["./a", "a.ts"],
    ["./a.js", "a.ts"],
    ["./a", "a/index.tsx"],
    ["./a.jsx", "a.tsx"],
    ["./a.mjs", "a.mts"],
    ["~/a", "a.ts"],
    ["~/a", "src/a.js"],
  ])("follows %s to %s", async (specifier, file) => {
    const g = await graph({
      "main.tsx": `import { a } from "${specifier}"; a;`,
      [file]: "export const a = 1;",
    });
    expect(codes(g)).toEqual([]);
    expect(paths(g)).toEqual(["main.tsx", file]);
  });

  it("follows paths of the nearest tsconfig, through extends, the longest prefix first", async () => {
    const g = await graph(
      {
        "flows/main.tsx": 'import { a } from "@lib/deep/a"; import { b } from "@lib/b"; a; b;',
        "flows/tsconfig.json": '{ "extends": "../base.json" /* comment */ }',
        "base.json":
          '{ "compilerOptions": { "paths": { "@lib/*": ["./lib/*"], "@lib/deep/*": ["./deep/*"], } } }',
        "deep/a.ts": "export const a = 1;",
        "lib/b.ts": "export const b = 1;",
      },
      "flows/main.tsx",
    );
    expect(codes(g)).toEqual([]);
    expect(paths(g)).toEqual(["flows/main.tsx", "deep/a.ts", "lib/b.ts"]);
  });

  it("knows packages, Node's modules, the library and Zod without opening them", async () => {
    const g = await graph({ "main.tsx": "" });
    const of = async (specifier: string) => {
      const one = await graph({ "main.tsx": `import * as x from "${specifier}"; x;` });
      return one.resolve(one.entry!, specifier);
    };
    expect(codes(g)).toEqual([]);
    expect(await of("smithers-orchestrator/tools")).toEqual({
      type: "smithers",
      from: "smithers-orchestrator/tools",
    });
    expect(await of("zod/v4")).toEqual({ type: "zod" });
    expect(await of("fs/promises")).toEqual({ type: "external", name: "node:fs/promises" });
    expect(await of("@ai-sdk/openai")).toEqual({ type: "external", name: "@ai-sdk/openai" });
  });

  it("knows the library under another name where the configuration or a comment says that it makes the JSX", async () => {
    const uses = 'import { createSmithers } from "renamed"; import { a } from "./agents"; createSmithers; a;';
    const agents = 'import { bash } from "renamed/tools"; export const a = bash;';
    const config = '{ "compilerOptions": { "jsxImportSource": "renamed" } }';
    for (const files of [
      { "main.tsx": uses, "agents.ts": agents, "tsconfig.json": config },
      { "main.tsx": `/** @jsxImportSource renamed */ ${uses}`, "agents.ts": agents },
    ]) {
      const g = await graph(files);
      const from = g.modules.find((m) => m.path === "agents.ts")!;
      expect(g.resolve(from, "renamed/tools")).toEqual({
        type: "smithers",
        from: "smithers-orchestrator/tools",
      });
    }
    const other = await graph({ "main.tsx": uses, "agents.ts": agents });
    expect(other.resolve(other.entry!, "renamed")).toEqual({ type: "external", name: "renamed" });
  });

  it("reads JSON and prompts, and numbers files in the order of discovery", async () => {
    const g = await graph({
      "main.tsx": 'import data from "./data.json"; import P from "./p.mdx"; data; P;',
      "data.json": '{ "a": [1] }',
      "p.mdx": "Hello",
    });
    expect(g.resolve(g.entry!, "./data.json")).toEqual({ type: "json", value: { a: [1] } });
    expect(g.resolve(g.entry!, "./p.mdx")).toMatchObject({ type: "prompt", module: { path: "p.mdx" } });
    expect(g.files.list.map((f) => f.path)).toEqual(["main.tsx", "data.json", "p.mdx"]);
  });

  it("takes circular imports and long chains", async () => {
    const files: Record<string, string> = { "main.tsx": 'import "./m0";' };
    for (let i = 0; i < 3_000; i++) files[`m${i}.ts`] = `import "./m${(i + 1) % 3_000}";`;
    const g = await graph(files);
    expect(codes(g)).toEqual([]);
    expect(g.modules).toHaveLength(3_001);
  });

  it("treats Windows line endings and a byte order mark as if they were not there", async () => {
    const g = await graph({ "main.tsx": "\ufeffconst a = `x\r\ny`;\r\n" });
    expect(g.entry!.text).toBe("const a = `x\ny`;\n");
  });
});

describe("bad input", async () => {
  it("names the file or the export that was meant", async () => {
    const g = await graph({
      "main.tsx": 'import { a } from "./utls"; import { slgu, T } from "./text"; let t: T; slgu(a);',
      "utils.ts": "export const a = 1;",
      "text.ts": "export const slug = 1; export type T = 1;",
    });
    expect(g.problems.map((p) => [p.code, p.message, p.hint])).toEqual([
      ["SM104", "`./utls` leads to no file.", "Did you mean `./utils`?"],
      ["SM104", "`text.ts` exports no `slgu`.", "Did you mean `slug`?"],
    ]);
  });

  it("looks for a name through stars, and believes a star from a package", async () => {
    const files = {
      "main.tsx": 'import { a, b } from "./all"; a; b;',
      "all.ts": 'export * from "./a"; export * from "./all";',
      "a.ts": "export const a = 1;",
    };
    expect(codes(await graph(files))).toEqual(["SM104"]);
    expect(codes(await graph({ ...files, "a.ts": 'export const a = 1; export * from "pkg";' }))).toEqual([]);
  });

  it("reports the problems of all files at once", async () => {
    const g = await graph({
      "main.tsx": 'import "./a"; import "./b"; import "./c.json"; import "./d.css"; import "./bin.ts";',
      "a.ts": "const a = ;",
      "b.ts": "const b = (;",
      "c.json": "{ nope }",
      "d.css": "",
      "bin.ts": new Uint8Array([0x89, 0x50, 0, 1]),
    });
    expect(codes(g).sort()).toEqual(["SM104", "SM110", "SM110", "SM110", "SM111"]);
  });

  it("refuses a file that is missing, too large, or not UTF-8", async () => {
    expect((await graph({})).problems[0]).toMatchObject({ code: "SM111", span: null });
    expect(codes(await graph({ "main.tsx": new Uint8Array(50 * 1024 * 1024).fill(32) }))).toEqual(["SM111"]);
    expect(codes(await graph({ "main.tsx": new Uint8Array([0x63, 0xff, 0xfe]) }))).toEqual(["SM111"]);
  });

  it("embeds nothing from outside the root, links included", async () => {
    const dir = mkdtempSync(path.join(os.tmpdir(), "bind-"));
    try {
      mkdirSync(path.join(dir, "project"));
      writeFileSync(path.join(dir, "secret.json"), '{ "key": 1 }');
      symlinkSync(path.join(dir, "secret.json"), path.join(dir, "project/link.json"));
      writeFileSync(
        path.join(dir, "project/main.tsx"),
        'import a from "../secret.json"; import b from "./link.json"; import c from "/etc/passwd.json"; a; b; c;',
      );
      const g = await bind(nodeHost(), path.join(dir, "project"), "main.tsx");
      expect(codes(g)).toEqual(["SM115", "SM115", "SM104"]);
      expect(g.files.list.map((f) => f.path)).toEqual(["main.tsx"]);
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  });
});

describe("the project root", () => {
  const root = (files: readonly string[], entry: string): string =>
    projectRoot(memoryHost(Object.fromEntries([...files, entry].map((file) => [file, ""]))), entry);

  it.each([
    // the folder of workflows may be a package of its own, in a repository that is none
    [["/w/.smithers/package.json", "/w/.smithers/tsconfig.json"], "/w/.smithers/workflows/a.tsx", "/w"],
    [["/w/.smithers/agents.ts"], "/w/.smithers/workflows/a.tsx", "/w"],
    [["/w/package.json"], "/w/.smithers/workflows/a.tsx", "/w"],
    [["/w/package.json", "/w/p/.smithers/agents.ts"], "/w/p/.smithers/a.tsx", "/w/p"],
    [["/w/package.json"], "/w/flows/deep/a.tsx", "/w"],
    [["/w/tsconfig.json"], "/w/flows/a.tsx", "/w"],
    [[], "/w/flows/a.tsx", "/w/flows"],
  ])("with %j, of %s it is %s", (files, entry, expected) => {
    expect(root(files, entry)).toBe(expected);
  });
});
