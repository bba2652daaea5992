/** Packages of the same repository: where it ends, what its package.json files say, and which packages are linked from it. */
import path from "node:path";
import type { BuildHost } from "../../host.ts";

export interface Tree {
  readonly host: BuildHost;
  /** Nothing above this directory is looked at. */
  readonly ceiling: string;
}

export interface PackageJson {
  readonly name: string | null;
  /** Every package that it asks for, with the range as written. */
  readonly ranges: ReadonlyMap<string, string>;
  readonly workspaces: readonly string[];
  /** `pnpm` of `"packageManager": "pnpm@9.1.0"`. */
  readonly packageManager: string | null;
  readonly json: Readonly<Record<string, unknown>>;
}

/** The root of the repository or workspace that the project belongs to; the project's own where there is neither. */
export function ceilingOf(host: BuildHost, root: string): string {
  for (let directory = root; ; directory = path.dirname(directory)) {
    const isFile = (name: string): boolean => host.size(path.join(directory, name)) !== null;
    const isRoot =
      isFile(".git") ||
      host.readDir(path.join(directory, ".git")).length > 0 ||
      isFile("pnpm-workspace.yaml") ||
      (manifestOf({ host, ceiling: directory }, directory)?.workspaces.length ?? 0) > 0;
    if (isRoot) return directory;
    if (directory === path.dirname(directory)) return root;
  }
}

/** The directory's package.json; null where there is none, or none that can be read. */
export function manifestOf({ host }: Tree, directory: string): PackageJson | null {
  const file = path.join(directory, "package.json");
  if (host.size(file) === null) return null;
  try {
    const json: unknown = JSON.parse(new TextDecoder().decode(host.readFile(file)));
    return isRecord(json) ? packageJson(json) : null;
  } catch {
    return null;
  }
}

const KINDS = ["peerDependencies", "optionalDependencies", "devDependencies", "dependencies"];

function packageJson(json: Readonly<Record<string, unknown>>): PackageJson {
  const ranges = new Map<string, string>();
  for (const kind of KINDS) {
    const asked = json[kind];
    if (!isRecord(asked)) continue;
    for (const [name, range] of Object.entries(asked)) if (typeof range === "string") ranges.set(name, range);
  }
  const { name, packageManager, workspaces } = json;
  const listed = isRecord(workspaces) ? workspaces.packages : workspaces;
  return {
    name: typeof name === "string" ? name : null,
    ranges,
    workspaces: Array.isArray(listed) ? listed.filter((pattern) => typeof pattern === "string") : [],
    packageManager: typeof packageManager === "string" ? packageManager.split("@")[0]! : null,
    json,
  };
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * The directory of a package that the importing file's package takes from the same repository: by a range such as
 * `workspace:*` or `file:../b`, or as a member of its workspace. Null for every other package.
 */
export function linkedDirectory(tree: Tree, importer: string, name: string): string | null {
  for (let directory = path.dirname(importer); ; directory = path.dirname(directory)) {
    const manifest = manifestOf(tree, directory);
    const range = manifest?.ranges.get(name);
    if (range !== undefined) {
      const [, target] = /^(?:file|link|portal):(.+)$/.exec(range) ?? [];
      if (target !== undefined) return path.resolve(directory, target);
      if (/^(?:npm|git|https?|github):/.test(range)) return null;
      return memberOf(tree, name);
    }
    if (directory === tree.ceiling || directory === path.dirname(directory)) return null;
  }
}

/** The member of the workspace that has the name; patterns are a path or a folder with `*` for its entries. */
function memberOf(tree: Tree, name: string): string | null {
  for (const directory of membersOf(tree)) if (manifestOf(tree, directory)?.name === name) return directory;
  return null;
}

function membersOf({ host, ceiling }: Tree): string[] {
  const patterns = [
    ...(manifestOf({ host, ceiling }, ceiling)?.workspaces ?? []),
    ...pnpmPatterns(host, ceiling),
  ];
  return patterns.flatMap((pattern) => {
    if (pattern.startsWith("!")) return [];
    const deep = /^(.*?)\/?\*\*?(?:\/.*)?$/.exec(pattern);
    if (!deep) return [path.join(ceiling, pattern)];
    const folder = path.join(ceiling, deep[1]!);
    return host.readDir(folder).map((entry) => path.join(folder, entry));
  });
}

/** The list under `packages:` of pnpm-workspace.yaml. */
function pnpmPatterns(host: BuildHost, ceiling: string): string[] {
  const file = path.join(ceiling, "pnpm-workspace.yaml");
  if (host.size(file) === null) return [];
  const text = new TextDecoder().decode(host.readFile(file)).replace(/\r\n?/g, "\n");
  const list = /^packages:[ \t]*(?:#.*)?\n((?:[ \t]*(?:-.*|#.*)?\n?)*)/m.exec(text)?.[1] ?? "";
  return [...list.matchAll(/^[ \t]*-[ \t]*(?:"([^"]*)"|'([^']*)'|([^\s#]+))/gm)].map(
    ([, double, single, bare]) => double ?? single ?? bare ?? "",
  );
}

const CONDITIONS = ["source", "bun", "import", "module", "node", "default", "require"];

/** Files that `package` or `package/sub` may stand for, best first; what a `dist` would hold is not built here. */
export function entriesOf(tree: Tree, directory: string, subpath: string): string[] {
  const manifest = manifestOf(tree, directory);
  if (!manifest) return [];
  const { exports, module, main, source } = manifest.json;
  const key = subpath === "" ? "." : `./${subpath}`;
  const written = [
    ...(subpath === "" ? [source] : []),
    ...targetsOf(exports, key),
    ...(subpath === "" ? ["src/index", module, main, "index"] : [`src/${subpath}`, subpath]),
  ];
  return written
    .filter((target) => typeof target === "string")
    .map((target) => path.resolve(directory, target));
}

/** Of the `exports` of a package.json: a target, conditions, or a table of subpaths with at most one `*` each. */
function targetsOf(exports: unknown, key: string): string[] {
  if (typeof exports === "string" || Array.isArray(exports)) return key === "." ? conditional(exports) : [];
  if (!isRecord(exports)) return [];
  if (!Object.keys(exports).some((name) => name.startsWith(".")))
    return key === "." ? conditional(exports) : [];
  if (Object.hasOwn(exports, key)) return conditional(exports[key]);
  for (const [pattern, target] of Object.entries(exports)) {
    const [head, tail] = pattern.split("*");
    if (head === undefined || tail === undefined) continue;
    if (key.length > head.length + tail.length && key.startsWith(head) && key.endsWith(tail)) {
      const part = key.slice(head.length, key.length - tail.length);
      return conditional(target).map((text) => text.replaceAll("*", () => part));
    }
  }
  return [];
}

function conditional(target: unknown): string[] {
  if (typeof target === "string") return [target];
  if (Array.isArray(target)) return target.flatMap(conditional);
  if (!isRecord(target)) return [];
  return CONDITIONS.flatMap((name) => (Object.hasOwn(target, name) ? conditional(target[name]) : []));
}
