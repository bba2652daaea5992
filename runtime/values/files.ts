/**
 * `ctx.fs`: what a run has read of its project's files. Each question is put to the disk once a run, when it is first
 * asked; the answer is journaled with the frame that asked, and a resume goes on with it (SEMANTICS 58).
 */
import { CoreError, HostObject, type Reader, type Value } from "../../plan/core/values.ts";
import type { Json } from "../../plan/types.ts";
import { deepFreeze } from "./rows.ts";

export type FileOperation = "readFile" | "exists" | "readDir" | "stat";

export interface FileQuestion {
  readonly operation: FileOperation;
  /** As the plan gives it: absolute, or relative to the project. */
  readonly path: string;
  /** Of `readDir`: entries of the directories in it too. */
  readonly recursive: boolean;
}

/** `readFile`: text. `exists`: boolean. `readDir`: entries by name. `stat`: an entry with its size, null where there is none. */
export type FileAnswer =
  | { readonly ok: true; readonly value: Json }
  | {
      readonly ok: false;
      /** As Node names it (`ENOENT`); `OUTSIDE` for what lies outside the project, which no program can handle. */
      readonly code: string;
      readonly message: string;
    };

export type FileSource = (question: FileQuestion) => FileAnswer;

/** As the journal keeps it. */
export interface FileRecord extends FileQuestion {
  readonly answer: FileAnswer;
}

export interface FileEntry {
  readonly name: string;
  readonly kind: "file" | "directory" | "link" | "other";
}

export class ProjectFiles {
  readonly #source: FileSource;
  readonly #known = new Map<string, FileAnswer>();
  #fresh: FileRecord[] = [];

  constructor(source: FileSource, journaled: Iterable<FileRecord> = []) {
    this.#source = source;
    for (const record of journaled) this.#known.set(keyOf(record), deepFreeze(record.answer));
  }

  ask(question: FileQuestion): FileAnswer {
    const key = keyOf(question);
    let answer = this.#known.get(key);
    if (!answer) {
      answer = deepFreeze(this.#source(question));
      this.#known.set(key, answer);
      this.#fresh.push({ ...question, answer });
    }
    return answer;
  }

  /** What was asked since the last call, for the journal. */
  takeFresh(): readonly FileRecord[] {
    const fresh = this.#fresh;
    this.#fresh = [];
    return fresh;
  }
}

const keyOf = ({ operation, path, recursive }: FileQuestion): string =>
  JSON.stringify([operation, path, recursive]);

/** The object behind `ctx.fs`. */
export class FileReads extends HostObject {
  readonly #files: ProjectFiles;

  constructor(files: ProjectFiles) {
    super();
    this.#files = files;
  }

  override get(key: string, _reader: Reader): Value {
    switch (key) {
      case "readFile":
        return new Question((args) => this.#ask("readFile", args));
      case "exists":
        return new Question((args) => this.#ask("exists", args));
      case "readDir":
        return new Question((args) => {
          const entries = this.#ask("readDir", args) as unknown as readonly FileEntry[];
          return isSet(args[1], "withFileTypes")
            ? entries.map((entry) => new Entry(entry, null))
            : entries.map(({ name }) => name);
        });
      case "stat":
        return new Question((args) => this.#stat(args));
      default:
        return undefined;
    }
  }

  #stat(args: readonly Value[]): Value {
    const found = this.#ask("stat", args) as (FileEntry & { readonly size: number }) | null;
    if (found) return new Entry(found, found.size);
    const [path, options] = args;
    if (typeof options === "object" && options !== null && "throwIfNoEntry" in options) {
      if (options.throwIfNoEntry === false) return undefined;
    }
    throw thrown("ENOENT", `ENOENT: no such file or directory, stat '${String(path)}'`);
  }

  #ask(operation: FileOperation, [path, options]: readonly Value[]): Json {
    if (typeof path !== "string")
      throw new CoreError("FORBIDDEN", `ctx.fs.${operation} takes a path, which is a text`);
    const answer = this.#files.ask({ operation, path, recursive: isSet(options, "recursive") });
    if (answer.ok) return answer.value;
    if (answer.code === "OUTSIDE") throw new CoreError("FORBIDDEN", answer.message);
    throw thrown(answer.code, answer.message);
  }
}

const isSet = (options: Value, name: string): boolean =>
  typeof options === "object" &&
  options !== null &&
  (options as { readonly [name: string]: Value })[name] === true;

function thrown(code: string, message: string): CoreError {
  const value = Object.assign(new Error(message), { code });
  return new CoreError("THROWN", message, { value });
}

/** A method. The list it gives is the caller's own. */
class Question extends HostObject {
  override readonly fresh = true;
  readonly #answer: (args: readonly Value[]) => Value;

  constructor(answer: (args: readonly Value[]) => Value) {
    super();
    this.#answer = answer;
  }

  override get(): Value {
    return undefined;
  }

  override call(args: readonly Value[]): Value {
    return this.#answer(args);
  }
}

/** An entry of a directory, or what `stat` gives: as Node's, without the times. */
class Entry extends HostObject {
  readonly #entry: FileEntry;
  readonly #size: number | null;

  constructor(entry: FileEntry, size: number | null) {
    super();
    this.#entry = entry;
    this.#size = size;
  }

  override get(key: string, _reader: Reader): Value {
    const { kind, name } = this.#entry;
    switch (key) {
      case "name":
        return this.#size === null ? name : undefined;
      case "size":
        return this.#size ?? undefined;
      case "isFile":
        return new Question(() => kind === "file");
      case "isDirectory":
        return new Question(() => kind === "directory");
      case "isSymbolicLink":
        return new Question(() => kind === "link");
      default:
        throw new CoreError("FORBIDDEN", `${key} of a file is not recorded with a run`);
    }
  }
}
