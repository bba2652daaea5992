/** The project that an entry file belongs to. */
import path from "node:path";
import type { BuildHost } from "../../host.ts";

/** A lock file stands beside a package.json, so that counts before a tsconfig.json, which may stand in any folder. */
const MARKS: readonly (readonly string[])[] = [["package.json", "smithers.json", ".git"], ["tsconfig.json"]];

/**
 * The nearest directory above the entry that looks like a project's; else the entry's own directory. The one that holds
 * a `.smithers` with the entry in it is a project's in any case: its workflows may stand in a repository that has no
 * package of its own, and they share agents, components and prompts.
 */
export function projectRoot(host: BuildHost, entry: string): string {
  const start = path.dirname(entry);
  for (const marks of MARKS) {
    for (let directory = start; ; directory = path.dirname(directory)) {
      // The folder of a project's workflows and runs is no project, even with a package.json of its own.
      if (path.basename(directory) === ".smithers") return path.dirname(directory);
      const names = host.readDir(directory);
      if (marks.some((mark) => names.includes(mark))) return directory;
      if (directory === path.dirname(directory)) break;
    }
  }
  return start;
}
