/** Files that are no workflow in every way we could think of: a diagnostic each, all in one call, no stack trace, no hang. */
import { execFileSync } from "node:child_process";
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { build, memoryHost } from "../../compiler/index.ts";
import { jsonLines, type Outcome, type Scratch, scratch, smithers } from "./harness.ts";

const KIT =
  'import { createSmithers } from "smithers";\nimport { z } from "zod";\nconst { Workflow, Task, smithers, outputs } = createSmithers({ input: z.object({ a: z.string() }), row: z.object({ v: z.number() }) });\n';
const BODY = '<Workflow name="w"><Task id="t" output={outputs.row}>{{ v: 1 }}</Task></Workflow>';
const GOOD = `${KIT}export default smithers((ctx) => ${BODY});\n`;

/** Name → text and the codes that must be among what is said; none where the file is fine. */
const FILES: Record<string, readonly [text: string | Uint8Array, ...codes: string[]]> = {
  "empty.tsx": ["", "SM113"],
  "blank.tsx": ["\n\n  \n", "SM113"],
  "comment.tsx": ["// nothing", "SM113"],
  "syntax.tsx": [`${KIT}export default smithers((ctx) => <Workflow`, "SM110"],
  "cut.tsx": [GOOD.slice(0, -20), "SM110"],
  "conflict.tsx": [`<<<<<<< ours\n${GOOD}=======\n>>>>>>> theirs\n`, "SM110"],
  "unknown-import.tsx": [`import { x } from "./nowhere";\n${GOOD}x;`, "SM104"],
  "binary.tsx": [Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 1, 2, 255]), "SM111"],
  "latin1.tsx": [Buffer.from("// caf\u00e9\n", "latin1"), "SM111"],
  "utf16.tsx": [Buffer.from(`\ufeff${GOOD}`, "utf16le"), "SM111"],
  "nul.tsx": [`${GOOD}// \0`, "SM111"],
  "no-default.tsx": [GOOD.replace("export default ", "const flow = "), "SM113"],
  "default-is-a-number.tsx": [`${KIT}export default 7;\n`, "SM113"],
  "two.tsx": [`${GOOD}export const other = smithers((ctx) => ${BODY});\n`, "SM114"],
  "self.tsx": [
    `${KIT}const Again = () => <Again />;\nexport default smithers((ctx) => <Workflow name="w"><Again /></Workflow>);\n`,
    "SM106",
  ],
  "imports-itself.tsx": [`import flow from "./imports-itself";\n${GOOD}flow;\n`],
  "bom.tsx": [`\ufeff${GOOD}`],
  "crlf.tsx": [GOOD.replaceAll("\n", "\r\n")],
  "cr.tsx": [GOOD.replaceAll("\n", "\r")],
  "surrogate.tsx": [GOOD.replace('id="t"', 'id={"t\\ud800"}')],
  "deep-elements.tsx": [
    `${KIT}export default smithers((ctx) => ${"<Workflow name='w'>".repeat(10_000)}`,
    "SM1",
  ],
  "deep-parentheses.tsx": [
    `${KIT}const x = ${"(".repeat(10_000)}1${")".repeat(10_000)};\n${GOOD.slice(KIT.length)}`,
  ],
  "deep-arrays.tsx": [
    `${KIT}const x = ${"[".repeat(10_000)}${"]".repeat(10_000)};\n${GOOD.slice(KIT.length).replace("v: 1", "v: x.length")}`,
    "SM112",
  ],
  "deep-sum.tsx": [GOOD.replace("v: 1", `v: ${Array(10_000).fill("1").join(" + ")}`), "SM112"],
  "deep-blocks.tsx": [`${KIT}${"{".repeat(10_000)}${"}".repeat(10_000)}\n${GOOD.slice(KIT.length)}`, "SM112"],
  "long-line.tsx": [`${GOOD}const s = "${"x".repeat(2_000_000)}";\n`],
  "only-brackets.tsx": ["<".repeat(20_000), "SM110"],
  "circle-a.tsx": [`export * from "./circle-b";\nexport { x } from "./circle-b";\n${GOOD}`, "SM104"],
  // Its circle is reported once, with circle-a.
  "circle-b.tsx": ['export { x } from "./circle-a";\nexport default 1;\n'],
};

let project: Scratch;
let outcome: Outcome;
let said: Map<string, string[]>;

beforeAll(async () => {
  project = scratch();
  for (const [name, [content]] of Object.entries(FILES)) writeFileSync(path.join(project.dir, name), content);
  writeFileSync(path.join(project.dir, "huge.tsx"), GOOD);
  truncateSync(path.join(project.dir, "huge.tsx"), 50 * 1024 * 1024);
  outcome = await smithers(["check", "huge.tsx", ...Object.keys(FILES), "--format", "json"], project.dir);
  said = new Map();
  for (const { file, code } of jsonLines(outcome.stdout) as { file: string; code: string }[])
    said.set(file, [...(said.get(file) ?? []), code]);
}, 120_000);
afterAll(() => project.remove());

describe("one call over all of them", () => {
  it("ends with 1, without a stack trace", () => {
    expect(outcome).toMatchObject({ code: 1, signal: null });
    expect(outcome.stderr + outcome.stdout).not.toMatch(/internal error|\n\s+at /);
  });

  for (const [name, [, ...codes]] of Object.entries(FILES))
    it(`${name}: ${codes.length === 0 ? "is fine or says why" : codes.join(", ")}`, () => {
      const found = said.get(name) ?? [];
      for (const code of codes)
        expect(
          found.some((c) => c.startsWith(code)),
          found.join(),
        ).toBe(true);
    });

  it("a file of 50 MB is refused for its size, unread", () => {
    expect(said.get("huge.tsx")).toEqual(["SM111"]);
  });
});

describe("what is no file", () => {
  it("folders, pipes, devices, dangling links and circles of links are said to be so, and end at once", async () => {
    mkdirSync(path.join(project.dir, "folder.tsx"));
    execFileSync("mkfifo", [path.join(project.dir, "pipe.tsx")]);
    symlinkSync("nowhere.tsx", path.join(project.dir, "dangling.tsx"));
    symlinkSync("loop.tsx", path.join(project.dir, "loop.tsx"));
    symlinkSync(".", path.join(project.dir, "round"));
    const names = ["folder.tsx", "pipe.tsx", "dangling.tsx", "loop.tsx", "/dev/zero"];
    const { code, stderr } = await smithers(["check", ...names], project.dir);
    expect(code).toBe(2);
    for (const name of names) expect(stderr).toContain(name);
    expect(stderr).toContain("dangling.tsx (it is a link that leads nowhere)");
    expect(stderr).not.toMatch(/internal error|\n\s+at /);
    project.write(
      "imports.tsx",
      `import "./pipe";\nimport a from "./loop";\nimport b from "./folder";\nimport c from "./dangling";\n${GOOD}a; b; c;`,
    );
    const imports = await smithers(["check", "imports.tsx", "--json"], project.dir);
    expect(imports.code).toBe(1);
    expect(jsonLines(imports.stdout).map((line) => line.code)).toEqual(["SM104", "SM104", "SM104", "SM104"]);
  });

  it("a file that may not be read", async () => {
    const host = memoryHost({ "/p/a.tsx": GOOD, "/p/b.tsx": `import "./a";\n${GOOD}` });
    const denied = {
      ...host,
      readFile(file: string): Uint8Array {
        if (file === "/p/a.tsx")
          throw Object.assign(new Error("EACCES: permission denied"), { code: "EACCES" });
        return host.readFile(file);
      },
    };
    for (const entry of ["/p/a.tsx", "/p/b.tsx"]) {
      const { plan, diagnostics } = await build(entry, { root: "/p", host: denied });
      expect(plan).toBeNull();
      expect(diagnostics.find(({ code }) => code === "SM111")?.message).toContain("can't be read");
    }
  });
});
