/** Helpers of the review workflow: the part that touches real files and runs real commands. */
import { execFile } from "node:child_process";
import { readdir, readFile, stat } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

export interface SourceFile {
  path: string;
  lines: number;
  /** Longest line, in characters. */
  widest: number;
}

/** The `limit` longest TypeScript files below `folder`, tests left out. */
export async function longestFiles(folder: string, limit: number): Promise<SourceFile[]> {
  const names = await readdir(folder, { recursive: true });
  const sources = names.filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts")).sort();
  const measured = await Promise.all(sources.map((name) => measure(path.join(folder, name))));
  return measured.sort((a, b) => b.lines - a.lines || a.path.localeCompare(b.path, "en")).slice(0, limit);
}

async function measure(file: string): Promise<SourceFile> {
  const lines = (await readFile(file, "utf8")).split("\n");
  return {
    path: file.split(path.sep).join("/"),
    lines: lines.length,
    widest: Math.max(...lines.map((line) => line.length)),
  };
}

/** What Node's own syntax check says of a script; an empty text when it is content. */
export async function syntaxErrors(file: string): Promise<string> {
  try {
    await run(process.execPath, ["--check", file]);
    return "";
  } catch (error) {
    return String((error as { stderr?: string }).stderr ?? error).split("\n")[0] ?? "";
  }
}

/** The last commits' subjects; none where the folder is not a checkout. */
export async function recentCommits(count: number): Promise<string[]> {
  try {
    const { stdout } = await run("git", ["log", `-${count}`, "--format=%s"]);
    return stdout.split("\n").filter((line) => line !== "");
  } catch {
    return [];
  }
}

export async function sizeOf(file: string): Promise<number> {
  return (await stat(file)).size;
}
