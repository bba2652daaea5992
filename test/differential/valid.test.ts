/** Every plan that the compiler gives keeps the rules of a plan, and so does its plain twin. */
import { existsSync, readdirSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { build } from "../../compiler/index.ts";
import { validatePlan } from "../../plan/index.ts";

const ROOT = path.resolve(import.meta.dirname, "../..");
const FIXTURES = path.join(ROOT, "fixtures/compile");
const forms = [
  process.env.SMITHERS_FORMS ?? path.resolve(ROOT, "../shared/reference/forms"),
  path.resolve(ROOT, "../../shared/reference/forms"),
].find((folder) => existsSync(folder));
const wanted = (file: string): boolean => existsSync(file) && file.includes(process.env.FILTER ?? "");

async function expectValid(file: string): Promise<void> {
  for (const twin of [false, true]) {
    const { plan } = await build(file, { root: path.dirname(file), twin });
    const result = plan ? validatePlan(plan) : undefined;
    if (result?.ok === false) expect(result.problems, twin ? "the plain twin" : "the plan").toEqual([]);
  }
}

describe("plans of fixtures/compile are valid", () => {
  for (const name of readdirSync(FIXTURES)) {
    const file = path.join(FIXTURES, name, "workflow.tsx");
    if (wanted(file)) it(name, () => expectValid(file));
  }
});

describe.skipIf(!forms)("plans of the forms are valid", () => {
  for (const name of forms ? readdirSync(forms) : []) {
    const file = path.join(forms ?? "", name);
    if (name.endsWith(".tsx") && wanted(file)) it(name, () => expectValid(file));
  }
});
