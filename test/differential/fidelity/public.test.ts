/**
 * Other people's workflows: every file of the folders that `SMITHERS_CORPUS` names (with commas between them) which
 * builds, previewed and rendered as in fidelity.test.ts. `SEEDS` bounds the runs of a file, `FILTER` names files.
 */
import { readdirSync, statSync } from "node:fs";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { nodeHost } from "../../../compiler/host.ts";
import { projectRoot } from "../../../compiler/phases/2-bind/root.ts";
import { compareBuilt } from "./fidelity.ts";

const SEEDS = Number(process.env.SEEDS ?? 8);
const folders = (process.env.SMITHERS_CORPUS ?? "").split(",").filter((folder) => folder !== "");

/** Workflow files of a folder, or the one that is named. */
function filesOf(at: string): string[] {
  if (statSync(at).isFile()) return [at];
  return readdirSync(at, { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(at, entry.name);
    if (entry.isDirectory()) return entry.name === "node_modules" ? [] : filesOf(file);
    return /\.[jt]sx$/.test(entry.name) ? [file] : [];
  });
}

const host = nodeHost();

for (const folder of folders) {
  const files = filesOf(path.resolve(folder)).filter((file) => file.includes(process.env.FILTER ?? ""));
  describe.skipIf(files.length === 0)(`${folder}: preview against direct execution`, () => {
    const total = { compared: 0, frames: 0, tasks: 0, threw: 0, waited: 0, mismatches: 0 };
    const skipped: string[] = [];
    for (const file of files) {
      it(path.relative(folder, file), { timeout: 120_000 }, async () => {
        const result = await compareBuilt(file, { seeds: SEEDS, root: projectRoot(host, file) });
        if (result.skipped !== undefined) skipped.push(`${path.relative(folder, file)}: ${result.skipped}`);
        if (result.frames > 0) total.compared++;
        total.frames += result.frames;
        total.tasks += result.tasks;
        total.threw += result.threw;
        total.waited += result.waited;
        if (result.problem !== undefined) total.mismatches++;
        expect(result.problem).toBeUndefined();
      });
    }
    afterAll(() =>
      console.log(
        [
          `${folder}: ${total.compared} of ${files.length} files compared, ${total.frames} frames, ${total.tasks} tasks, ${total.mismatches} mismatches; direct execution threw in ${total.threw}, waited in ${total.waited}`,
          ...skipped.map((line) => `  ${line}`),
        ].join("\n"),
      ),
    );
  });
}

describe.skipIf(folders.length > 0)("other people's workflows", () => {
  it.skip("SMITHERS_CORPUS names no folder", () => {});
});
