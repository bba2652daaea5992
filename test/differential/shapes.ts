/** Compares a snippet as a built plan with direct execution, and tells its shape. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, expect } from "vitest";
import { compareBuilt } from "./fidelity/fidelity.ts";
import { type Snippet, workflowOf } from "./snippets.ts";

/** For one suite. Values are made up from a workflow's folder and name: those of a suite are the same each time. */
export function shapesIn(suite: string): (name: string, snippet: Snippet) => Promise<string> {
  const scratch = mkdtempSync(path.join(os.tmpdir(), `${suite}-`));
  const folder = path.join(scratch, suite);
  mkdirSync(folder);
  afterAll(() => rmSync(scratch, { recursive: true, force: true }));
  return async (name, snippet) => {
    const file = path.join(folder, `${name.replace(/\W+/g, "-")}.tsx`);
    writeFileSync(file, workflowOf(snippet));
    const result = await compareBuilt(file, { seeds: 5, rules: false });
    expect(result.problem).toBeUndefined();
    expect(result.skipped).toBeUndefined();
    expect(result.twinless).toBeUndefined();
    expect(result.frames).toBeGreaterThan(0);
    return result.shape;
  };
}
