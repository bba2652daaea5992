/** Which test files a command line names: files, folders, globs. */
import { statSync } from "node:fs";
import path from "node:path";
import { glob } from "tinyglobby";
import { CliError, EXIT } from "./exit.ts";

/**
 * Files with test cases, sorted: those of the patterns, or every one below this folder.
 * @throws CliError where there are none
 */
export async function testFiles(patterns: readonly string[] | undefined): Promise<readonly string[]> {
  const named = patterns !== undefined && patterns.length > 0;
  const patternOf = (given: string): string =>
    statSync(given, { throwIfNoEntry: false })?.isDirectory() ? path.join(given, "**/*.test.json") : given;
  const files = await glob(named ? patterns.map(patternOf) : ["**/*.test.json"], {
    absolute: true,
    ignore: ["**/node_modules/**", "**/.git/**", "**/.smithers/**", "**/dist/**"],
  });
  if (files.length > 0) return files.sort();
  throw new CliError(
    EXIT.usage,
    named ? `no test file: ${patterns.join(", ")}` : "there is no *.test.json below this folder",
    "docs/testing.md says what a test file holds.",
  );
}
