/**
 * `ctx.fs`: what a run has read of its project's files. A question is put to the disk when it is first asked, and looked at
 * again from time to time (../observing.ts). The first answer is journaled with the frame that asked, another one with the
 * frame that it makes; within a frame nothing changes (SEMANTICS 58).
 */
import { CoreError, HostObject, type Reader, type Value } from "../../plan/core/values.ts";
import type { Json } from "../../plan/types.ts";
import { Cell, Source } from "./cell.ts";
import { stableText } from "./json.ts";
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

/** May give the same object as long as the answer is the same. */
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
  readonly #known = new Map<string, Known>();
  #fresh: FileRecord[] = [];

  /** @param journaled of several answers to one question the last counts */
  constructor(source: FileSource, journaled: Iterable<FileRecord> = []) {
    this.#source = source;
    for (const record of journaled) this.#know(record);
  }

  /** @param reader is evaluated anew when the answer is another one */
  ask(question: FileQuestion, reader: Cell | null = null): FileAnswer {
    let known = this.#known.get(keyOf(question));
    if (!known) {
      known = this.#know({ ...question, answer: this.#source(question) });
      this.#fresh.push({ ...question, answer: known.answer });
    }
    if (!reader) return known.answer;
    known.cell ??= new Source(reader.graph, known.answer);
    return known.cell.read(reader);
  }

  /** Puts all that was ever asked to the disk once more. Returns the answers that are others now, and changes nothing. */
  look(): readonly FileRecord[] {
    const changed: FileRecord[] = [];
    for (const known of this.#known.values()) {
      const now = this.#source(known.question);
      if (now === known.same) continue;
      if (stableText({ ...now }) === stableText({ ...known.answer })) known.same = now;
      else changed.push({ ...known.question, answer: now });
    }
    return changed;
  }

  /** Takes an answer for the one that counts from now on. Returns whether it is another one. */
  observe(record: FileRecord): boolean {
    const known = this.#known.get(keyOf(record));
    if (!known || stableText({ ...known.answer }) === stableText({ ...record.answer })) return false;
    known.answer = deepFreeze(record.answer);
    known.same = null;
    known.cell?.set(known.answer);
    return true;
  }

  #know({ answer, operation, path, recursive }: FileRecord): Known {
    const question = { operation, path, recursive };
    const known = { question, answer: deepFreeze(answer), same: null, cell: null };
    this.#known.set(keyOf(question), known);
    return known;
  }

  /** What was asked since the last call, for the journal. */
  takeFresh(): readonly FileRecord[] {
    const fresh = this.#fresh;
    this.#fresh = [];
    return fresh;
  }
}

/** A question that was asked, with its answer; `cell` once an expression has read it. */
interface Known {
  readonly question: FileQuestion;
  answer: FileAnswer;
  /** What the source gave last, where that says the same. */
  same: FileAnswer | null;
  cell: Source<FileAnswer> | null;
}

/** What tells one question from another. */
export const keyOf = ({ operation, path, recursive }: FileQuestion): string =>
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
        return new Question((args, reader) => this.#ask("readFile", args, reader));
      case "exists":
        return new Question((args, reader) => this.#ask("exists", args, reader));
      case "readDir":
        return new Question((args, reader) => {
          const entries = this.#ask("readDir", args, reader) as unknown as readonly FileEntry[];
          return isSet(args[1], "withFileTypes")
            ? entries.map((entry) => new Entry(entry, null))
            : entries.map(({ name }) => name);
        });
      case "stat":
        return new Question((args, reader) => this.#stat(args, reader));
      default:
        return undefined;
    }
  }

  #stat(args: readonly Value[], reader: Reader): Value {
    const found = this.#ask("stat", args, reader) as (FileEntry & { readonly size: number }) | null;
    if (found) return new Entry(found, found.size);
    const [path, options] = args;
    if (typeof options === "object" && options !== null && "throwIfNoEntry" in options) {
      if (options.throwIfNoEntry === false) return undefined;
    }
    throw thrown("ENOENT", `ENOENT: no such file or directory, stat '${String(path)}'`);
  }

  #ask(operation: FileOperation, [path, options]: readonly Value[], reader: Reader): Json {
    if (typeof path !== "string")
      throw new CoreError("FORBIDDEN", `ctx.fs.${operation} takes a path, which is a text`);
    const question = { operation, path, recursive: isSet(options, "recursive") };
    const answer = this.#files.ask(question, reader instanceof Cell ? reader : null);
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
  readonly #answer: (args: readonly Value[], reader: Reader) => Value;

  constructor(answer: (args: readonly Value[], reader: Reader) => Value) {
    super();
    this.#answer = answer;
  }

  override get(): Value {
    return undefined;
  }

  override call(args: readonly Value[], reader: Reader): Value {
    return this.#answer(args, reader);
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
