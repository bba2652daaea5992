/** What every reader of a lock file gives. */

export type Locked =
  | { readonly type: "version"; readonly version: string }
  /** Linked from a directory of the project: source, not a version. */
  | { readonly type: "local" };

/** The directory of the package that imports, relative to the lock file's (POSIX, `""` for the same), and its package.json. */
export interface Importer {
  readonly directory: string;
  readonly manifest: Manifest;
}

export interface Manifest {
  /** Every package that it asks for, with the range as written. */
  readonly ranges: ReadonlyMap<string, string>;
}

export interface Lock {
  /** What the importing package gets when it imports `name`; null where the lock file holds nothing for it. */
  find(name: string, importer: Importer): Locked | null;
}

/** @throws SyntaxError or a parser's own error where the text is no lock file of that kind */
export type LockReader = (text: string) => Lock | Promise<Lock>;

const LOCAL = /^(?:workspace|file|link|portal):/;

/** A version as a lock file writes it, which may be the address of a directory. */
export function lockedAs(version: string): Locked {
  return LOCAL.test(version) ? { type: "local" } : { type: "version", version };
}

/** The directory and those above it, up to the lock file's own: `a/b`, `a`, `""`. */
export function upward(directory: string): string[] {
  const parts = directory === "" ? [] : directory.split("/");
  return [...parts.map((_, index) => parts.slice(0, parts.length - index).join("/")), ""];
}

export type Table = { readonly [key: string]: unknown };

export function table(value: unknown): Table {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Table) : {};
}

/** An entry of a table that came from a file: never one of an object's built-in members. */
export const entry = (of: unknown, key: string): unknown => {
  const known = table(of);
  return Object.hasOwn(known, key) ? known[key] : undefined;
};
