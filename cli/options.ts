/** Options and arguments that several commands read the same way. */
import { existsSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import type { Argv } from "yargs";
import type { Json } from "../plan/types.ts";
import { CliError, EXIT } from "./exit.ts";

/** Larger files are not plans or inputs of people. */
const MAX_FILE = 64 * 1024 * 1024;

/** Reads a text file, or says what is wrong with the path. */
export function readText(file: string, what: string): string {
  const stat = statSync(file, { throwIfNoEntry: false });
  if (stat === undefined) throw new CliError(EXIT.usage, `${what} not found: ${file}`);
  if (stat.isDirectory()) throw new CliError(EXIT.usage, `${what} is a directory: ${file}`);
  if (stat.size > MAX_FILE) throw new CliError(EXIT.usage, `${what} is larger than 64 MiB: ${file}`);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(file));
  } catch (error) {
    const why = error instanceof TypeError ? "it is not UTF-8 text" : (error as Error).message;
    throw new CliError(EXIT.usage, `${what} cannot be read: ${file}: ${why}`);
  }
}

export function parseJson(text: string, what: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    throw new CliError(EXIT.usage, `${what} is not JSON: ${(error as Error).message}`);
  }
}

/** An argument that is JSON in place, or `@FILE`. */
export function jsonArgument(text: string, what: string): Json {
  if (!text.startsWith("@")) return parseJson(text, what);
  const file = text.slice(1);
  return parseJson(readText(file, `the file of ${what}`), file);
}

/** `--input` is JSON in place (`{…}`), `@FILE` or the path of a JSON file. Nothing given is `{}`. */
export function readInput(value: string | undefined): Json {
  if (value === undefined) return {};
  const text = value.trimStart();
  if (text.startsWith("{") || text.startsWith("[")) return parseJson(value, "--input");
  const file = value.startsWith("@") ? value.slice(1) : value;
  if (!existsSync(file)) {
    throw new CliError(
      EXIT.usage,
      `--input is neither JSON nor an existing file: ${value}`,
      `Give it as --input '{"name":"value"}' or --input @input.json.`,
    );
  }
  return parseJson(readText(file, "--input"), `--input ${file}`);
}

/** The directory that holds `.smithers/`: the nearest one above `from` that has it, else the one with package.json, else `from`. */
export function projectRoot(from: string): string {
  for (const marker of [".smithers", "package.json"]) {
    for (let dir = path.resolve(from); ; dir = path.dirname(dir)) {
      if (existsSync(path.join(dir, marker))) return dir;
      if (dir === path.dirname(dir)) break;
    }
  }
  return path.resolve(from);
}

/** The run that a command is about. */
export const runPositional = (yargs: Argv) =>
  yargs.positional("run", { type: "string", demandOption: true, describe: "Id of the run" });

export const rootOption = (yargs: Argv) =>
  yargs.option("root", {
    type: "string",
    describe: "Project directory; runs are kept in its .smithers/runs [default: nearest]",
  });

export function rootOf({ root }: { readonly root: string | undefined }): string {
  return root === undefined ? projectRoot(process.cwd()) : path.resolve(root);
}
