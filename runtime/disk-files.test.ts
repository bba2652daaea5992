/** Looks at files that a run has read: they are read again only where they may hold something else (SEMANTICS 58). */
import { mkdtempSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { diskFiles } from "./files.ts";
import { type FileAnswer, type FileSource, ProjectFiles } from "./values/files.ts";

const QUESTION = { operation: "readFile", path: "a.md", recursive: false } as const;
/** Longer than a file may be changed once more without another time. */
const SETTLED_MS = 2200;

let root: string;
let file: string;
let look: () => FileAnswer;
beforeEach(() => {
  root = mkdtempSync(path.join(os.tmpdir(), "smithers-looks-"));
  file = path.join(root, "a.md");
  writeFileSync(file, "one");
  const source = diskFiles(root);
  look = () => source(QUESTION);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

describe("a file on disk", () => {
  it("is read again while it is new, and not any more once it has stayed as it is", async () => {
    expect(look()).not.toBe(look());
    await sleep(SETTLED_MS);
    const settled = look();
    expect(settled).toEqual({ ok: true, value: "one" });
    expect(look()).toBe(settled);
  });

  it("is read again when it was written, with the same size and the same times", async () => {
    await sleep(SETTLED_MS);
    expect(look()).toMatchObject({ value: "one" });
    const { atime, mtime } = statSync(file);
    writeFileSync(file, "two");
    utimesSync(file, atime, mtime);
    expect(look()).toMatchObject({ value: "two" });
  });

  it("is read again when another one took its place", async () => {
    const other = path.join(root, "b.md");
    writeFileSync(other, "two");
    await sleep(SETTLED_MS);
    expect(look()).toMatchObject({ value: "one" });
    renameSync(other, file);
    expect(look()).toMatchObject({ value: "two" });
  });

  it("says what it said before where it is gone, or is none", () => {
    rmSync(file);
    expect(look()).toEqual({
      ok: false,
      code: "ENOENT",
      message: "ENOENT: no such file or directory, open 'a.md'",
    });
    expect(diskFiles(root)({ ...QUESTION, path: "." })).toMatchObject({ ok: false, code: "EISDIR" });
  });
});

describe("what a run has read", () => {
  it("is compared with what the journal has, and again after each change", () => {
    let text = "one";
    let given: FileAnswer = { ok: true, value: text };
    const source: FileSource = () => {
      if (given.ok && given.value !== text) given = { ok: true, value: text };
      return given;
    };
    const files = new ProjectFiles(source, [{ ...QUESTION, answer: { ok: true, value: "one" } }]);
    expect([files.look(), files.look()]).toEqual([[], []]);
    text = "two";
    const [changed] = files.look();
    expect(changed).toMatchObject({ answer: { value: "two" } });
    expect(files.observe(changed!)).toBe(true);
    expect(files.look()).toEqual([]);
    text = "one";
    expect(files.look()).toMatchObject([{ answer: { value: "one" } }]);
  });
});
