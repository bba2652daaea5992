/**
 * Every workflow of ours: what `smithers preview` says of the built plan and of its twin, against the source rendered in
 * the JavaScript engine. `SEEDS` bounds the runs of a workflow, `FILTER` names workflows.
 */
import { existsSync, readdirSync } from "node:fs";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { compareBuilt, type Result } from "./fidelity.ts";

const SEEDS = Number(process.env.SEEDS ?? 24);
const ROOT = path.resolve(import.meta.dirname, "../../..");
const wanted = (name: string): boolean => name.includes(process.env.FILTER ?? "");

function workflowsIn(folder: string): (readonly [string, string])[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder).flatMap((name) => {
    if (name in EXCEPT) return [];
    const file = name.endsWith(".tsx") ? path.join(folder, name) : path.join(folder, name, "workflow.tsx");
    return existsSync(file) && wanted(name) ? [[name, file] as const] : [];
  });
}

/** What direct execution is another thing for, by contract. */
const EXCEPT: { readonly [form: string]: string } = {
  "c01_iter_hoist.tsx": "ctx.iteration that is named outside a loop is not the loop's (COMPILER 18)",
  state: "handlers write between frames, which rendering alone does not do: runtime/state.test.ts",
  "state-in-a-block": "as above",
};

/** Forms that no plan can hold, and what has to be said of them. */
const DIAGNOSED: { readonly [form: string]: string } = {
  "25_sort_mut.tsx": "SM105",
  "38_global_count.tsx": "SM105",
  "53_class_in_render.tsx": "SM103",
  "b10_regex_g.tsx": "SM105",
  "c06_many_errors.tsx": "SM502 SM107",
  "c07_sort_row.tsx": "SM105",
};

/** Workflows that a block can't hold, and what is said of the twin. */
const TWINLESS: { readonly [workflow: string]: string } = {
  "deps-perhaps": "SM103",
  onboarding: "SM101",
  "patterns-of-boards": "SM117",
  "patterns-of-teams": "SM117",
  "patterns-that-watch": "SM117",
};

const FORMS = process.env.SMITHERS_FORMS ?? path.resolve(ROOT, "../shared/reference/forms");
const SUITES: readonly (readonly [string, string])[] = [
  ["fidelity", path.join(ROOT, "fixtures/fidelity")],
  ["compile", path.join(ROOT, "fixtures/compile")],
  ["run", path.join(ROOT, "fixtures/run")],
  ["examples", path.join(ROOT, "examples")],
  ["forms", existsSync(FORMS) ? FORMS : path.resolve(ROOT, "../../shared/reference/forms")],
];

/** Workflows of fixtures/run that rendering alone says all of. */
const RUN: readonly string[] = ["goes-on-as-new"];

for (const [suite, folder] of SUITES) {
  const files =
    suite === "run" ? workflowsIn(folder).filter(([name]) => RUN.includes(name)) : workflowsIn(folder);
  describe.skipIf(files.length === 0)(`${suite}: preview against direct execution`, () => {
    const results: (readonly [string, Result])[] = [];
    for (const [name, file] of files) {
      it(name, { timeout: 120_000 }, async () => {
        const result = await compareBuilt(file, { seeds: suite === "fidelity" ? 2 * SEEDS : SEEDS });
        results.push([name, result]);
        expect(result.problem).toBeUndefined();
        expect(result.skipped).toBe(DIAGNOSED[name]);
        expect(result.twinless).toBe(TWINLESS[name]);
        if (result.skipped === undefined) expect(result.frames).toBeGreaterThan(0);
        if (suite !== "fidelity" || process.env.SEEDS) return;
        expect(result.unseen).toEqual([]);
      });
    }
    afterAll(() => print(suite, results));
  });
}

function print(suite: string, results: readonly (readonly [string, Result])[]): void {
  const sum = (field: "frames" | "tasks" | "threw" | "waited"): number =>
    results.reduce((total, [, result]) => total + result[field], 0);
  const compared = results.filter(([, result]) => result.frames > 0).length;
  const lines = results.map(([name, x]) => {
    const note = x.skipped ?? (x.unseen.length > 0 ? `never mounted: ${x.unseen.join(", ")}` : "");
    return `  ${name.padEnd(30)} ${String(x.seeds).padStart(3)} runs ${String(x.frames).padStart(5)} frames, up to iteration ${x.iterations}  ${note}`;
  });
  console.log(
    [
      `${suite}: ${compared} of ${results.length} workflows compared, ${sum("frames")} frames, ${sum("tasks")} tasks; direct execution threw in ${sum("threw")}, waited in ${sum("waited")}`,
      ...lines,
    ].join("\n"),
  );
}
