/** Versions of packages as the project's lock file says: the lock file decides, not what happens to be installed. */
import path from "node:path";
import type { Files } from "./files.ts";

/** The version of a package, or null where the lock file names none. */
export type Versions = (name: string) => string | null;

type Reader = (text: string, name: string) => string | null;

const LOCKS: readonly (readonly [string, Reader])[] = [
  ["package-lock.json", npm],
  ["npm-shrinkwrap.json", npm],
  ["pnpm-lock.yaml", pnpm],
  ["bun.lock", bun],
  ["yarn.lock", yarn],
];

export function lockedVersions(files: Files): Versions {
  for (const [name, read] of LOCKS) {
    const file = path.join(files.root, name);
    if (!files.exists(file) || !files.isInside(file)) continue;
    const text = new TextDecoder().decode(files.host.readFile(file));
    return (pkg) => read(text, pkg);
  }
  return () => null;
}

/** The package that an import specifier belongs to: `@scope/name` or `name`. */
export function packageOf(specifier: string): string {
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}

function npm(text: string, name: string): string | null {
  try {
    const lock = JSON.parse(text) as {
      packages?: Record<string, { version?: unknown } | undefined>;
      dependencies?: Record<string, { version?: unknown } | undefined>;
    };
    const entry = lock.packages?.[`node_modules/${name}`] ?? lock.dependencies?.[name];
    return typeof entry?.version === "string" ? entry.version : null;
  } catch {
    return null;
  }
}

/** The root importer's entry: `name:` … `version: 1.2.3(peers)`. */
function pnpm(text: string, name: string): string | null {
  const entryName = `['"]?${quoted(name)}['"]?`;
  const entry = new RegExp(`^ +${entryName}:\\n(?: +specifier:.*\\n)? +version: ['"]?([^\\s('"]+)`, "m").exec(
    text,
  );
  return entry?.[1] ?? new RegExp(`^ +['"]?/?${quoted(name)}@(\\d[^:('"]*)`, "m").exec(text)?.[1] ?? null;
}

function bun(text: string, name: string): string | null {
  return new RegExp(`"${quoted(name)}": \\["${quoted(name)}@([^"]+)"`).exec(text)?.[1] ?? null;
}

function yarn(text: string, name: string): string | null {
  const entry = new RegExp(`^"?${quoted(name)}@[^\\n]*:\\n +version:? "?([^"\\n]+)"?`, "m").exec(text);
  return entry?.[1] ?? null;
}

function quoted(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
}
