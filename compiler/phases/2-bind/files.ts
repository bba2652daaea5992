/** The files of one build: read once, checked, numbered in the order in which they were first needed. */
import path from "node:path";
import type { Diagnostic } from "../../diagnostics.ts";
import type { BuildHost } from "../../host.ts";
import { problem } from "../../report.ts";
import type { Span } from "../../surface.ts";

const MAX_BYTES = 8 * 1024 * 1024;

export interface SourceFile {
  /** Position in the build's list: what spans refer to. */
  readonly index: number;
  /** Absolute. */
  readonly file: string;
  /** Relative to the root, POSIX. */
  readonly path: string;
  /** LF line endings, no byte order mark. */
  readonly text: string;
}

export class Files {
  readonly root: string;
  readonly host: BuildHost;
  readonly list: SourceFile[] = [];
  readonly problems: Diagnostic[];
  readonly #byPath = new Map<string, SourceFile | null>();
  readonly #realRoot: string;

  constructor(host: BuildHost, root: string, problems: Diagnostic[]) {
    this.host = host;
    this.root = root;
    this.problems = problems;
    this.#realRoot = host.realPath(root);
  }

  relative(file: string): string {
    return path.relative(this.root, file).split(path.sep).join("/");
  }

  exists(file: string): boolean {
    return this.host.size(file) !== null;
  }

  /** Whether the real path lies within the project root. */
  isInside(file: string): boolean {
    const relative = path.relative(this.#realRoot, this.host.realPath(file));
    return relative !== "" && !relative.startsWith("..") && !path.isAbsolute(relative);
  }

  /** The file's text; null when it can't be used, which is reported at `at`. */
  read(file: string, at: Span | null): SourceFile | null {
    const known = this.#byPath.get(file);
    if (known !== undefined) return known;
    const loaded = this.#load(file, at);
    this.#byPath.set(file, loaded);
    return loaded;
  }

  /** A file that the compiler brings along: numbered as the others are, read from nowhere. */
  add(shown: string, text: string): SourceFile {
    const source = { index: this.list.length, file: shown, path: shown, text };
    this.list.push(source);
    return source;
  }

  /** Text that is only looked at and is no source of the build; null when it can't be read. */
  peek(file: string): string | null {
    const known = this.#byPath.get(file);
    if (known) return known.text;
    const size = this.host.size(file);
    if (size === null || size > MAX_BYTES || !this.isInside(file)) return null;
    const bytes = this.#bytes(file);
    return typeof bytes === "string" ? null : decode(bytes);
  }

  #load(file: string, at: Span | null): SourceFile | null {
    const shown = this.relative(file);
    const size = this.host.size(file);
    if (size === null) return this.#refuse(at, "SM111", `There is no file \`${shown}\`.`);
    if (!this.isInside(file))
      return this.#refuse(at, "SM115", `\`${shown}\` lies outside the project root.`, {
        hint: "Move the file into the project, or build with a root that holds both.",
      });
    if (size > MAX_BYTES)
      return this.#refuse(
        at,
        "SM111",
        `\`${shown}\` has ${size.toLocaleString("en-US")} bytes; the limit is 8 MiB.`,
      );
    const bytes = this.#bytes(file);
    if (typeof bytes === "string") return this.#refuse(at, "SM111", `\`${shown}\` can't be read: ${bytes}`);
    const text = decode(bytes);
    if (text === null) return this.#refuse(at, "SM111", `\`${shown}\` is not a text file (UTF-8).`);
    const source = { index: this.list.length, file, path: shown, text };
    this.list.push(source);
    return source;
  }

  // ---- what modules read while they are loaded (ProjectFiles of phase 3)

  readText(where: string, at: Span): string | null {
    const file = path.resolve(this.root, where);
    if (!this.#isWithin(path.dirname(file)) && !this.isInside(file)) return this.#refuseOutside(where, at);
    return this.read(file, at)?.text ?? null;
  }

  kind(where: string, at: Span): "file" | "directory" | "none" | null {
    const file = path.resolve(this.root, where);
    if (!this.#isWithin(file)) return this.#refuseOutside(where, at);
    if (this.exists(file)) return "file";
    return file === this.root || this.host.readDir(file).length > 0 ? "directory" : "none";
  }

  /** Entries of a directory whose real path lies in the project; links that lead out of it are left out. */
  entries(
    where: string,
    at: Span,
  ): readonly { readonly name: string; readonly kind: "file" | "directory" }[] | null {
    const directory = path.resolve(this.root, where);
    if (!this.#isWithin(directory)) return this.#refuseOutside(where, at);
    const names = this.host.readDir(directory);
    if (names.length === 0)
      return this.#refuse(
        at,
        "SM111",
        `There is no directory \`${this.relative(directory)}\` with files in it.`,
      );
    return names
      .filter((name) => this.isInside(path.join(directory, name)))
      .map((name) => ({
        name,
        kind: this.exists(path.join(directory, name)) ? ("file" as const) : ("directory" as const),
      }));
  }

  size(where: string): number {
    return this.host.size(path.resolve(this.root, where)) ?? 0;
  }

  /** As the source has it: where the root stands on this machine is nobody's business. */
  #shown(where: string): string {
    return where.startsWith(`${this.root}/`) ? this.relative(where) : where;
  }

  #isWithin(file: string): boolean {
    return this.host.realPath(file) === this.#realRoot || this.isInside(file);
  }

  #refuseOutside(where: string, at: Span): null {
    return this.#refuse(at, "SM115", `\`${this.#shown(where)}\` lies outside the project root.`, {
      hint: "Move the file into the project, or build with a root that holds both.",
    });
  }

  /** What the file holds, or why it can't be read (permissions, a file that went away). */
  #bytes(file: string): Uint8Array | string {
    try {
      return this.host.readFile(file);
    } catch (error) {
      return (error as NodeJS.ErrnoException).code ?? (error as Error).message;
    }
  }

  #refuse(at: Span | null, code: "SM111" | "SM115", message: string, more: { hint?: string } = {}): null {
    this.problems.push(problem(code, at, message, more));
    return null;
  }
}

function decode(bytes: Uint8Array): string | null {
  if (bytes.includes(0)) return null;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes).replace(/\r\n?/g, "\n");
  } catch {
    return null;
  }
}
