import { describe, expect, it } from "vitest";
import { memoryHost } from "../../host.ts";
import { build } from "../../index.ts";

const workflow = (imports: string, body: string): string => `${imports}
import { createSmithers } from "smithers";
import { z } from "zod";
const { Workflow, Task, smithers, outputs } = createSmithers({ row: z.object({ text: z.string() }) });
export default smithers(() => (
  <Workflow name="w"><Task id="a" output={outputs.row}>{async () => ({ text: ${body} })}</Task></Workflow>
));
`;
const PAD = workflow('import pad from "left-pad";', 'pad("x", 3)');
const LOCK = JSON.stringify({ packages: { "node_modules/left-pad": { version: "1.2.3" } } });

async function built(files: Record<string, string>, entry = "workflow.tsx", root = "/p") {
  const host = memoryHost(Object.fromEntries(Object.entries(files).map(([f, text]) => [`/p/${f}`, text])));
  return build(`${root}/${entry}`, { root, host });
}

describe("packages that code imports", () => {
  it("are pinned by the lock file whatever is installed, in the same bytes", async () => {
    const files = { "workflow.tsx": PAD, "package-lock.json": LOCK };
    const bare = await built(files);
    const installed = await built({
      ...files,
      "node_modules/left-pad/package.json": '{ "name": "left-pad", "version": "9.0.0" }',
      "node_modules/left-pad/index.js": "module.exports = String;",
    });
    expect(bare.diagnostics).toEqual([]);
    expect(Object.values(bare.plan!.modules)[0]!.externals).toEqual({ "left-pad": "1.2.3" });
    expect(JSON.stringify(installed.plan)).toBe(JSON.stringify(bare.plan));
  });

  it("without a lock file are an error that says what to run", async () => {
    const { plan, diagnostics } = await built({
      "workflow.tsx": PAD,
      "package.json": '{ "dependencies": { "left-pad": "^1.2.0" } }',
      "node_modules/left-pad/package.json": '{ "name": "left-pad", "version": "1.2.3" }',
    });
    expect(plan).toBeNull();
    expect(diagnostics).toMatchObject([
      {
        code: "SM802",
        message: expect.stringMatching(/^No lock file decides the version of `left-pad`/),
        hint: expect.stringContaining("npm install"),
      },
    ]);
  });

  it("have one version each in a function, though files of several packages give to it", async () => {
    const { diagnostics } = await built({
      "workflow.tsx": workflow(
        'import pad from "left-pad"; import { more } from "./b/more";',
        'pad(more("x"), 3)',
      ),
      "package-lock.json": JSON.stringify({
        packages: {
          "node_modules/left-pad": { version: "1.2.3" },
          "b/node_modules/left-pad": { version: "2.0.0" },
        },
      }),
      "b/package.json": "{}",
      "b/more.ts": 'import pad from "left-pad"; export const more = (s: string) => pad(s, 2);',
    });
    expect(diagnostics).toMatchObject([
      { code: "SM802", message: expect.stringContaining("`left-pad` 2.0.0 here and 1.2.3 in another file") },
    ]);
  });

  it.each([
    ["file:", { "package.json": '{ "dependencies": { "@p/kit": "file:./kit" } }' }],
    [
      "workspace:",
      {
        "package.json":
          '{ "workspaces": ["packages/*", "kit"], "dependencies": { "@p/kit": "workspace:*" } }',
      },
    ],
    [
      "pnpm's workspace",
      {
        "package.json": '{ "dependencies": { "@p/kit": "workspace:^" } }',
        "pnpm-workspace.yaml": 'packages:\n  # ours\n  - "packages/*"\n  - kit\n',
      },
    ],
  ])("and are linked from the project are source: %s", async (_, files) => {
    const kit = {
      "workflow.tsx": workflow(
        'import { shout } from "@p/kit"; import { low } from "@p/kit/low";',
        'shout(low("A"))',
      ),
      "kit/package.json":
        '{ "name": "@p/kit", "exports": { ".": { "import": "./src/index.ts" }, "./*": "./src/*.ts" } }',
      "kit/src/index.ts": "export const shout = (text: string) => `${text}!`;",
      "kit/src/low.ts": "export const low = (text: string) => text.toLowerCase();",
    };
    const { plan, diagnostics } = await built({ ...kit, ...files });
    expect(diagnostics).toEqual([]);
    const [module] = Object.values(plan!.modules);
    expect(module!.externals).toEqual({});
    expect(module!.code.join("\n")).toContain("toLowerCase");
    expect(Object.keys(plan!.sources)).toContain("kit/src/low.ts");
  });

  it("and are linked from outside of the root are an error", async () => {
    const { diagnostics } = await built(
      {
        "pnpm-workspace.yaml": "packages: ['app', 'kit']\n",
        "pnpm-lock.yaml":
          "importers:\n  app:\n    dependencies:\n      kit: { specifier: 'workspace:*', version: link:../kit }\n",
        "app/package.json": '{ "dependencies": { "kit": "workspace:*" } }',
        "app/workflow.tsx": workflow('import { k } from "kit";', "k"),
        "kit/package.json": '{ "name": "kit", "main": "k.ts" }',
        "kit/k.ts": "export const k = 'k';",
      },
      "workflow.tsx",
      "/p/app",
    );
    expect(diagnostics).toMatchObject([
      {
        code: "SM802",
        message: expect.stringContaining("is linked from a directory whose sources can't be read"),
      },
    ]);
  });

  it("and belong to Bun make a plan that asks for it, not an error", async () => {
    const { plan, diagnostics } = await built({
      "workflow.tsx": workflow(
        'import { $ } from "bun"; import { Database } from "bun:sqlite";',
        "await $`ls`.text() + Database",
      ),
    });
    expect(diagnostics).toEqual([]);
    expect(plan!.requires).toEqual(["bun"]);
    expect(Object.values(plan!.modules)[0]!.externals).toEqual({ bun: "*" });
  });
});
