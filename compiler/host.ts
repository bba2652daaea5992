/** How the compiler sees files: nothing but this reads the disk, so tests and editors can stand in for it. */
import { readdirSync, readFileSync, realpathSync, type Stats, statSync } from "node:fs";
import path from "node:path";

/** Paths are absolute. */
export interface BuildHost {
  /** The size in bytes of a regular file; null when there is none. */
  size(file: string): number | null;
  readFile(file: string): Uint8Array;
  /** The path with every link resolved; the path itself where nothing exists. */
  realPath(file: string): string;
  /** Names of a directory's entries, sorted; empty when there is none. */
  readDir(directory: string): readonly string[];
}

export function nodeHost(): BuildHost {
  return {
    size(file) {
      const stat = statOf(file);
      return stat?.isFile() ? stat.size : null;
    },
    readFile: (file) => readFileSync(file),
    realPath: (file) => (statOf(file) ? realpathSync(file) : file),
    readDir(directory) {
      if (!statOf(directory)?.isDirectory()) return [];
      try {
        return readdirSync(directory).sort();
      } catch {
        // One that may be entered but not listed.
        return [];
      }
    },
  };
}

/** Null where nothing can be there: a path through a file, a circle of links, a name too long. */
function statOf(file: string): Stats | null {
  try {
    return statSync(file, { throwIfNoEntry: false }) ?? null;
  } catch {
    return null;
  }
}

/** Files that exist only in memory: absolute POSIX path → content. `links` maps a path to its real path. */
export function memoryHost(
  files: { readonly [file: string]: string | Uint8Array },
  links: { readonly [file: string]: string } = {},
): BuildHost {
  const all = new Map(Object.entries(files).map(([file, content]) => [file, bytesOf(content)]));
  const real = (file: string): string => links[file] ?? file;
  return {
    size: (file) => all.get(real(file))?.length ?? null,
    readFile: (file) => all.get(real(file))!,
    realPath: real,
    readDir(directory) {
      const names = new Set<string>();
      for (const file of [...all.keys(), ...Object.keys(links)]) {
        const relative = path.posix.relative(directory, file);
        if (!relative.startsWith("..")) names.add(relative.split("/")[0]!);
      }
      return [...names].sort();
    },
  };
}

function bytesOf(content: string | Uint8Array): Uint8Array {
  return typeof content === "string" ? new TextEncoder().encode(content) : content;
}
