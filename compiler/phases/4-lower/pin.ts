/** Packages that code imports → the versions of the lock files; what none of them decides is reported (SM802). */
import { isBuiltin } from "node:module";
import type { Diagnostic } from "../../diagnostics.ts";
import { problem } from "../../report.ts";
import type { Span } from "../../surface.ts";
import type { Files } from "../2-bind/files.ts";
import { type Answer, packageOf, type Versions } from "../2-bind/lock/index.ts";

/**
 * `specifiers`: what is imported, with a place in each importing file. The result is sorted by name. Modules of Node are
 * of the runner's own version; those of Bun too, which makes the plan one for runners that have them. `late`: those that
 * are imported while the code runs.
 */
export async function pin(
  specifiers: ReadonlyMap<string, readonly Span[]>,
  files: Files,
  versions: Versions,
  problems: Diagnostic[],
  late: ReadonlySet<string> = new Set(),
): Promise<Record<string, string>> {
  const pinned = new Map<string, string>();
  for (const [specifier, spans] of [...specifiers].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (isBuiltin(specifier)) continue;
    if (isOfBun(specifier)) {
      pinned.set("bun", "*");
      continue;
    }
    const name = packageOf(specifier);
    for (const span of spans) {
      const answer = await versions(name, files.list[span.file]!.file);
      const first = pinned.get(name);
      // What is imported while the code runs may be left out by a project on purpose.
      if (answer.type !== "version")
        problems.push({
          ...notPinned(name, answer, span),
          ...(late.has(specifier) && { severity: "warning" as const }),
        });
      else if (first === undefined) pinned.set(name, answer.version);
      else if (first !== answer.version)
        problems.push(
          problem(
            "SM802",
            span,
            `The code imports \`${name}\` ${answer.version} here and ${first} in another file of the same function.`,
            { hint: "Give both packages the same version: code that runs as one module has one of each." },
          ),
        );
    }
  }
  return Object.fromEntries([...pinned].sort(([a], [b]) => (a < b ? -1 : 1)));
}

const isOfBun = (specifier: string): boolean => specifier === "bun" || specifier.startsWith("bun:");

function notPinned(name: string, answer: Exclude<Answer, { type: "version" }>, span: Span): Diagnostic {
  const [message, hint] = reasonOf(name, answer);
  return problem("SM802", span, message, { hint });
}

function reasonOf(
  name: string,
  answer: Exclude<Answer, { type: "version" }>,
): readonly [message: string, hint: string] {
  const use = "which code of this workflow imports";
  switch (answer.type) {
    case "no-lock": {
      const where = answer.directory === "" ? "beside package.json" : `in \`${answer.directory}\``;
      return answer.binary
        ? [
            `The version of \`${name}\`, ${use}, stands in \`bun.lockb\`, a binary form that can be neither read nor reviewed.`,
            "Run `bun install --save-text-lockfile` and commit `bun.lock`.",
          ]
        : [
            `No lock file decides the version of \`${name}\`, ${use}: what happens to be installed must not.`,
            `Run \`npm install\` (or pnpm, yarn, bun) ${where} and commit the lock file that it writes.`,
          ];
    }
    case "not-locked":
      return [
        `${answer.locks.map((lock) => `\`${lock}\``).join(" and ")} ${answer.locks.length > 1 ? "name" : "names"} no version of \`${name}\`, ${use}.`,
        "Install it (`npm install NAME`, or as your project does), which adds it to package.json and the lock file; commit both.",
      ];
    case "unreadable":
      return [
        `The lock file \`${answer.lock}\` can't be read, so that nothing decides the version of \`${name}\`: ${answer.reason}`,
        "Let your package manager write it again, and commit it without marks of a merge.",
      ];
    case "local":
      return [
        `\`${name}\` is linked from a directory whose sources can't be read from here: it has no version that a lock file decides.`,
        "Build with a root that holds the package (`--root`), and let its package.json name a source file under `exports` or `main`; or import the file by its path.",
      ];
    default:
      return answer satisfies never;
  }
}
