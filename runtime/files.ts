/** Files as `ctx.fs` reads them: those of the project, by real path. */
import {
  type BigIntStats,
  type Dirent,
  existsSync,
  readdirSync,
  readFileSync,
  realpathSync,
  statSync,
} from "node:fs";
import path from "node:path";
import type { Json } from "../plan/types.ts";
import type { FileAnswer, FileEntry, FileQuestion, FileSource } from "./values/files.ts";

/** Before that long after it was changed a file may change once more and have the same times, whose steps are coarse. */
const RACY_MS = 2000;

/** What was read of a file, and how it stood then. */
interface Look {
  readonly stamp: string;
  readonly answer: FileAnswer;
}

/**
 * The disk below the project directory. A file that stands as it did when it was last read is not read again: the answer is
 * the same object.
 */
export function diskFiles(root: string): FileSource {
  const looks = new Map<string, Look>();
  const readOnce = (file: string, question: FileQuestion): FileAnswer => {
    const stamp = question.operation === "readFile" ? stampOf(file) : null;
    const last = looks.get(file);
    if (stamp !== null && last?.stamp === stamp) return last.answer;
    const answer: FileAnswer = { ok: true, value: read(file, question) };
    if (stamp === null) looks.delete(file);
    else looks.set(file, { stamp, answer });
    return answer;
  };
  return (question) => {
    try {
      const file = path.resolve(root, question.path);
      if (!isInside(realpathSync(root), existingPart(file)))
        return {
          ok: false,
          code: "OUTSIDE",
          message: `ctx.fs reads files of the project only; ${question.path} lies outside of ${root}`,
        };
      return readOnce(file, question);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (typeof code !== "string") throw error;
      // Node names the absolute path; the plan's own is the same on every machine.
      const named = message.replace(/'[^']*'$/, `'${question.path}'`);
      return { ok: false, code, message: named };
    }
  };
}

/** How a file stands: which it is, its size and its times; null where that does not tell what it holds. To be asked before it is read. */
function stampOf(file: string): string | null {
  const now = Date.now();
  let stat: BigIntStats | undefined;
  try {
    stat = statSync(file, { bigint: true, throwIfNoEntry: false });
  } catch {
    // What is wrong with it reading it tells.
  }
  if (!stat) return null;
  const changed = stat.mtimeNs > stat.ctimeNs ? stat.mtimeNs : stat.ctimeNs;
  if (changed > BigInt(now - RACY_MS) * 1_000_000n) return null;
  return [stat.dev, stat.ino, stat.size, stat.mtimeNs, stat.ctimeNs].join(":");
}

/** Files that exist only in memory: path, as the plan asks for it, → content. */
export function memoryFiles(files: { readonly [path: string]: string }): FileSource {
  const all = new Map(Object.entries(files).map(([file, text]) => [clean(file), text]));
  return (question) => {
    const file = clean(question.path);
    const text = all.get(file);
    const below = [...all.keys()].filter((other) => file === "." || other.startsWith(`${file}/`));
    const missing = (what: string): FileAnswer => ({
      ok: false,
      code: "ENOENT",
      message: `ENOENT: no such file or directory, ${what} '${question.path}'`,
    });
    switch (question.operation) {
      case "readFile":
        return text === undefined ? missing("open") : { ok: true, value: text };
      case "exists":
        return { ok: true, value: text !== undefined || below.length > 0 };
      case "readDir":
        return below.length === 0
          ? missing("scandir")
          : { ok: true, value: entriesOf(below, file, question.recursive).map((entry) => ({ ...entry })) };
      case "stat": {
        if (text === undefined && below.length === 0) return { ok: true, value: null };
        const name = path.posix.basename(file);
        const kind = text === undefined ? "directory" : "file";
        return { ok: true, value: { name, kind, size: Buffer.byteLength(text ?? "") } };
      }
      default:
        return question.operation satisfies never;
    }
  };
}

const clean = (file: string): string => path.posix.normalize(file).replace(/(?<=.)\/$/, "");

function entriesOf(files: readonly string[], directory: string, recursive: boolean): FileEntry[] {
  const entries = new Map<string, FileEntry>();
  for (const file of files) {
    const parts = (directory === "." ? file : file.slice(directory.length + 1)).split("/");
    const depth = recursive ? parts.length : 1;
    for (let n = 1; n <= depth; n++) {
      const name = parts.slice(0, n).join("/");
      entries.set(name, { name, kind: n === parts.length ? "file" : "directory" });
    }
  }
  return sorted([...entries.values()]);
}

function read(file: string, { operation, recursive }: FileQuestion): Json {
  switch (operation) {
    case "readFile":
      return new TextDecoder().decode(readFileSync(file));
    case "exists":
      return existsSync(file);
    case "readDir":
      return sorted(
        readdirSync(file, { withFileTypes: true, recursive }).map((entry) => ({
          name: path.relative(file, path.join(entry.parentPath, entry.name)),
          kind: kindOf(entry),
        })),
      );
    case "stat": {
      const stat = statSync(file, { throwIfNoEntry: false });
      return stat ? { name: path.basename(file), kind: kindOf(stat), size: stat.size } : null;
    }
    default:
      return operation satisfies never;
  }
}

const kindOf = (entry: Pick<Dirent, "isFile" | "isDirectory" | "isSymbolicLink">): FileEntry["kind"] =>
  entry.isFile() ? "file" : entry.isDirectory() ? "directory" : entry.isSymbolicLink() ? "link" : "other";

/** By name, whatever order the file system has. */
const sorted = <T extends { readonly name: string }>(entries: T[]): T[] =>
  entries.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));

/** The real path of the file, or of the nearest directory above it that is there. */
function existingPart(file: string): string {
  let at = file;
  while (!existsSync(at) && path.dirname(at) !== at) at = path.dirname(at);
  return realpathSync(at);
}

function isInside(root: string, file: string): boolean {
  const relative = path.relative(root, file);
  return !relative.startsWith("..") && !path.isAbsolute(relative);
}
