import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { nodeHost } from "./host.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), "smithers-host-"));
  writeFileSync(path.join(folder, "prompt.mdx"), "hello");
  symlinkSync(path.join(folder, "b"), path.join(folder, "a"));
  symlinkSync(path.join(folder, "a"), path.join(folder, "b"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it.each([
  ["a path through a file", "prompt.mdx/index.d.ts"],
  ["a circle of links", "a"],
  ["a name too long", "x".repeat(5_000)],
  ["a name with a NUL", "x\0y"],
  ["nothing", "missing.ts"],
])("finds no file behind %s, and does not fail over it", (_, name) => {
  const host = nodeHost();
  const file = path.join(folder, name);
  expect(host.size(file)).toBeNull();
  expect(host.realPath(file)).toBe(file);
  expect(host.readDir(file)).toEqual([]);
});

it("gives the size of a file", () => {
  expect(nodeHost().size(path.join(folder, "prompt.mdx"))).toBe(5);
});
