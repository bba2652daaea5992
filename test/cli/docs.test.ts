/** The docs tell the same story as the code: `--help` as printed, and every workflow in them compiles. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { repository, type Scratch, scratch, smithers } from "./harness.ts";

const UPDATE = process.env.UPDATE === "1";

let project: Scratch;
beforeAll(() => {
  project = scratch();
  const zod = path.join(repository, "node_modules/zod/package.json");
  const { version } = JSON.parse(readFileSync(zod, "utf8")) as { version: string };
  const lock = { lockfileVersion: 3, packages: { "node_modules/zod": { version } } };
  project.write("package-lock.json", JSON.stringify(lock));
});
afterAll(() => project.remove());

describe("docs/cli.md", () => {
  it("is what --help prints (UPDATE=1 writes it anew)", async () => {
    const file = path.join(repository, "docs/cli.md");
    const help = async (...command: string[]): Promise<string> => {
      const { stdout, code } = await smithers([...command, "--help"], project.dir);
      expect(code).toBe(0);
      return stdout;
    };
    const commands = [...(await help()).matchAll(/^ {2}smithers (\w+)/gm)].map(([, command]) => command!);
    expect(commands.length).toBeGreaterThan(10);
    const sections = await Promise.all(
      [[], ...commands.map((command) => [command])].map(async (command) => {
        const stdout = await help(...command);
        return `## ${["smithers", ...command].join(" ")}\n\n\`\`\`text\n${stdout.trimEnd()}\n\`\`\`\n`;
      }),
    );
    const current = readFileSync(file, "utf8");
    const head = current.slice(0, current.indexOf("\n## smithers\n") + 1);
    const text = `${head}${sections.join("\n")}`;
    if (UPDATE) writeFileSync(file, text);
    else expect(current).toBe(text);
  });
});

/** Fenced blocks of one language. */
function blocks(file: string, language: string): string[] {
  const text = readFileSync(path.join(repository, file), "utf8");
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, "gm"))].map(
    ([, code]) => code!,
  );
}

const pages = [
  "README.md",
  ...readdirSync(path.join(repository, "docs")).map((name) => `docs/${name}`),
].filter((name) => name.endsWith(".md"));

describe("workflows in the docs", () => {
  const found = pages.flatMap((file) => blocks(file, "tsx").map((code, i) => ({ file, code, i })));
  it("exist", () => expect(found.length).toBeGreaterThan(0));
  for (const { file, code, i } of found) {
    it(`${file} block ${i + 1} compiles`, async () => {
      const name = `docs-${i}-${path.basename(file, ".md")}.tsx`;
      project.write(name, code);
      const { code: exit, stderr } = await smithers(["check", name], project.dir);
      expect(stderr).toContain("no problems");
      expect(exit).toBe(0);
    });
  }
});

describe("docs/tools.md", () => {
  it("has a workflow and a test of it that passes", async () => {
    const [workflow] = blocks("docs/tools.md", "tsx");
    const [cases] = blocks("docs/tools.md", "json");
    project.write("workflow.tsx", workflow!);
    const file = project.write("workflow.test.json", cases!);
    const { code, stdout, stderr } = await smithers(["test", file], project.dir);
    expect(stdout + stderr).toMatch(/1 passed|an order that somebody agrees to/);
    expect(code).toBe(0);
  });
});
