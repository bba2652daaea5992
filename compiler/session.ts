/**
 * Builds of many entries, again and again, that do only what changed.
 *
 * A build is a function of what its host answers. So every build notes its questions with their answers; while all
 * answers are the same, so is the result. Every file is read once a round and compared byte by byte: no clocks, no file
 * times. Files that several entries import are parsed once.
 */
import path from "node:path";
import type { BuildHost } from "./host.ts";
import { nodeHost } from "./host.ts";
import { type Parse, type Parsed, parseModule } from "./phases/1-parse/parse.ts";
import { projectRoot } from "./phases/2-bind/root.ts";
import { type BuildOptions, type BuildResult, build } from "./pipeline.ts";

export interface Session {
  /** Forgets what the files were: what is asked from now on is read anew. */
  refresh(): void;
  /** As `build`; `reused` says that nothing it depends on has changed since the last time, so nothing was done. */
  build(entry: string): Promise<BuildResult & { readonly reused: boolean }>;
  /** Files and directories that the builds of all entries looked at, present or not. */
  watched(): ReadonlySet<string>;
}

interface Memo {
  readonly root: string;
  readonly result: BuildResult;
  readonly questions: Questions;
}

export function newSession(options: BuildOptions = {}): Session {
  const disk = options.host ?? nodeHost();
  const memos = new Map<string, Memo>();
  const parser = rememberingParser();
  let round = newRound(disk);
  return {
    refresh() {
      round = newRound(disk);
      parser.forget();
    },
    async build(entry) {
      // Found apart from the build: it lists whole folders, in which much may change that does not matter.
      const root = options.root ?? projectRoot(round, path.resolve(entry));
      const known = memos.get(entry);
      if (known?.root === root && isUnchanged(known.questions, round))
        return { ...known.result, reused: true };
      const { host, questions } = noting(round);
      const result = await build(entry, { ...options, root, host, parse: parser.parse });
      memos.set(entry, { root, result, questions });
      return { ...result, reused: false };
    },
    watched: () =>
      new Set(
        [...memos.values()].flatMap(({ questions }) => KINDS.flatMap((kind) => [...questions[kind].keys()])),
      ),
  };
}

/** Answers of the disk, each asked once. */
function newRound(disk: BuildHost): BuildHost {
  return {
    size: once((file) => disk.size(file)),
    readFile: once((file) => disk.readFile(file)),
    realPath: once((file) => disk.realPath(file)),
    readDir: once((directory) => disk.readDir(directory)),
  };
}

function once<T>(ask: (path: string) => T): (path: string) => T {
  const answers = new Map<string, T>();
  return (path) => {
    if (answers.has(path)) return answers.get(path)!;
    const answer = ask(path);
    answers.set(path, answer);
    return answer;
  };
}

const KINDS = ["size", "readFile", "realPath", "readDir"] as const satisfies (keyof BuildHost)[];

type Questions = { readonly [kind in (typeof KINDS)[number]]: Map<string, ReturnType<BuildHost[kind]>> };

function noting(round: BuildHost): { readonly host: BuildHost; readonly questions: Questions } {
  const questions: Questions = {
    size: new Map(),
    readFile: new Map(),
    realPath: new Map(),
    readDir: new Map(),
  };
  const host: BuildHost = {
    size: (file) => noted(questions.size, file, round.size(file)),
    readFile: (file) => noted(questions.readFile, file, round.readFile(file)),
    realPath: (file) => noted(questions.realPath, file, round.realPath(file)),
    readDir: (directory) => noted(questions.readDir, directory, round.readDir(directory)),
  };
  return { host, questions };
}

function noted<T>(map: Map<string, T>, path: string, answer: T): T {
  map.set(path, answer);
  return answer;
}

function isUnchanged(questions: Questions, round: BuildHost): boolean {
  const all = <T>(
    asked: Map<string, T>,
    ask: (path: string) => T,
    same: (a: T, b: T) => boolean,
  ): boolean => {
    for (const [path, answer] of asked) if (!same(answer, ask(path))) return false;
    return true;
  };
  try {
    return (
      all(questions.size, round.size, Object.is) &&
      all(questions.realPath, round.realPath, Object.is) &&
      all(
        questions.readDir,
        round.readDir,
        (a, b) => a.length === b.length && a.every((x, i) => x === b[i]),
      ) &&
      all(questions.readFile, round.readFile, (a, b) => a === b || Buffer.compare(a, b) === 0)
    );
  } catch {
    // A file that went away in between: the build will say so.
    return false;
  }
}

/** Syntax trees by path, number in the build and text; those that a whole round did not ask for are dropped. */
function rememberingParser(): { readonly parse: Parse; forget(): void } {
  let recent = new Map<string, { readonly text: string; readonly parsed: Parsed }>();
  let older = new Map<string, { readonly text: string; readonly parsed: Parsed }>();
  return {
    parse(input) {
      const key = `${input.file} ${input.path}`;
      const known = recent.get(key) ?? older.get(key);
      const entry = known?.text === input.text ? known : { text: input.text, parsed: parseModule(input) };
      recent.set(key, entry);
      return entry.parsed;
    },
    forget() {
      older = recent;
      recent = new Map();
    },
  };
}
