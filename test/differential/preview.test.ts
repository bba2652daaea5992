/** Every fixture that builds: what the runtime mounts from the finished plan, against direct execution of the source. */
import { existsSync, readdirSync } from "node:fs";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { comparePreview } from "./preview.ts";

const FIXTURES = path.resolve(import.meta.dirname, "../../fixtures/compile");
const SEEDS = Number(process.env.SEEDS ?? 3);

const ROOT = path.resolve(import.meta.dirname, "../..");
const FORMS = [
  process.env.SMITHERS_FORMS ?? path.resolve(ROOT, "../shared/reference/forms"),
  path.resolve(ROOT, "../../shared/reference/forms"),
].find((x) => existsSync(x));

const wanted = (name: string): boolean => name.includes(process.env.FILTER ?? "");
const files = [
  ...readdirSync(FIXTURES).map((name) => [name, path.join(FIXTURES, name, "workflow.tsx")] as const),
  ...(FORMS ? readdirSync(FORMS) : []).map((name) => [name, path.join(FORMS ?? "", name)] as const),
];

describe("the runtime's frames against direct execution", () => {
  const total = { workflows: 0, frames: 0, tasks: 0 };
  for (const [name, file] of files) {
    if (!wanted(name) || !existsSync(file)) continue;
    it(name, async () => {
      const result = await comparePreview(file, name, SEEDS);
      if (!result) return;
      total.workflows++;
      total.frames += result.frames;
      total.tasks += result.tasks;
      expect(result.problem).toBeUndefined();
    });
  }
  afterAll(() => {
    console.log(`runtime: ${total.workflows} workflows, ${total.frames} frames, ${total.tasks} tasks`);
    if (!process.env.FILTER) expect(total.workflows).toBeGreaterThan(20);
  });
});
