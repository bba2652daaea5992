/** File tools: what they do, and that they stay within the project (SEMANTICS 50). */
import { type ChildProcess, spawn } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Json } from "../../plan/types.ts";
import { edit } from "./builtin/edit.ts";
import { grep } from "./builtin/grep.ts";
import { read } from "./builtin/read.ts";
import { write } from "./builtin/write.ts";
import { MAX_OUTPUT } from "./cut.ts";
import type { Tool } from "./registry.ts";
import { callTool } from "./testing.ts";

let around: string;
let root: string;
let outside: string;
beforeEach(() => {
  around = realpathSync(mkdtempSync(path.join(os.tmpdir(), "smithers-tools-")));
  root = path.join(around, "project");
  outside = path.join(around, "outside");
  mkdirSync(root);
  mkdirSync(outside);
  writeFileSync(path.join(outside, "secret.txt"), "the secret\n");
});
afterEach(() => rmSync(around, { recursive: true, force: true }));

const put = (name: string, text: string): void => {
  mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
  writeFileSync(path.join(root, name), text);
};
const textOf = (name: string): string => readFileSync(path.join(root, name), "utf8");
const call = (tool: Tool, input: Json): Promise<string> => callTool(tool, root, input);

describe("read", () => {
  it("gives a file, or lines of it", async () => {
    put("a/b.txt", "one\ntwo\nthree\n");
    expect(await call(read, { path: "a/b.txt" })).toBe("one\ntwo\nthree\n");
    expect(await call(read, { path: path.join(root, "a/b.txt"), offset: 2, limit: 1 })).toBe("two");
    expect(await call(read, { path: "none.txt" })).toMatch(/^!ENOENT/);
    expect(await call(read, { path: "a" })).toBe('!"a" is no file');
    expect(await call(read, { file: "a" })).toMatch(/^!The input of read is not right:\n.*path/s);
  });

  it("gives as many lines of a long file as there is room for, and says where to go on", async () => {
    put("long.txt", `${"x".repeat(99)}\n`.repeat(3_000));
    const text = await call(read, { path: "long.txt", offset: 500 });
    expect(text.split("\n")).toHaveLength(2_001);
    expect(text.endsWith("\n[more follows: ask for it with offset 2500]")).toBe(true);
  });

  it("cuts a long file and says how much", async () => {
    put("long.txt", "x".repeat(MAX_OUTPUT + 1_234));
    const text = await call(read, { path: "long.txt" });
    expect(text.startsWith("x".repeat(MAX_OUTPUT))).toBe(true);
    expect(text.slice(MAX_OUTPUT)).toBe("\n[1,234 of 201,234 bytes were cut]");
  });
});

describe("write", () => {
  it("puts a file in place, with its directories and the mode of the one before", async () => {
    expect(await call(write, { path: "new/deep/a.txt", content: "hi" })).toBe("ok");
    expect(textOf("new/deep/a.txt")).toBe("hi");
    put("run.sh", "old");
    chmodSync(path.join(root, "run.sh"), 0o755);
    await call(write, { path: "run.sh", content: "new" });
    expect([textOf("run.sh"), statSync(path.join(root, "run.sh")).mode & 0o777]).toEqual(["new", 0o755]);
    expect(readdirSync(path.join(root, "new/deep"))).toEqual(["a.txt"]);
  });
});

describe("edit", () => {
  it("applies a patch, also where its lines have moved, or nothing of it", async () => {
    put("a.txt", "zero\none\ntwo\nthree\nfour\n");
    const patch = "--- a/a.txt\n+++ b/a.txt\n@@ -1,3 +1,4 @@\n one\n-two\n+2\n+2.5\n three\n";
    expect(await call(edit, { path: "a.txt", patch })).toBe("ok");
    expect(textOf("a.txt")).toBe("zero\none\n2\n2.5\nthree\nfour\n");
    expect(await call(edit, { path: "a.txt", patch })).toMatch(/^!The patch does not fit at @@ -1,3/);
    const half = `@@ -1,1 +1,1 @@\n-zero\n+0\n${patch.slice(patch.indexOf("@@"))}`;
    expect(await call(edit, { path: "a.txt", patch: half })).toMatch(/^!The patch does not fit/);
    expect(textOf("a.txt")).toBe("zero\none\n2\n2.5\nthree\nfour\n");
    expect(await call(edit, { path: "a.txt", patch: "nonsense" })).toMatch(/^!The patch has no hunk/);
  });
});

describe("grep", () => {
  it("finds lines in files of the project, and leaves out what is none of its text", async () => {
    put("src/a.ts", "const token = 1;\nother\n");
    put("src/b.ts", "// the token\n");
    put("node_modules/x.js", "token");
    put(".git/config", "token");
    put("binary", "token\0token");
    symlinkSync(outside, path.join(root, "src/link"));
    expect(await call(grep, { pattern: "tok.n" })).toBe(
      "src/a.ts:1:const token = 1;\nsrc/b.ts:1:// the token",
    );
    expect(await call(grep, { pattern: "secret" })).toBe("");
    expect(await call(grep, { pattern: "other", path: "src/a.ts" })).toBe("src/a.ts:2:other");
    expect(await call(grep, { pattern: "(" })).toMatch(/^!Invalid regular expression/);
  });

  it("gives up on an expression that would take for ever", async () => {
    put("a.txt", `${"a".repeat(40)}!\n`.repeat(50));
    expect(await call(grep, { pattern: "^(a*)*$" })).toMatch(/^!the expression takes too long/);
  });
});

describe("what is outside of the project", () => {
  const tools: readonly [string, Tool, (at: string) => Json][] = [
    ["read", read, (at) => ({ path: at })],
    ["write", write, (at) => ({ path: at, content: "changed" })],
    ["edit", edit, (at) => ({ path: at, patch: "@@ -1 +1 @@\n-the secret\n+changed\n" })],
    ["grep", grep, (at) => ({ path: at, pattern: "." })],
  ];
  it.each(tools)("is refused by %s, whatever leads there", async (_, tool, input) => {
    symlinkSync(outside, path.join(root, "link"));
    symlinkSync(path.join(outside, "secret.txt"), path.join(root, "file"));
    symlinkSync("../outside/new.txt", path.join(root, "dangling"));
    mkdirSync(path.join(root, ".smithers/runs"), { recursive: true });
    for (const at of [
      "../outside/secret.txt",
      "/etc/passwd",
      path.join(outside, "secret.txt"),
      "link/secret.txt",
      "link/../../outside/secret.txt",
      "file",
      "dangling",
      ".smithers/runs",
      "..",
    ]) {
      const said = await call(tool, input(at));
      expect([at, said]).toEqual([
        at,
        expect.stringMatching(/^!".*" (is outside|is a link to nowhere|belongs to)/),
      ]);
    }
    expect(readFileSync(path.join(outside, "secret.txt"), "utf8")).toBe("the secret\n");
    expect(readdirSync(outside)).toEqual(["secret.txt"]);
  });

  it("a symlink within the project is followed", async () => {
    put("real/a.txt", "here\n");
    symlinkSync("real", path.join(root, "link"));
    expect(await call(read, { path: "link/a.txt" })).toBe("here\n");
    await call(write, { path: "link/a.txt", content: "there\n" });
    expect(textOf("real/a.txt")).toBe("there\n");
  });

  describe("with a directory that somebody turns into a symlink and back all the time", () => {
    let swapper: ChildProcess;
    beforeEach(async () => {
      put("dir/secret.txt", "mine\n");
      swapper = spawn(process.execPath, ["-e", SWAP, root], { stdio: "ignore" });
      while (!existsSync(path.join(root, "kept"))) await new Promise((resolve) => setTimeout(resolve, 1));
    });
    afterEach(async () => {
      // It is still at it: else nothing was proved.
      expect(swapper.exitCode).toBe(null);
      const gone = new Promise((resolve) => swapper.once("exit", resolve));
      swapper.kill("SIGKILL");
      await gone;
    });

    it("nothing outside is read or written", async () => {
      const said = new Set<string>();
      for (let n = 0; n < 400; n++) {
        const text = await call(read, { path: "dir/secret.txt" });
        expect(text).not.toContain("the secret");
        said.add(text.startsWith("!") ? "refused" : "read");
        await call(write, { path: `dir/new-${n}.txt`, content: "x" });
      }
      expect([...said].sort()).toEqual(["read", "refused"]);
      expect(readdirSync(outside)).toEqual(["secret.txt"]);
    }, 60_000);
  });
});

/** `dir` is a directory, then a symlink to one outside, a few hundred microseconds each; what is made in its place goes. */
const SWAP = `
  const fs = require("node:fs");
  const root = process.argv[1];
  const [dir, kept] = [root + "/dir", root + "/kept"];
  const pause = () => { const end = performance.now() + 0.3; while (performance.now() < end); };
  const surely = (work) => { for (;;) try { return work(); } catch { try { fs.rmSync(dir, { recursive: true }); } catch {} } };
  for (;;) {
    fs.renameSync(dir, kept);
    surely(() => fs.symlinkSync("../outside", dir));
    pause();
    fs.unlinkSync(dir);
    surely(() => fs.renameSync(kept, dir));
    pause();
  }
`;
