/** Which workflow files a command line or a configuration names: files, folders, globs. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { glob, isDynamicPattern } from "tinyglobby";

const SOURCE = /\.[cm]?[jt]sx?$/;
const NO_ENTRY = /\.d\.[cm]?ts$|\.(test|spec)\.[^.]+$/;
const IGNORE = ["**/node_modules/**", "**/.git/**", "**/.smithers/runs/**", "**/dist/**"];

export interface Entry {
  /** Absolute. */
  readonly file: string;
  /** Named itself, not found in a folder or by a glob: then it must be a workflow. */
  readonly named: boolean;
}

export interface Entries {
  /** Each file once, those of a folder or glob in order of their paths. */
  readonly entries: readonly Entry[];
  /** What leads to nothing, as messages. */
  readonly problems: readonly string[];
  /** Folders in which new files may turn up, absolute. */
  readonly folders: readonly string[];
}

export async function expand(patterns: readonly string[], cwd: string): Promise<Entries> {
  const entries = new Map<string, Entry>();
  const problems: string[] = [];
  const folders = new Set<string>();
  for (const pattern of patterns) {
    const literal = path.resolve(cwd, pattern);
    const stat = statOf(literal);
    if (stat?.isFile()) {
      entries.set(literal, { file: literal, named: true });
      continue;
    }
    const isFolder = stat?.isDirectory() === true;
    if (!isFolder && (stat !== undefined || !isDynamicPattern(pattern))) {
      problems.push(
        stat === undefined ? missing(literal, pattern) : `${pattern} is neither a file nor a folder`,
      );
      continue;
    }
    // A pattern with an absolute head is walked from there; one with `..` as well.
    const base = isFolder ? literal : path.resolve(cwd, staticHead(pattern));
    const rest = isFolder
      ? "**/*"
      : pattern.replaceAll("\\", "/").split("/").slice(headLength(pattern)).join("/");
    const [files, inside] = await Promise.all([
      glob(rest, { cwd: base, absolute: true, ignore: IGNORE, dot: false, followSymbolicLinks: false }),
      glob("**/", {
        cwd: base,
        absolute: true,
        ignore: IGNORE,
        onlyDirectories: true,
        followSymbolicLinks: false,
      }),
    ]);
    folders.add(base);
    for (const folder of inside) folders.add(path.resolve(folder));
    const found = files
      .map((file) => path.resolve(file))
      .sort()
      .filter((file) => SOURCE.test(file) && !NO_ENTRY.test(file) && mayBeWorkflow(file));
    if (found.length === 0) problems.push(`${pattern} holds no workflow file`);
    for (const file of found) if (!entries.has(file)) entries.set(file, { file, named: false });
  }
  return { entries: [...entries.values()], problems, folders: [...folders] };
}

/** A file that nobody named counts only if it calls `smithers(…)` or exports something by default. */
function mayBeWorkflow(file: string): boolean {
  const text = textOf(file);
  return text !== null && (callsSmithers(text) || /^export\s+(default\b|\{[^}]*\bdefault\b)/m.test(text));
}

/** Whether the text calls something named smithers: without that, a default export that is no workflow is no mistake. */
export function callsSmithers(text: string): boolean {
  return /\bsmithers\s*(<[^()]*>)?\(/.test(text);
}

function textOf(file: string): string | null {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return null;
  }
}

function statOf(file: string) {
  try {
    return statSync(file, { throwIfNoEntry: false });
  } catch {
    // A loop of links, or a folder that may not be entered.
    return undefined;
  }
}

/** How many leading segments of a pattern are no pattern. */
function headLength(pattern: string): number {
  const parts = pattern.replaceAll("\\", "/").split("/");
  const at = parts.findIndex((part) => isDynamicPattern(part));
  return at < 0 ? parts.length - 1 : at;
}

function staticHead(pattern: string): string {
  const parts = pattern.replaceAll("\\", "/").split("/").slice(0, headLength(pattern));
  return parts.length === 0 ? "." : parts.join("/") || "/";
}

function missing(file: string, shown: string): string {
  const wanted = path.basename(file).toLowerCase();
  let names: string[] = [];
  try {
    names = readdirSync(path.dirname(file));
  } catch {
    return `no such file: ${shown} (there is no folder ${path.dirname(shown)})`;
  }
  const stem = (name: string): string => name.toLowerCase().replace(SOURCE, "");
  // A link that leads nowhere is listed as well.
  const near = names
    .filter((name) => SOURCE.test(name) && name !== path.basename(file))
    .find((name) => stem(name) === stem(wanted));
  if (near === undefined && names.includes(path.basename(file)))
    return `no such file: ${shown} (it is a link that leads nowhere)`;
  return `no such file: ${shown}${near === undefined ? "" : ` (there is ${path.join(path.dirname(shown), near)})`}`;
}
