/** Edits of a source against digests and diff: what a reviewer is told, and what is not worth telling (SEMANTICS 51). */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { build } from "../compiler/index.ts";
import { diffPlans, formatPlan, type Plan, renderDiffText } from "../plan/index.ts";

const EXAMPLE = path.resolve(import.meta.dirname, "../examples/bugfix/workflow.tsx");
const scratch = mkdtempSync(path.join(os.tmpdir(), "smithers-meaning-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** Builds the example after an edit, in a directory of its own. */
async function built(
  edit: (source: string) => string,
  more: { readonly [file: string]: string } = {},
): Promise<Plan> {
  const folder = mkdtempSync(path.join(scratch, "at-"));
  const file = path.join(folder, "workflow.tsx");
  cpSync(EXAMPLE, file);
  writeFileSync(file, edit(readFileSync(file, "utf8")));
  for (const [name, text] of Object.entries(more)) writeFileSync(path.join(folder, name), text);
  const { plan, diagnostics } = await build(file, { root: folder });
  if (!plan) throw new Error(diagnostics.map(({ message }) => message).join("\n"));
  return plan;
}

const same = (source: string): string => source;
const helper = 'const list = (files: string[]) => files.join(", ");\n';
/** The example with its list of files made by a helper that stands above. */
const withHelper = (source: string): string =>
  source
    .replace('${analysis.files.join(", ")}', "${list(analysis.files)}")
    .replace("const analyst", `${helper}\nconst analyst`);

describe("what means the same", () => {
  it.each<[string, (source: string) => string]>([
    ["nothing, in another directory", same],
    ["a comment", (source) => source.replace("const analyst", "// finds\nconst analyst")],
    ["another name of a local", (source) => source.replaceAll(/\banalysis\b/g, "found")],
    ["another name of an agent", (source) => source.replaceAll(/\banalyst\b/g, "detective")],
    [
      "another order of declarations",
      (source) => {
        const engineer = /const engineer = [^;]*;\n/.exec(source)![0];
        return source.replace(engineer, "").replace("const analyst", `${engineer}const analyst`);
      },
    ],
  ])("%s", async (_, edit) => {
    const [before, after] = [await built(same), await built(edit)];
    expect(after.digest).toBe(before.digest);
    expect(diffPlans(before, after)).toEqual([]);
  });

  it("gives the same bytes from two directories", async () => {
    expect(formatPlan(await built(same))).toBe(formatPlan(await built(same)));
  });

  it.each<[string, (source: string) => string, { readonly [file: string]: string }]>([
    [
      "another name of a helper and its parameter",
      (source) =>
        withHelper(source)
          .replace("(files: string[]) => files", "(names: string[]) => names")
          .replaceAll(/\blist\b/g, "joined"),
      {},
    ],
    [
      "a helper moved to another file",
      (source) =>
        withHelper(source)
          .replace(helper, "")
          .replace("import { z }", 'import { list } from "./util";\nimport { z }'),
      { "util.ts": `export ${helper}` },
    ],
  ])("%s", async (_, edit, more) => {
    expect((await built(edit, more)).digest).toBe((await built(withHelper)).digest);
  });
});

describe("what does not", () => {
  it("an edited prompt: that node's behaviour, and one line of diff", async () => {
    const [before, after] = [
      await built(same),
      await built((source) => source.replace("Fix this bug (", "Fix this nasty bug (")),
    ];
    expect(after.nodes.analyze!.digests).toEqual(before.nodes.analyze!.digests);
    const { behaviour, ...others } = after.nodes.fix!.digests;
    const { behaviour: old, ...oldOthers } = before.nodes.fix!.digests;
    expect(others).toEqual(oldOthers);
    expect(behaviour).not.toBe(old);
    const [first, removed, added] = renderDiffText(diffPlans(before, after)).split("\n");
    expect(first).toMatch(/^~ fix {2}prompt changed {2}\(workflow\.tsx:\d+\)$/);
    expect(removed).toContain("- Fix this bug (");
    expect(added).toContain("+ Fix this nasty bug (");
  });

  it("a container around the body: one change, and about a dozen lines of the plan", async () => {
    const [before, after] = [
      await built(same),
      await built((source) =>
        source
          .replace("Workflow, Task,", "Workflow, Task, Sequence,")
          .replace('<Workflow name="bugfix">', '<Workflow name="bugfix"><Sequence>')
          .replace("</Workflow>", "</Sequence></Workflow>"),
      ),
    ];
    expect(diffPlans(before, after).map(({ code }) => code)).toEqual(["node-added"]);
    const lines = new Set(formatPlan(before).split("\n"));
    expect(
      formatPlan(after)
        .split("\n")
        .filter((line) => !lines.has(line)).length,
    ).toBeLessThan(15);
  });
});
