/**
 * Generated programs that mutate: plan and plain twin against direct execution. `RUNS` gives the number of programs
 * (default 60 and 150),
 * `SEED` another start than the fixed one.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import fc from "fast-check";
import { afterAll, expect, it } from "vitest";
import { compareBuilt } from "./fidelity/fidelity.ts";
import { programs } from "./programs.ts";
import { sharedObjects } from "./shared-objects.ts";

const scratch = mkdtempSync(path.join(os.tmpdir(), "programs-"));
// Values are made up from a workflow's folder and name: these are the same each time.
const folder = path.join(scratch, "programs");
mkdirSync(folder);
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

it.each([
  ["mutate", programs, 60],
  ["share objects", sharedObjects, 150],
] as const)("gives equal frames for programs that %s", { timeout: 280_000 }, async (what, made, usual) => {
  const numRuns = Number(process.env.RUNS ?? usual);
  const seen = { lowered: 0, refused: 0, frames: 0, blocks: 0 };
  await fc.assert(
    fc.asyncProperty(made, async (source) => {
      const file = path.join(folder, "program.tsx");
      writeFileSync(file, source);
      const result = await compareBuilt(file, { seeds: 3, frames: 6, rules: false });
      if (result.frames > 0) seen.lowered++;
      else seen.refused++;
      if (result.shape === "block") seen.blocks++;
      seen.frames += result.frames;
      expect(result.problem).toBeUndefined();
      expect(result.twinless).toBeUndefined();
    }),
    { numRuns, seed: Number(process.env.SEED ?? 3) },
  );
  console.log(
    `programs that ${what}: ${seen.lowered} lowered (${seen.blocks} with blocks), ${seen.refused} refused, ${seen.frames} frames`,
  );
  // A program that is refused proves nothing; nearly all of them have to be compared.
  expect(seen.lowered).toBeGreaterThan(seen.refused * 9);
});
