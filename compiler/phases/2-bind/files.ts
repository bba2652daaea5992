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

  /** Text that is only looked at and is no source of the build; null when it can't be read. */
  peek(file: string): string | null {
    const known = this.#byPath.get(file);
    if (known) return known.text;
    const size = this.host.size(file);
    if (size === null || size > MAX_BYTES || !this.isInside(file)) return null;
    return decode(this.host.readFile(file));
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
    const bytes = this.host.readFile(file);
    const text = decode(bytes);
    if (text === null) return this.#refuse(at, "SM111", `\`${shown}\` is not a text file (UTF-8).`);
    const source = { index: this.list.length, file, path: shown, text };
    this.list.push(source);
    return source;
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
