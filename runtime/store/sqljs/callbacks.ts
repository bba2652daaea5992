/**
 * JavaScript functions where SQLite expects pointers to functions.
 *
 * A table of WebAssembly takes functions of WebAssembly only, so a module imports ours and exports them again: one module
 * for all. sql.js has `addFunction` for this; it compiles a module a function and begins by looking at every place of the
 * table, which together is a third of what loading SQLite takes.
 */
import { type WasmTable, webAssembly } from "./engine.ts";

export interface Callback {
  /** Types of the result and of the parameters: `i` 32 bits, `j` 64 (a bigint). */
  readonly signature: string;
  readonly fn: (...args: never[]) => number | undefined;
}

/** @returns the pointers, in the order given */
export function addCallbacks(table: WasmTable, callbacks: readonly Callback[]): readonly number[] {
  const wasm = webAssembly();
  const functions = Object.fromEntries(callbacks.map(({ fn }, index) => [String(index), fn]));
  const module = new wasm.Module(moduleOf(callbacks.map(({ signature }) => signature)));
  const { exports } = new wasm.Instance(module, { js: functions });
  const first = table.grow(callbacks.length);
  return callbacks.map((_, index) => {
    table.set(first + index, exports[String(index)]);
    return first + index;
  });
}

const TYPES: Readonly<Record<string, number>> = { i: 0x7f, j: 0x7e };

/** A module that exports its imports `js.0`, `js.1`, … under their numbers (WebAssembly 1.0, "Binary Format"). */
function moduleOf(signatures: readonly string[]): Uint8Array {
  const types = signatures.map((signature) => {
    const [result, ...parameters] = [...signature].map((letter) => TYPES[letter] as number);
    return [0x60, ...vector(parameters.map((type) => [type])), ...vector([[result as number]])];
  });
  const imports = signatures.map((_, index) => [
    ...name("js"),
    ...name(String(index)),
    0,
    ...unsigned(index),
  ]);
  const exports = signatures.map((_, index) => [...name(String(index)), 0, ...unsigned(index)]);
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, vector(types)),
    ...section(2, vector(imports)),
    ...section(7, vector(exports)),
  ]);
}

const section = (id: number, content: readonly number[]): readonly number[] => [
  id,
  ...unsigned(content.length),
  ...content,
];

const vector = (items: readonly (readonly number[])[]): readonly number[] => [
  ...unsigned(items.length),
  ...items.flat(),
];

const name = (text: string): readonly number[] => vector([...text].map((letter) => [letter.charCodeAt(0)]));

/** LEB128. */
function unsigned(value: number): readonly number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}
