// Generates compiler/messages.gen.ts (what every build needs), compiler/help.gen.ts (what only reports need) and the table
// of docs/diagnostics.md from compiler/messages/*.md. `--check` fails when one is stale.
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const folder = path.join(root, "compiler/messages");
const HEADINGS = ["What it does", "Why is this bad", "Example", "Use instead"];
const SEVERITIES = ["error", "warning", "info"];

function fail(file, why) {
  throw new Error(`compiler/messages/${file}: ${why}`);
}

function read(file) {
  const text = readFileSync(path.join(folder, file), "utf8");
  const parts = /^---\n([\s\S]*?)\n---\n([\s\S]*)$/.exec(text);
  if (!parts) fail(file, "no front matter");
  const [, front, body] = parts;
  const field = (name) =>
    new RegExp(`^${name}: (.+)$`, "m").exec(front)?.[1] ?? fail(file, `no \`${name}\` in the front matter`);
  const code = field("code");
  if (!/^SM\d{3}$/.test(code)) fail(file, `\`${code}\` is not SM and three digits`);
  if (!file.startsWith(code)) fail(file, `is named otherwise than its code ${code}`);
  const severity = field("severity");
  if (!SEVERITIES.includes(severity)) fail(file, `unknown severity \`${severity}\``);
  const headings = [...body.matchAll(/^## (.+)$/gm)].map((m) => m[1]);
  if (headings.join() !== HEADINGS.join()) fail(file, `the headings must be: ${HEADINGS.join(", ")}`);
  const parted = body.split(/^## .+$/m).slice(1);
  const [what, why, example, instead] = parted.map((part) => part.trim());
  return { file, code, title: field("title"), severity, help: { what, why, example, instead } };
}

const seen = new Map();
const messages = readdirSync(folder)
  .filter((file) => file.endsWith(".md"))
  .sort()
  .map(read);
for (const { code, file } of messages) {
  if (seen.has(code)) fail(file, `${code} is taken by ${seen.get(code)}`);
  seen.set(code, file);
}

const source = [
  "// Generated from compiler/messages/*.md by scripts/messages.mjs.",
  "export const MESSAGES = {",
  ...messages.map(
    ({ code, title, severity }) =>
      `  ${code}: { title: ${JSON.stringify(title)}, severity: ${JSON.stringify(severity)} },`,
  ),
  "} as const;",
  "",
  "export type Code = keyof typeof MESSAGES;",
  "",
].join("\n");

const help = [
  "// Generated from compiler/messages/*.md by scripts/messages.mjs.",
  'import type { Code } from "./messages.gen.ts";',
  "",
  "/** An entry of the catalogue: each part Markdown. */",
  "export interface Help {",
  "  readonly what: string;",
  "  readonly why: string;",
  "  readonly example: string;",
  "  readonly instead: string;",
  "}",
  "",
  "export const HELP: Readonly<Record<Code, Help>> = {",
  ...messages.map(({ code, help }) => `  ${code}: ${JSON.stringify(help)},`),
  "};",
  "",
].join("\n");

const summary = (what) => what.split("\n\n")[0].replace(/\s+/g, " ").replace(/\|/g, "\\|");
const table = [
  "| code | severity | title | what it does |",
  "|---|---|---|---|",
  ...messages.map(
    ({ code, title, severity, help }) =>
      `| [${code}](../compiler/messages/${code}.md) | ${severity} | ${title} | ${summary(help.what)} |`,
  ),
].join("\n");
const guide = path.join(root, "docs/diagnostics.md");
const [head] = readFileSync(guide, "utf8").split("| code |");

for (const [name, text] of [
  ["compiler/messages.gen.ts", source],
  ["compiler/help.gen.ts", help],
  ["docs/diagnostics.md", `${head}${table}\n`],
]) {
  const target = path.join(root, name);
  if (!process.argv.includes("--check")) writeFileSync(target, text);
  else if (!existsSync(target) || readFileSync(target, "utf8") !== text)
    throw new Error(`${name} is stale: run \`node scripts/messages.mjs\`.`);
}
