/** Path aliases: `paths` and `baseUrl` of the nearest tsconfig or jsconfig, and `~/`. Configuration is read as JSON, never run. */
import path from "node:path";
import { ts } from "ts-morph";
import type { Files } from "./files.ts";

interface Config {
  readonly directory: string;
  readonly baseUrl: string | null;
  readonly jsxSource: string | null;
  /** Directory that `paths` are relative to, and the patterns in the order of the file. */
  readonly paths: {
    readonly from: string;
    readonly patterns: readonly (readonly [string, readonly string[]])[];
  } | null;
}

/** Finds the absolute paths that an import specifier may stand for, best first; empty when no alias matches. */
export class Aliases {
  readonly #files: Files;
  readonly #configs = new Map<string, Config | null>();

  constructor(files: Files) {
    this.#files = files;
  }

  candidates(importer: string, specifier: string): readonly string[] {
    const config = this.#nearest(path.dirname(importer));
    const found: string[] = [];
    if (config?.paths) found.push(...matches(config.paths, specifier));
    if (config?.baseUrl) found.push(path.resolve(config.baseUrl, specifier));
    if (specifier.startsWith("~/")) {
      const base = config?.directory ?? this.#files.root;
      found.push(path.join(base, specifier.slice(2)), path.join(base, "src", specifier.slice(2)));
    }
    return found;
  }

  /** The package that makes the JSX of the file's folder, as its configuration says. */
  jsxSource(importer: string): string | null {
    return this.#nearest(path.dirname(importer))?.jsxSource ?? null;
  }

  /** Whether the specifier matches a declared alias, so that a file must be behind it. */
  isAlias(importer: string, specifier: string): boolean {
    if (specifier.startsWith("~/")) return true;
    const config = this.#nearest(path.dirname(importer));
    return (
      config?.paths?.patterns.some(([pattern]) => pattern !== "*" && capture(pattern, specifier) !== null) ??
      false
    );
  }

  #nearest(directory: string): Config | null {
    const known = this.#configs.get(directory);
    if (known !== undefined) return known;
    let config: Config | null = null;
    for (const name of ["tsconfig.json", "jsconfig.json"]) {
      const file = path.join(directory, name);
      if (!config && this.#files.exists(file)) config = this.#read(file, []);
    }
    const parent = path.dirname(directory);
    if (!config && directory !== this.#files.root && parent !== directory) config = this.#nearest(parent);
    this.#configs.set(directory, config);
    return config;
  }

  /** A config and what it extends. One that is broken, outside the root or circular counts as absent. */
  #read(file: string, seen: readonly string[]): Config | null {
    if (seen.includes(file) || !this.#files.exists(file) || !this.#files.isInside(file)) return null;
    const text = new TextDecoder().decode(this.#files.host.readFile(file));
    const json = ts.parseConfigFileTextToJson(file, text).config as unknown;
    if (!isRecord(json)) return null;
    const directory = path.dirname(file);
    let base: Config | null = null;
    for (const parent of [json.extends].flat()) {
      if (typeof parent !== "string" || !parent.startsWith(".")) continue;
      const target = path.resolve(directory, parent);
      base = this.#read(this.#files.exists(target) ? target : `${target}.json`, [...seen, file]) ?? base;
    }
    const options = isRecord(json.compilerOptions) ? json.compilerOptions : {};
    const baseUrl =
      typeof options.baseUrl === "string"
        ? path.resolve(directory, options.baseUrl)
        : (base?.baseUrl ?? null);
    const paths = isRecord(options.paths)
      ? { from: baseUrl ?? directory, patterns: patternsOf(options.paths) }
      : (base?.paths ?? null);
    const { jsxImportSource } = options;
    const jsxSource = typeof jsxImportSource === "string" ? jsxImportSource : (base?.jsxSource ?? null);
    return { directory, baseUrl, jsxSource, paths };
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Exact names first, then the longest prefix, as TypeScript chooses. */
function patternsOf(paths: Record<string, unknown>): (readonly [string, readonly string[]])[] {
  const prefix = (pattern: string): number =>
    pattern.includes("*") ? pattern.indexOf("*") : Number.POSITIVE_INFINITY;
  return Object.entries(paths)
    .map(([pattern, targets]): readonly [string, readonly string[]] => [
      pattern,
      Array.isArray(targets) ? targets.filter((t) => typeof t === "string") : [],
    ])
    .sort(([a], [b]) => prefix(b) - prefix(a));
}

function capture(pattern: string, specifier: string): string | null {
  const star = pattern.indexOf("*");
  if (star < 0) return pattern === specifier ? "" : null;
  const head = pattern.slice(0, star);
  const tail = pattern.slice(star + 1);
  const fits =
    specifier.length >= head.length + tail.length && specifier.startsWith(head) && specifier.endsWith(tail);
  return fits ? specifier.slice(head.length, specifier.length - tail.length) : null;
}

function matches(paths: NonNullable<Config["paths"]>, specifier: string): string[] {
  for (const [pattern, targets] of paths.patterns) {
    const part = capture(pattern, specifier);
    if (part !== null)
      return targets.map((t) =>
        path.resolve(
          paths.from,
          t.replace("*", () => part),
        ),
      );
  }
  return [];
}
