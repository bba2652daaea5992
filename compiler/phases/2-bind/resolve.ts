/** From an import specifier to a file of the project, or to what is not compiled. */
import { isBuiltin } from "node:module";
import path from "node:path";
import { nearest } from "../../suggest.ts";
import type { Aliases } from "./aliases.ts";
import { isAuthoring } from "./authoring.ts";
import type { Files } from "./files.ts";
import { ceilingOf, entriesOf, linkedDirectory, type Tree } from "./workspace.ts";

export type Target =
  | { readonly type: "file"; readonly file: string }
  | { readonly type: "smithers"; readonly from: string }
  | { readonly type: "zod" }
  | { readonly type: "external"; readonly name: string }
  /** A path that leads to nothing; `instead` is a specifier that would. */
  | { readonly type: "missing"; readonly instead: string | null };

const EXTENSIONS = [".ts", ".tsx", ".mts", ".js", ".jsx", ".mjs"];
/** A JavaScript extension in an import may stand for the TypeScript file beside it. */
const WRITTEN: { readonly [extension: string]: readonly string[] } = {
  ".js": [".ts", ".tsx", ".js", ".jsx"],
  ".jsx": [".tsx", ".jsx"],
  ".mjs": [".mts", ".mjs"],
};
const ZOD = new Set(["zod", "zod/v4"]);

export function resolveSpecifier(
  files: Files,
  aliases: Aliases,
  importer: string,
  specifier: string,
): Target {
  if (isAuthoring(specifier)) return { type: "smithers", from: specifier };
  if (ZOD.has(specifier)) return { type: "zod" };
  if (isBuiltin(specifier))
    return { type: "external", name: specifier.startsWith("node:") ? specifier : `node:${specifier}` };
  const relative = /^\.{0,2}\//.test(specifier) || specifier === "." || specifier === "..";
  const bases = relative
    ? [path.resolve(path.dirname(importer), specifier)]
    : aliases.candidates(importer, specifier);
  for (const base of bases) {
    const file = findFile(files, base);
    if (file) return { type: "file", file };
  }
  if (!relative && !aliases.isAlias(importer, specifier)) {
    const file = linkedFile(files, importer, specifier);
    if (file) return { type: "file", file };
  }
  // A prompt has to be read: as a file of a package it would be out of reach.
  const isPrompt = /\.mdx?$/.test(specifier);
  if (!relative && !isPrompt && !aliases.isAlias(importer, specifier))
    return { type: "external", name: specifier };
  return { type: "missing", instead: bases[0] ? sibling(files, bases[0], specifier) : null };
}

/** The source of a package that is linked from within the project; null for one that is not, or is built elsewhere. */
function linkedFile(files: Files, importer: string, specifier: string): string | null {
  const parts = specifier.split("/");
  const depth = specifier.startsWith("@") ? 2 : 1;
  const tree: Tree = { host: files.host, ceiling: ceilingOf(files.host, files.root) };
  const directory = linkedDirectory(tree, importer, parts.slice(0, depth).join("/"));
  if (directory === null || !files.isInside(directory)) return null;
  for (const base of entriesOf(tree, directory, parts.slice(depth).join("/"))) {
    const file = findFile(files, base);
    if (file && /\.(?:[cm]?[jt]sx?|json|mdx?)$/.test(file) && files.isInside(file)) return file;
  }
  return null;
}

/** Whether a relative specifier leads to declarations only: they hold no code. */
export function leadsToTypes(files: Files, importer: string, specifier: string): boolean {
  if (!specifier.startsWith(".")) return false;
  const base = path.resolve(path.dirname(importer), specifier);
  const stem = base.replace(/\.([cm]?)js$/, "");
  return [`${stem}.d.ts`, `${stem}.d.mts`, path.join(base, "index.d.ts")].some((file) => files.exists(file));
}

function findFile(files: Files, base: string): string | null {
  const extension = path.extname(base);
  const stem = base.slice(0, base.length - extension.length);
  const written = WRITTEN[extension];
  const options = [
    ...(written ? written.map((e) => stem + e) : [base]),
    ...EXTENSIONS.map((e) => base + e),
    ...EXTENSIONS.map((e) => path.join(base, `index${e}`)),
  ];
  return options.find((file) => files.exists(file)) ?? null;
}

/** The specifier of the likeliest file in the directory that was named. */
function sibling(files: Files, base: string, specifier: string): string | null {
  const directory = path.dirname(base);
  const importable = /\.([cm]?[jt]sx?|json|mdx?)$/;
  const names = new Map<string, string>();
  for (const entry of files.host.readDir(directory)) {
    if (!importable.test(entry)) continue;
    names.set(entry, entry);
    names.set(entry.replace(/\.[cm]?[jt]sx?$/, ""), entry.replace(/\.[cm]?[jt]sx?$/, ""));
  }
  const found = nearest(path.basename(base), names.keys());
  return found === null ? null : specifier.slice(0, specifier.length - path.basename(base).length) + found;
}
