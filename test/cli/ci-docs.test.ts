/** docs/ci.md can be copied: its YAML parses, its commands and options exist, its configuration is one. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { parseDocument } from "yaml";
import { ConfigSchema } from "../../cli/config.ts";
import { repository } from "./harness.ts";

const page = readFileSync(path.join(repository, "docs/ci.md"), "utf8");
const help = readFileSync(path.join(repository, "docs/cli.md"), "utf8");
const blocks = (language: string): string[] =>
  [...page.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, "gm"))].map(([, code]) => code!);

/** Every string of a YAML or JSON value. */
function strings(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(strings) : [];
}

describe("docs/ci.md", () => {
  const documents = blocks("yaml").map((text) => parseDocument(text, { strict: true }));

  it("holds YAML for GitHub and GitLab", () => {
    expect(documents).toHaveLength(2);
    for (const document of documents) expect([...document.errors, ...document.warnings]).toEqual([]);
    const github = documents[0]!.toJS() as { jobs: { plans: { steps: Record<string, unknown>[] } } };
    for (const step of github.jobs.plans.steps) expect("uses" in step).not.toBe("run" in step);
    expect(documents[1]!.toJS()).toMatchObject({
      smithers: { artifacts: { reports: { codequality: expect.any(String) } } },
    });
  });

  it("uses commands and options that exist, with values they take", () => {
    const commands = documents
      .flatMap((document) => strings(document.toJS()))
      .flatMap((text) => [...text.matchAll(/npx smithers (\w+)([^\n|>]*)/g)]);
    expect(commands.length).toBeGreaterThan(4);
    for (const [, command, rest] of commands) {
      const section = new RegExp(`## smithers ${command}\\n[\\s\\S]*?\`\`\`text([\\s\\S]*?)\`\`\``).exec(
        help,
      )?.[1];
      expect(section, `smithers ${command}`).toBeDefined();
      for (const [, option, value] of rest!.matchAll(/(--[\w-]+)(?: ([a-z]+))?/g)) {
        expect(section).toContain(option);
        if (option === "--format") expect(section).toContain(`"${value}"`);
      }
    }
  });

  it("shows a configuration that is valid", () => {
    for (const text of blocks("json")) expect(ConfigSchema.safeParse(JSON.parse(text)).success).toBe(true);
    for (const setting of Object.keys(ConfigSchema.shape).filter((name) => name !== "$schema"))
      expect(page).toContain(`| \`${setting}\` |`);
  });
});
