import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const copies: string[] = [];

/** A copy of the catalogue that a test may damage. */
function copy(): string {
  const dir = mkdtempSync(path.join(os.tmpdir(), "messages-"));
  copies.push(dir);
  for (const part of [
    "scripts/messages.mjs",
    "compiler/messages",
    "compiler/messages.gen.ts",
    "compiler/help.gen.ts",
    "docs/diagnostics.md",
  ])
    cpSync(path.join(root, part), path.join(dir, part), { recursive: true });
  return dir;
}

function check(dir: string): string {
  try {
    execFileSync(process.execPath, [path.join(dir, "scripts/messages.mjs"), "--check"], { stdio: "pipe" });
    return "fresh";
  } catch (error) {
    return String((error as { stderr: Buffer }).stderr);
  }
}

afterEach(() => {
  for (const dir of copies.splice(0)) rmSync(dir, { recursive: true, force: true });
});

describe("the catalogue of diagnostics", () => {
  it("is what the generated file says", () => {
    expect(check(root)).toBe("fresh");
  });

  it("is stale once a message changes", () => {
    const dir = copy();
    writeFileSync(
      path.join(dir, "compiler/messages/SM999.md"),
      "---\ncode: SM999\ntitle: t\nseverity: info\n---\n\n## What it does\n## Why is this bad\n## Example\n## Use instead\n",
    );
    expect(check(dir)).toContain("stale");
  });

  it("refuses a code that is taken", () => {
    const dir = copy();
    cpSync(path.join(dir, "compiler/messages/SM101.md"), path.join(dir, "compiler/messages/SM101-again.md"));
    expect(check(dir)).toContain("SM101 is taken by");
  });
});

describe("the source of the library's patterns", () => {
  it("is what the generated file says", () => {
    const script = path.join(root, "scripts/library.mjs");
    expect(() => execFileSync(process.execPath, [script, "--check"], { stdio: "pipe" })).not.toThrow();
  });
});
