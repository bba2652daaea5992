/**
 * Versions of packages as lock files say: they decide, not what happens to be installed.
 *
 * In: the files of a build. Out: for an importing file and a package what the nearest lock file above it holds. As Node
 * looks for packages from directory to directory, so does this for locks, up to the root of the repository or workspace
 * (the project's own root where there is neither), and never through a link that leads out of it.
 */
import path from "node:path";
import type { Files } from "../files.ts";
import { ceilingOf, manifestOf, type Tree } from "../workspace.ts";
import { readBun } from "./bun.ts";
import type { Lock, Locked, LockReader } from "./lock.ts";
import { readNpm } from "./npm.ts";
import { readPnpm } from "./pnpm.ts";
import { readYarn } from "./yarn.ts";

/** The file's name and the program that writes it; where several stand side by side, the earlier one is asked first. */
const LOCKS: readonly {
  readonly name: string;
  readonly by: string;
  readonly read: LockReader;
}[] = [
  { name: "npm-shrinkwrap.json", by: "npm", read: readNpm },
  { name: "package-lock.json", by: "npm", read: readNpm },
  { name: "pnpm-lock.yaml", by: "pnpm", read: readPnpm },
  { name: "bun.lock", by: "bun", read: readBun },
  { name: "yarn.lock", by: "yarn", read: readYarn },
];

export type Answer =
  | Locked
  /** No lock file at all. `binary`: bun's older form, which holds no text. */
  | { readonly type: "no-lock"; readonly directory: string; readonly binary: boolean }
  | { readonly type: "not-locked"; readonly locks: readonly string[] }
  | { readonly type: "unreadable"; readonly lock: string; readonly reason: string };

/** The package that an import specifier belongs to: `@scope/name` or `name`. */
export function packageOf(specifier: string): string {
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}

/** Paths in answers are relative to the project root. */
export type Versions = (name: string, importer: string) => Promise<Answer>;

interface Found {
  readonly file: string;
  readonly lock: Lock | { readonly reason: string };
}

export function lockedVersions(files: Files): Versions {
  const tree: Tree = { host: files.host, ceiling: ceilingOf(files.host, files.root) };
  const known = new Map<string, Promise<readonly Found[]>>();
  const locksIn = (directory: string): Promise<readonly Found[]> => {
    const found = known.get(directory) ?? readLocks(files, tree, directory);
    known.set(directory, found);
    return found;
  };
  return async (name, importer) => {
    const asked: string[] = [];
    const directories = above(path.dirname(importer), tree.ceiling);
    const own = directories.find((d) => manifestOf(tree, d) !== null) ?? files.root;
    const manifest = manifestOf(tree, own) ?? { ranges: new Map<string, string>() };
    for (const directory of directories) {
      const relative = path.relative(directory, own).split(path.sep).join("/");
      const inside = relative.startsWith("..") ? "" : relative;
      for (const { file, lock } of await locksIn(directory)) {
        const shown = files.relative(file);
        if ("reason" in lock) return { type: "unreadable", lock: shown, reason: lock.reason };
        asked.push(shown);
        const locked = lock.find(name, { directory: inside, manifest });
        if (locked) return locked;
      }
    }
    if (asked.length > 0) return { type: "not-locked", locks: asked };
    const binary = directories.some((d) => files.exists(path.join(d, "bun.lockb")));
    return { type: "no-lock", directory: files.relative(own), binary };
  };
}

/** The directory and those above it, up to the ceiling; one outside of it is looked at alone. */
function above(directory: string, ceiling: string): string[] {
  const found = [directory];
  for (let at = directory; at !== ceiling && path.dirname(at) !== at; ) {
    at = path.dirname(at);
    found.push(at);
  }
  return found.includes(ceiling) ? found : [directory];
}

async function readLocks(files: Files, tree: Tree, directory: string): Promise<readonly Found[]> {
  const found: Found[] = [];
  const program = manifestOf(tree, directory)?.packageManager ?? null;
  const present = LOCKS.filter(({ name }) => isWithin(files, tree, path.join(directory, name)));
  // Where package.json says which program is used, what others once wrote there is out of date.
  const own = present.filter(({ by }) => by === program);
  for (const { name, read } of own.length > 0 ? own : present) {
    const file = path.join(directory, name);
    try {
      const text = new TextDecoder("utf-8", { fatal: true }).decode(files.host.readFile(file));
      found.push({ file, lock: await read(text) });
    } catch (error) {
      found.push({ file, lock: { reason: (error as Error).message.split("\n")[0]! } });
    }
  }
  return found;
}

function isWithin({ host }: Files, { ceiling }: Tree, file: string): boolean {
  if (host.size(file) === null) return false;
  const relative = path.relative(host.realPath(ceiling), host.realPath(file));
  return !relative.startsWith("..") && !path.isAbsolute(relative);
}
