// Generates compiler/library.gen.ts from compiler/library/*.jsx. `--check` fails when it is stale.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const folder = path.join(root, "compiler/library");
const IMPORT = /^import \{([^}]*)\} from "([^"]*)";\n/gm;

/** The files are one source: what they import is imported once, what they import of one another is there. */
const imported = new Map();
const bodies = readdirSync(folder)
  .filter((name) => name.endsWith(".jsx"))
  .sort()
  .map((name) =>
    readFileSync(path.join(folder, name), "utf8")
      .replaceAll("\r\n", "\n")
      .replace(IMPORT, (_, names, from) => {
        if (from.startsWith(".")) return "";
        const known = imported.get(from) ?? new Set();
        for (const name of names.split(",")) if (name.trim()) known.add(name.trim());
        imported.set(from, known);
        return "";
      }),
  );
const imports = [...imported]
  .sort()
  .map(([from, names]) => `import { ${[...names].sort().join(", ")} } from ${JSON.stringify(from)};`);
const text = [...imports, ...bodies].join("\n");
const lines = text.split("\n").map((line) => `  ${JSON.stringify(line)},`);
const source = [
  "// Generated from compiler/library/*.jsx by scripts/library.mjs.",
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
