/**
 * Frames of a plan against direct execution of the same source, and the structural plan against its plain twin
 * (COMPILER.md). Every workflow gives equal frames or a diagnostic that is expected here; never a wrong frame.
 *
 * `SMITHERS_FORMS` names a folder of further workflows (default: ../shared/reference/forms beside the checkout),
 * `SEEDS` the made-up runs a workflow, `FILTER` the workflows.
 */
import { existsSync, readdirSync } from "node:fs";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { NodeDraft, PlanDraft } from "../../compiler/phases/4-lower/draft.ts";
import { type Comparison, compareFile } from "./compare.ts";
import type { Compiled } from "./compile.ts";

const SEEDS = Number(process.env.SEEDS ?? 4);
const ROOT = path.resolve(import.meta.dirname, "../..");
const FIXTURES = path.join(ROOT, "fixtures/compile");
const wanted = (name: string): boolean => name.includes(process.env.FILTER ?? "");

/** The table that the suite prints. */
function print(title: string, results: readonly Comparison[]): void {
  const rows = results.map(
    (x) => `  ${x.name.padEnd(30)} ${x.shape.padEnd(26)} ${String(x.frames).padStart(5)} frames`,
  );
  const frames = results.reduce((sum, x) => sum + x.frames, 0);
  const nodes = results.reduce((sum, x) => sum + x.nodes, 0);
  const threw = results.reduce((sum, x) => sum + x.bothThrew, 0);
  console.log(
    [
      `${title}: ${results.length} workflows, ${frames} frames, ${nodes} nodes, ${threw} threw on both sides`,
      ...rows,
    ].join("\n"),
  );
}

describe("fixtures/compile against direct execution", () => {
  const results: Comparison[] = [];
  const folders = readdirSync(FIXTURES)
    .filter((name) => existsSync(path.join(FIXTURES, name, "workflow.tsx")))
    .filter(wanted);
  for (const name of folders) {
    it(name, async () => {
      const result = await compareFile(path.join(FIXTURES, name, "workflow.tsx"), { seeds: SEEDS });
      results.push(result);
      expect(result.problem).toBeUndefined();
      expect(result.frames).toBeGreaterThan(0);
    });
  }
  afterAll(() => print("fixtures", results));
});

/** Forms that no plan can hold, and what has to be said of them. */
const DIAGNOSED: { readonly [form: string]: string } = {
  "25_sort_mut": "SM105",
  "38_global_count": "SM105",
  "53_class_in_render": "SM103",
  b10_regex_g: "SM105",
  c06_many_errors: "SM502 SM107",
  c07_sort_row: "SM105",
};

const forms = process.env.SMITHERS_FORMS ?? path.resolve(ROOT, "../shared/reference/forms");
const shared = [forms, path.resolve(ROOT, "../../shared/reference/forms")].find((x) => existsSync(x));

if (!shared) console.log(`forms: ${forms} is missing; set SMITHERS_FORMS to compare more workflows`);
describe.skipIf(!shared)("forms against direct execution", () => {
  const results: Comparison[] = [];
  const files = shared ? readdirSync(shared).filter((name) => name.endsWith(".tsx") && wanted(name)) : [];
  for (const file of files) {
    it(file, async () => {
      const result = await compareFile(path.join(shared ?? "", file), { seeds: SEEDS });
      results.push(result);
      expect(result.problem).toBeUndefined();
      const expected = DIAGNOSED[result.name];
      if (expected) expect(result.shape).toBe(expected);
      else expect(result.frames).toBeGreaterThan(0);
    });
  }
  afterAll(() => print("forms", results));
});

describe("the comparison itself", () => {
  const file = path.join(FIXTURES, "early-returns/workflow.tsx");
  const damaged = (change: (nodes: readonly NodeDraft[]) => readonly NodeDraft[]) =>
    compareFile(file, {
      seeds: 8,
      damage: (compiled: Compiled): Compiled => {
        const draft = compiled.draft as PlanDraft;
        return { ...compiled, draft: { ...draft, nodes: change(draft.nodes) } };
      },
    });

  it("agrees with an undamaged plan", async () => {
    expect((await damaged((nodes) => nodes)).problem).toBeUndefined();
  });

  it("sees a condition swapped", async () => {
    const result = await damaged((nodes) =>
      nodes.map((node) => {
        if (node.key !== "wait") return node;
        const { if: test, else: otherwise, ...others } = node;
        return { ...others, ...(otherwise && { if: otherwise }), ...(test && { else: test }) };
      }),
    );
    expect(result.problem).toMatch(/wait/);
  });

  it("sees a node dropped", async () => {
    const result = await damaged((nodes) => nodes.filter((node) => node.key !== "rest"));
    expect(result.problem).toMatch(/rest/);
  });

  it("sees a prompt altered by one letter", async () => {
    const result = await damaged((nodes) =>
      nodes.map((node) =>
        node.key === "wait"
          ? { ...node, fields: new Map(node.fields).set("prompt", { type: "json", value: "wAit" }) }
          : node,
      ),
    );
    expect(result.problem).toMatch(/wAit/);
  });

  it("sees another agent, another output and a shifted retry count", async () => {
    for (const [field, value] of [
      ["agent", "deep"],
      ["output", "plan"],
      ["retries", 7],
    ] as const) {
      const result = await damaged((nodes) =>
        nodes.map((node) =>
          node.key === "wait"
            ? { ...node, fields: new Map(node.fields).set(field, { type: "json", value }) }
            : node,
        ),
      );
      expect(result.problem, field).toBeDefined();
    }
  });
});
