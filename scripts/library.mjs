// Generates compiler/library.gen.ts from compiler/library/*.jsx. `--check` fails when it is stale.
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const text = readFileSync(path.join(root, "compiler/library/patterns.jsx"), "utf8").replaceAll("\r\n", "\n");
const lines = text.split("\n").map((line) => `  ${JSON.stringify(line)},`);
const source = [
  "// Generated from compiler/library/patterns.jsx by scripts/library.mjs.",
  "export const PATTERNS_SOURCE: string = [",
  ...lines,
  '].join("\\n");',
  "",
].join("\n");

const target = path.join(root, "compiler/library.gen.ts");
if (process.argv.includes("--check")) {
  if (readFileSync(target, "utf8") !== source)
    throw new Error("compiler/library.gen.ts is stale: run `node scripts/library.mjs`.");
} else writeFileSync(target, source);
