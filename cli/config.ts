/**
 * `smithers.json`: settings of a project. JSON and not code, because a checkout is not to be trusted before it was
 * reviewed: nothing of it is run to find out how to read it.
 */
import { existsSync } from "node:fs";
import path from "node:path";
import * as z from "zod";
import { CONFIG_FILE, configFile } from "./config-file.ts";
import { DURATION, durationOf } from "./durations.ts";
import { CliError, EXIT } from "./exit.ts";
import { readText } from "./options.ts";
import { SEVERITIES } from "./report.ts";

const limit = (what: string) => z.int().positive().optional().describe(what);

const storm = z.strictObject({
  framesPerSecond: limit("Frames within a second. Default: 10"),
  framesPerMinute: limit("Frames within a minute. Default: 200"),
  framesPerRun: limit("Frames without a fact from outside. Default: 1000"),
  repeats: limit("How often such frames may come back to one state. Default: 3"),
});

const stopAt = z.strictObject({
  frames: limit("Frames"),
  wallClock: z
    .string()
    .refine((text) => durationOf(text) !== null, "is no time such as 90s, 30m, 2h or 1d")
    .meta({ pattern: DURATION.source })
    .optional()
    .describe("Time since the run began: a number and s, m, h or d"),
  tokens: limit("Tokens that its agents use"),
  cost: z
    .number()
    .positive()
    .optional()
    .describe("US dollars that calls of its models cost; each model needs its price"),
  toolCalls: limit("Calls of tools by its agents"),
  iterations: limit("Iterations, all loops together"),
});

const usd = (what: string) => z.number().nonnegative().describe(what);

const price = z.strictObject({
  input: usd("Tokens of prompts"),
  output: usd("Tokens of answers"),
  cacheRead: usd("Tokens that were read from the provider's cache. Default: as input").optional(),
  cacheWrite: usd("Tokens that were written to it. Default: twice input").optional(),
});

/** Names of the limits. */
export const STORM_NAMES = Object.keys(storm.shape);

export const ConfigSchema = z.strictObject({
  $schema: z.string().optional().describe("The JSON Schema of this file, for editors"),
  entries: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .describe(
      "Workflow files, folders and globs, relative to this file; what build and check take when none is given",
    ),
  output: z
    .string()
    .min(1)
    .optional()
    .describe("Folder for plans, relative to this file. Default: beside each workflow"),
  root: z
    .string()
    .min(1)
    .optional()
    .describe(
      "Project root, relative to this file: nothing outside it is read. Default: the nearest package.json",
    ),
  maxSeverity: z
    .enum(SEVERITIES)
    .optional()
    .describe("build and check fail on findings at least this severe. Default: error"),
  severity: z
    .record(z.string().regex(/^SM\d{3}$/, "is not a code such as SM306"), z.enum([...SEVERITIES, "off"]))
    .optional()
    .describe("Other severities than the catalogue's, by code. Errors can't be turned down"),
  storm: storm
    .optional()
    .describe("Limits of frames that effects make by themselves; a run that exceeds one is stalled"),
  stopAt: stopAt.optional().describe("How far a run may go; one that comes to a limit is paused"),
  prices: z
    .record(z.string().min(1), price)
    .optional()
    .describe("What models cost, by name, in US dollars for a million tokens"),
});

export type Config = z.infer<typeof ConfigSchema> & {
  /** Where it stands, absolute; the working directory where there is none. */
  readonly directory: string;
};

/** The nearest smithers.json at or above a directory, up to the repository's own; an empty one where there is none. */
export function readConfig(from: string): Config {
  const file = configFile(from);
  if (file === null) return { directory: path.resolve(from) };
  return {
    ...parseConfig(readText(file, "The configuration"), shown(file)),
    directory: path.dirname(file),
  };
}

/** A config that is code, which is never run; null where there is none, or where a smithers.json stands beside it. */
export function ignoredConfig(from: string): string | null {
  if (existsSync(path.join(from, CONFIG_FILE))) return null;
  const names = ["ts", "mts", "cts", "js", "mjs", "cjs"].map((extension) => `smithers.config.${extension}`);
  return names.find((name) => existsSync(path.join(from, name))) ?? null;
}

/** @throws CliError naming the line */
export function parseConfig(text: string, name: string): z.infer<typeof ConfigSchema> {
  let json: unknown;
  try {
    json = JSON.parse(text.replace(/^\ufeff/, ""));
  } catch (error) {
    const message = (error as Error).message.replaceAll(/\s+/g, " ");
    throw new CliError(EXIT.usage, `${name}:${brokenLine(text)} is not JSON: ${message}`);
  }
  const read = ConfigSchema.safeParse(json);
  if (read.success) return read.data;
  const problems = read.error.issues.map((issue) => {
    const keys = issue.code === "unrecognized_keys" ? [...issue.path, issue.keys[0]!] : issue.path;
    const at = keys.map(String);
    const line = `${name}:${lineOf(text, offsetOf(text, at))}`;
    if (issue.code === "unrecognized_keys")
      return `${line} there is no setting ${issue.keys.map((key) => `\`${key}\``).join(", ")}${didYouMean(issue.keys[0]!)}`;
    return `${line} ${at.length === 0 ? "the configuration" : `\`${at.join(".")}\``}: ${issue.message}`;
  });
  throw new CliError(
    EXIT.usage,
    problems.join("\n"),
    `Settings are: ${Object.keys(ConfigSchema.shape).join(", ")}. docs/cli.md says what they mean.`,
  );
}

/** The nearest setting; the compiler's own suggestions are not loaded for a command that fails here. */
function didYouMean(key: string): string {
  const lower = key.toLowerCase();
  const near = Object.keys(ConfigSchema.shape).find(
    (name) =>
      name.toLowerCase() === lower || overlap(name.toLowerCase(), lower) >= Math.max(3, key.length - 2),
  );
  return near === undefined ? "" : ` (did you mean \`${near}\`?)`;
}

/** Length of the common beginning and the common end together. */
function overlap(a: string, b: string): number {
  const shorter = Math.min(a.length, b.length);
  let start = 0;
  while (start < shorter && a[start] === b[start]) start++;
  let end = 0;
  while (end < shorter - start && a.at(-1 - end) === b.at(-1 - end)) end++;
  return start + end;
}

/** The first line at which the text stops being the beginning of JSON: V8 does not always say where. */
function brokenLine(text: string): number {
  const lines = text.replace(/^\ufeff/, "").split("\n");
  for (let n = 1; n < lines.length; n++) {
    const head = lines.slice(0, n).join("\n");
    try {
      JSON.parse(head);
    } catch (error) {
      const { message } = error as Error;
      const position = Number(/position (\d+)/.exec(message)?.[1] ?? -1);
      if (!/end of JSON input|Unterminated/.test(message) && position < head.trimEnd().length) return n;
    }
  }
  return lines.length;
}

function offsetOf(text: string, keys: readonly string[]): number {
  let at = 0;
  for (const key of keys) {
    const found = text.indexOf(JSON.stringify(key), at);
    if (found >= 0) at = found;
  }
  return at;
}

function lineOf(text: string, offset: number): number {
  return text.slice(0, offset).split("\n").length;
}

function shown(file: string): string {
  return path.relative(process.cwd(), file) || file;
}

/** A configuration comes with the checkout: it must not widen what is read or written beyond its own folder. */
export function within(directory: string, setting: "root" | "output", where: string): string {
  const resolved = path.resolve(directory, where);
  const relative = path.relative(directory, resolved);
  if (relative.startsWith("..") || path.isAbsolute(relative))
    throw new CliError(
      EXIT.usage,
      `smithers.json: \`${setting}\` lies outside the folder of the configuration: ${where}`,
    );
  return resolved;
}
