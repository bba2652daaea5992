/** Which commit a working tree stands on, read from its files: no process is started, and no git need be there. */
import { readFileSync, statSync } from "node:fs";
import path from "node:path";

/** `refs/heads/main 89abcdef…`, or the commit alone where no branch is checked out; undefined outside of git. */
export function gitHead(root: string): string | undefined {
  try {
    const directory = gitDirectory(root);
    if (directory === undefined) return undefined;
    const head = read(path.join(directory, "HEAD"));
    const [, ref] = /^ref: (refs\/[^\s]+)$/.exec(head) ?? [];
    if (ref === undefined) return COMMIT.test(head) ? head : undefined;
    const commit = commitOf(ref, directory);
    return commit === undefined ? undefined : `${ref} ${commit}`;
  } catch {
    return undefined;
  }
}

const COMMIT = /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/;

/** Of the nearest `.git` above; of a linked worktree or a submodule it is a file that says where. */
function gitDirectory(root: string): string | undefined {
  for (let place = path.resolve(root); ; place = path.dirname(place)) {
    const found = path.join(place, ".git");
    const stat = statSync(found, { throwIfNoEntry: false });
    if (stat?.isDirectory()) return found;
    if (stat?.isFile()) {
      const [, target] = /^gitdir: (.+)$/.exec(read(found)) ?? [];
      return target === undefined ? undefined : path.resolve(place, target);
    }
    if (place === path.dirname(place)) return undefined;
  }
}

/** A linked worktree has its own HEAD and shares the branches of the repository it belongs to. */
function commitOf(ref: string, directory: string): string | undefined {
  const common = readOr(path.join(directory, "commondir"));
  const places = [directory, ...(common === null ? [] : [path.resolve(directory, common)])];
  for (const place of places) {
    const loose = readOr(path.join(place, ref));
    if (loose !== null && COMMIT.test(loose)) return loose;
  }
  for (const place of places) {
    const packed = readOr(path.join(place, "packed-refs"))?.split("\n");
    const line = packed?.find((one) => one.endsWith(` ${ref}`));
    if (line) return line.split(" ")[0];
  }
  return undefined;
}

const read = (file: string): string => readFileSync(file, "utf8").trim();

function readOr(file: string): string | null {
  try {
    return read(file);
  } catch {
    return null;
  }
}
