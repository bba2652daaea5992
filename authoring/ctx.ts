/** What a workflow function can ask of its run. Types only: the compiler reads the calls, the runtime answers them. */

import type { z } from "zod";
import type { Continuation } from "./components.ts";
import type { StateStore } from "./state.ts";

/** The schemas given to `createSmithers`: output tables by name, and `input`. */
export type Schemas = { readonly [table: string]: z.ZodType };

export type Table<S extends Schemas> = Exclude<keyof S & string, "input">;

/** A parsed row of a table. */
export type RowOf<T extends z.ZodType> = z.output<T>;

/** A row as `ctx.outputs.TABLE` lists it. */
export type Recorded<T extends z.ZodType> = RowOf<T> & {
  readonly nodeId: string;
  readonly iteration: number;
};

/** A table, named by its key or by its schema (`outputs.analyze`). */
export type TableRef<S extends Schemas> = Table<S> | S[Table<S>];

/** The tables whose rows have certain fields. */
export type TableWith<S extends Schemas, Row> = {
  [T in Table<S>]: RowOf<S[T]> extends Row ? T | S[T] : never;
}[Table<S>];

/** The row type behind a TableRef. */
export type RowOfRef<S extends Schemas, R> =
  R extends Table<S> ? RowOf<S[R]> : R extends z.ZodType ? RowOf<R> : never;

export interface Address {
  readonly nodeId: string;
  /** Exactly this iteration of the innermost loop; without it see `output`, `outputMaybe`. */
  readonly iteration?: number;
}

export interface Ctx<S extends Schemas> {
  /** The run's input, parsed by the `input` schema; with what the run before left, where it took the place of one. */
  readonly input: (S extends { readonly input: infer I extends z.ZodType }
    ? z.output<I>
    : Record<string, unknown>) & { readonly __smithersContinuation?: Continuation };
  readonly runId: string;
  /** Iteration of the innermost enclosing loop, from 0. */
  readonly iteration: number;
  /** All rows of a table in completion order. */
  readonly outputs: { readonly [T in Table<S>]: readonly Recorded<S[T]>[] } & (<T extends Table<S>>(
    table: T,
  ) => readonly Recorded<S[T]>[]);
  /**
   * The row of a task, and a dependency on it: the reader waits until it is there. Inside the producer's loop the row
   * of the own iteration; from outside, the last one once the loop is closed.
   */
  output<R extends TableRef<S>>(table: R, address: Address): RowOfRef<S, R>;
  /** Never waits: the own iteration's row, else the newest earlier one, else undefined. */
  outputMaybe<R extends TableRef<S>>(table: R, address: Address): RowOfRef<S, R> | undefined;
  /** Never waits: the newest row of the task. */
  latest<R extends TableRef<S>>(table: R, nodeId: string): RowOfRef<S, R> | undefined;
  /** How many iterations of the task have given a row. */
  iterationCount<R extends TableRef<S>>(table: R, nodeId: string): number;
  /** An array as it is, nothing as `[]`, anything else as one element. */
  latestArray<T>(value: readonly T[] | T | null | undefined): readonly T[];
  /** Milliseconds since 1970, frozen per frame and journaled. */
  now(): number;
  /** A number in [0, 1) that hangs on the run and the key alone: the same at every frame and after a resume. */
  random(key: string): number;
  /** What handlers have written. It outlives the process. */
  readonly state: StateStore;
  /** The same in memory: empty again when the run is resumed. */
  readonly vol: StateStore;
  /** Files of the project: read when first asked for, observed from then on, and journaled. */
  readonly fs: ProjectFiles;
}

/** Paths are relative to the project, or absolute within it. */
export interface ProjectFiles {
  /** UTF-8 text. Throws where there is no such file. */
  readFile(path: string): string;
  exists(path: string): boolean;
  /** Names, sorted. Throws where there is no such directory. */
  readDir(path: string, options?: { readonly recursive?: boolean }): string[];
  readDir(path: string, options: { readonly withFileTypes: true; readonly recursive?: boolean }): FileEntry[];
  /** Throws where there is nothing at the path. */
  stat(path: string): Omit<FileEntry, "name"> & { readonly size: number };
}

export interface FileEntry {
  readonly name: string;
  isFile(): boolean;
  isDirectory(): boolean;
  isSymbolicLink(): boolean;
}
