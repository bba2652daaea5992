/** The project that an entry file belongs to. */
import path from "node:path";
import type { BuildHost } from "../../host.ts";

const MARKS = ["package.json", ".git", "smithers.json", "tsconfig.json"];

/** The nearest directory above the entry that looks like a project's; else the entry's own directory. */
export function projectRoot(host: BuildHost, entry: string): string {
  const start = path.dirname(entry);
  for (let directory = start; ; directory = path.dirname(directory)) {
    const names = host.readDir(directory);
    if (MARKS.some((mark) => names.includes(mark))) return directory;
    if (directory === path.dirname(directory)) return start;
  }
}
