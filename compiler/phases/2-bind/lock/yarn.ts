/** yarn.lock of both kinds: entries by `name@range`, so that the importing package's own range says which one is meant. */
import { type Lock, type Locked, lockedAs, type Manifest } from "./lock.ts";

export function readYarn(text: string): Lock {
  const versions = new Map<string, Locked>();
  let keys: readonly string[] = [];
  for (const line of text.replace(/\r\n?/g, "\n").split("\n")) {
    if (/^[^\s#].*:$/.test(line)) {
      keys = keysOf(line);
      continue;
    }
    const [, field, value] = /^ {2}"?(version|resolution)"?:? +"?([^"\n]+)"?$/.exec(line) ?? [];
    if (field === undefined || value === undefined) continue;
    // A package linked from the project has a version too; how it was resolved comes after it.
    const isLocal = field === "resolution" && /@(?:workspace|file|link|portal):/.test(value);
    if (field === "resolution" && !isLocal) continue;
    for (const key of keys) versions.set(key, isLocal ? { type: "local" } : lockedAs(value));
  }
  if (versions.size === 0 && !text.includes("yarn lockfile") && !text.includes("__metadata"))
    throw new SyntaxError("it holds no entries");
  return {
    find: (name, { manifest }) => byRange(versions, name, manifest) ?? only(versions, name),
  };
}

/** `"a@^1", a@^2:` of version 1 and `"a@npm:^1, a@npm:^2":` of berry. */
function keysOf(line: string): string[] {
  return line.slice(0, -1).replaceAll('"', "").split(/, */);
}

function byRange(versions: ReadonlyMap<string, Locked>, name: string, manifest: Manifest): Locked | null {
  const range = manifest.ranges.get(name);
  if (range === undefined) return null;
  if (/^(?:workspace|link|portal):/.test(range)) return { type: "local" };
  const exact = versions.get(`${name}@${range}`) ?? versions.get(`${name}@npm:${range}`);
  if (exact) return exact;
  // Berry writes down where a file or a patch is bound to after the range.
  const bound = [...versions].find(([key]) => key.startsWith(`${name}@${range}::`));
  return bound ? bound[1] : null;
}

/** A package that the importing one does not name itself: sure only where there is one version of it. */
function only(versions: ReadonlyMap<string, Locked>, name: string): Locked | null {
  const found = [...versions].filter(([key]) => key.startsWith(`${name}@`)).map(([, locked]) => locked);
  const [first] = found;
  const same = (locked: Locked): boolean => JSON.stringify(locked) === JSON.stringify(first);
  return first !== undefined && found.every(same) ? first : null;
}
