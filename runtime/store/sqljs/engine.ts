/** sql.js as published, with what its interface does not show: its memory and its table of functions. */
import fs from "node:fs";
import { createRequire } from "node:module";
import { StoreError } from "../store.ts";

export type SqlValue = null | number | string | Uint8Array;

export interface SqlStatement {
  bind(values: readonly SqlValue[]): boolean;
  step(): boolean;
  get(): SqlValue[];
  run(values?: readonly SqlValue[]): void;
  reset(): void;
  /** Its own text: what stands behind a first semicolon is not part of it. */
  getSQL(): string;
  getColumnNames(): string[];
  free(): boolean;
}

export interface SqlDatabase {
  /** Address of `struct sqlite3`. */
  readonly db: number;
  exec(sql: string): { readonly values: SqlValue[][] }[];
  prepare(sql: string): SqlStatement;
  close(): void;
}

/** What the package exports, as far as it is used. */
export interface SqlModule {
  readonly Database: new (data?: Uint8Array) => SqlDatabase;
  UTF8ToString(address: number, maximum?: number): string;
  _malloc(size: number): number;
}

export interface WasmMemory {
  /** Another one each time the memory grows. */
  readonly buffer: ArrayBuffer;
}

/** What SQLite calls through pointers: a pointer to a function is its place in here. */
export interface WasmTable {
  /** @returns the first of the new places */
  grow(by: number): number;
  set(place: number, fn: unknown): void;
}

export interface Engine {
  readonly sql: SqlModule;
  readonly memory: WasmMemory;
  readonly table: WasmTable;
}

export interface WasmInstance {
  readonly exports: { readonly [name: string]: unknown };
}

/** As much of the global `WebAssembly` as is used: its types come with the DOM's, which are not wanted here. */
export interface Wasm {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => WasmInstance;
  readonly Memory: new () => WasmMemory;
  readonly Table: new () => WasmTable;
}

export function webAssembly(): Wasm {
  return Reflect.get(globalThis, "WebAssembly") as Wasm;
}

type Initialise = (options: {
  readonly useOldExtensionFunctions: boolean;
  instantiateWasm(imports: object, done: (instance: WasmInstance) => void): object;
}) => Promise<SqlModule>;

/**
 * Loads an instance of sql.js that nobody else in the process has: the package keeps the first one for all its users.
 * The release build honours Emscripten's `instantiateWasm`; memory and table are told by their types, as names are
 * minified.
 * @throws StoreError `IO` when the package is not as expected
 */
export async function loadEngine(): Promise<Engine> {
  const require = createRequire(import.meta.url);
  const script = require.resolve("sql.js/dist/sql-wasm.js");
  const cached = require.cache[script];
  delete require.cache[script];
  const initialise = require(script) as Initialise;
  if (cached) require.cache[script] = cached;
  else delete require.cache[script];

  const wasm = webAssembly();
  const module = new wasm.Module(fs.readFileSync(script.replace(/\.js$/, ".wasm")));
  let exported: unknown[] = [];
  const sql = await initialise({
    useOldExtensionFunctions: false,
    instantiateWasm(imports, done) {
      const instance = new wasm.Instance(module, imports);
      exported = Object.values(instance.exports);
      done(instance);
      return instance.exports;
    },
  });
  const memory = exported.find((item): item is WasmMemory => item instanceof wasm.Memory);
  const table = exported.find((item): item is WasmTable => item instanceof wasm.Table);
  const complete = typeof sql.UTF8ToString === "function" && typeof sql._malloc === "function";
  if (!memory || !table || !complete) {
    throw new StoreError(
      "IO",
      "this build of sql.js can't be used: its memory and its functions are not to be had",
    );
  }
  return { sql, memory, table };
}
