/** Every plan that the compiler gives keeps the rules of a plan, and so does its plain twin. */
import { existsSync, readdirSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { build } from "../../compiler/index.ts";
import { type Plan, validatePlan } from "../../plan/index.ts";

const ROOT = path.resolve(import.meta.dirname, "../..");
const FOLDERS = ["compile", "run", "fidelity"].map((name) => path.join(ROOT, "fixtures", name));
const forms = [
  process.env.SMITHERS_FORMS ?? path.resolve(ROOT, "../shared/reference/forms"),
  path.resolve(ROOT, "../../shared/reference/forms"),
].find((folder) => existsSync(folder));
const wanted = (file: string): boolean => existsSync(file) && file.includes(process.env.FILTER ?? "");

/** Nodes of blocks that no text instantiates: a plan lists what can run, and nothing else. */
function deadSites({ nodes }: Plan): string[] {
  const text = JSON.stringify(nodes);
  const isSite = (key: string): boolean => {
    const { parent } = nodes[key]!;
    return parent !== undefined && (nodes[parent]!.kind === "block" || isSite(parent));
  };
  return Object.keys(nodes).filter((key) => isSite(key) && !text.includes(`'${key}'`));
}

async function expectValid(file: string): Promise<void> {
  for (const twin of [false, true]) {
    const { plan } = await build(file, { root: path.dirname(file), twin });
    const result = plan ? validatePlan(plan) : undefined;
    const which = twin ? "the plain twin" : "the plan";
    if (result?.ok === false) expect(result.problems, which).toEqual([]);
    if (plan) expect(deadSites(plan), which).toEqual([]);
  }
}

describe.each(FOLDERS)("plans of %s are valid", (folder) => {
  for (const name of readdirSync(folder)) {
    const file = path.join(folder, name, "workflow.tsx");
    if (wanted(file)) it(name, () => expectValid(file));
  }
});

describe.skipIf(!forms)("plans of the forms are valid", () => {
  for (const name of forms ? readdirSync(forms) : []) {
    const file = path.join(forms ?? "", name);
    if (name.endsWith(".tsx") && wanted(file)) it(name, () => expectValid(file));
  }
});
