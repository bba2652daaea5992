/** The authoring types in an editor's eyes: fixtures/types and examples, checked as JSX with `jsxImportSource`. */
import { spawnSync } from "node:child_process";
import path from "node:path";
import { expect, it } from "vitest";

const ROOT = path.resolve(import.meta.dirname, "..");

it.each(["fixtures/types", "fixtures/types/strict", "examples"])(
  "the type checker has nothing to say of %s",
  { timeout: 120_000 },
  (folder) => {
    const tsc = path.join(ROOT, "node_modules/typescript/bin/tsc");
    const { stdout, status } = spawnSync(process.execPath, [tsc, "--noEmit", "-p", folder], {
      cwd: ROOT,
      encoding: "utf8",
    });
    expect(stdout).toBe("");
    expect(status).toBe(0);
  },
);
