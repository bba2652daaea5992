import { readdir } from "node:fs/promises";
import path from "node:path";
import * as z from "zod";
import { meteredRegExp } from "../../../plan/core/regex/exec.ts";
import { RegexInfo } from "../../../plan/core/regex/info.ts";
import { isShort } from "../../../plan/core/regex/policy.ts";
import { MAX_OUTPUT } from "../cut.ts";
import { KEPT, OutsideError, openFile, placeOf } from "../paths.ts";
import type { Tool, ToolCall } from "../registry.ts";
import { builtin, pathOf } from "./input.ts";

/** Lines of the project's files that match a regular expression, as `file:line:text`. */
export const grep: Tool = builtin(
  {
    name: "grep",
    description:
      "Search text files of the project for a JavaScript regular expression; gives file:line:text. Leaves out .git and node_modules.",
    afterCrash: "repeat",
    input: {
      pattern: z.string().min(1),
      path: pathOf("A file or directory").optional(),
    },
  },
  async ({ pattern, path: given = "." }, call) => {
    const test = searchFor(pattern);
    const found: string[] = [];
    let bytes = 0;
    let left = 0;
    for await (const file of filesAt(call, given)) {
      for (const [index, line] of (await linesOf(call.cwd, file)).entries()) {
        if (!test(line)) continue;
        const entry = `${file}:${index + 1}:${line.length > MAX_LINE ? `${line.slice(0, MAX_LINE)} […]` : line}`;
        bytes += Buffer.byteLength(entry) + 1;
        if (bytes > MAX_OUTPUT) left++;
        else found.push(entry);
      }
    }
    const note = left === 0 ? "" : `\n[${left.toLocaleString("en-US")} more lines match and were left out]`;
    return found.join("\n") + note;
  },
);

/** Expressions that could take long run in the metered matcher, which gives up. */
function searchFor(pattern: string): (line: string) => boolean {
  let info: RegexInfo;
  let plain: RegExp;
  try {
    plain = new RegExp(pattern, "u");
    info = new RegexInfo(pattern, "u");
  } catch {
    // Most of what `u` refuses is an escape that is not needed.
    plain = new RegExp(pattern);
    info = new RegexInfo(pattern, "");
  }
  let left = FUEL;
  const metered = meteredRegExp(info, (units) => {
    left -= units;
    if (left < 0) throw new Error("the expression takes too long: give a simpler one, or search fewer files");
  });
  return (line) => (isShort(info.growth(), line.length) ? plain : metered).test(line);
}

/** Files at or below a path in the order of their names; symlinks in between are not followed. */
async function* filesAt({ cwd, signal }: ToolCall, given: string): AsyncIterable<string> {
  const { real, shown } = await placeOf(cwd, given);
  const open: { readonly real: string; readonly shown: string; readonly isNamed: boolean }[] = [
    { real, shown, isNamed: true },
  ];
  for (let at = open.pop(); at; at = open.pop()) {
    signal.throwIfAborted();
    const here = at;
    let entries: Awaited<ReturnType<typeof entriesOf>>;
    try {
      entries = await entriesOf(here.real);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOTDIR") {
        if (here.isNamed) throw error;
        continue;
      }
      yield here.shown;
      continue;
    }
    const below = entries
      .filter((entry) => (entry.isDirectory() ? !LEFT_OUT.has(entry.name) : entry.isFile()))
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .map(({ name }) => ({
        real: path.join(here.real, name),
        shown: here.shown === "." ? name : `${here.shown}/${name}`,
        isNamed: false,
      }));
    open.push(...below.reverse());
  }
}

const entriesOf = (real: string) => readdir(real, { withFileTypes: true });

/** Lines of a text file; none of what is none, too large, or gone. */
async function linesOf(root: string, file: string): Promise<readonly string[]> {
  try {
    const handle = await openFile(root, file);
    try {
      if ((await handle.stat()).size > MAX_SEARCHED) return [];
      const content = await handle.readFile();
      return content.subarray(0, 8_000).includes(0) ? [] : content.toString("utf8").split(/\r?\n/);
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (error instanceof OutsideError || (error as NodeJS.ErrnoException).code !== undefined) return [];
    throw error;
  }
}

const LEFT_OUT: ReadonlySet<string> = new Set([".git", "node_modules", KEPT]);
const MAX_LINE = 2_000;
const MAX_SEARCHED = 8 << 20;
/** Steps of the metered matcher over all files: some seconds. */
const FUEL = 50_000_000;
