/**
 * What `ctx.state` (durable) and `ctx.vol` (in memory) hold: a cell a key, so that a change reaches those alone that read
 * the key (SEMANTICS 10). Nothing is written here while a frame is evaluated; handlers queue writes, a flush applies them.
 */
import { callFunction } from "../../plan/core/index.ts";
import { CoreError, type Value } from "../../plan/core/values.ts";
import type { Json } from "../../plan/types.ts";
import { Cell, type Graph, Source } from "./cell.ts";
import { stableText, toJson } from "./json.ts";
import { deepFreeze } from "./rows.ts";

export type StoreName = "state" | "vol";

/** A queued write. `set` to null is `delete` (SEMANTICS 7). */
export type StateWrite =
  | { readonly op: "set" | "init"; readonly store: StoreName; readonly key: string; readonly value: Json }
  | { readonly op: "delete"; readonly store: StoreName; readonly key: string }
  /** `update` is a function of Core, called with what the key holds when the write is applied. */
  | { readonly op: "update"; readonly store: StoreName; readonly key: string; readonly update: Value };

/** What a write changed; null stands for none. `index`: which write of its batch it was, from 0. */
export interface Change {
  readonly store: StoreName;
  readonly key: string;
  readonly old: Json;
  readonly new: Json;
  readonly index: number;
}

/** The evaluation of a handler: what may write. An `update` function is evaluated in one without a queue. */
export class HandlerCell extends Cell {
  readonly queue: StateWrite[] | null;

  constructor(graph: Graph, label: string, compute: (reader: Cell) => Value, queue: StateWrite[] | null) {
    super(graph, label, (reader) => {
      // A deep chain is evaluated more than once (Demand): only the last time counts.
      if (queue) queue.length = 0;
      return compute(reader);
    });
    this.queue = queue;
  }
}

export class StateCells {
  readonly #graph: Graph;
  readonly #cells = new Map<string, Source<Json | undefined>>();
  readonly #keys: Source<readonly string[]>;
  /** How many flushes have changed it. */
  readonly #version: Source<number>;

  constructor(graph: Graph) {
    this.#graph = graph;
    this.#keys = new Source<readonly string[]>(graph, Object.freeze([]));
    this.#version = new Source(graph, 0);
  }

  get(key: string, reader: Cell): Json | undefined {
    return this.#cell(key).read(reader);
  }

  /** Sorted. */
  keys(reader: Cell): readonly string[] {
    return this.#keys.read(reader);
  }

  version(reader: Cell): number {
    return this.#version.read(reader);
  }

  peekVersion(): number {
    return this.#version.peek();
  }

  peek(key: string): Json | undefined {
    return this.#cells.get(key)?.peek();
  }

  /** All that it holds, by key, sorted. */
  entries(): { readonly [key: string]: Json } {
    return Object.fromEntries(this.#keys.peek().map((key) => [key, this.peek(key) as Json]));
  }

  /** Puts values in place; null takes the key away. */
  put(values: ReadonlyMap<string, Json>): void {
    const keys = new Set(this.#keys.peek());
    for (const [key, value] of values) {
      if (value === null) keys.delete(key);
      else keys.add(key);
      this.#cell(key).set(value === null ? undefined : deepFreeze(value));
    }
    const sorted = [...keys].sort();
    const before = this.#keys.peek();
    if (sorted.length !== before.length || sorted.some((key, at) => key !== before[at]))
      this.#keys.set(Object.freeze(sorted));
    if (values.size > 0) this.#version.set(this.#version.peek() + 1);
  }

  #cell(key: string): Source<Json | undefined> {
    let cell = this.#cells.get(key);
    if (!cell) {
      cell = new Source<Json | undefined>(this.#graph, undefined);
      this.#cells.set(key, cell);
    }
    return cell;
  }
}

/** Both stores of a run. */
export class RunState {
  readonly state: StateCells;
  readonly vol: StateCells;
  readonly #graph: Graph;

  constructor(graph: Graph) {
    this.#graph = graph;
    this.state = new StateCells(graph);
    this.vol = new StateCells(graph);
  }

  /** A flush of batches: what they change together is put in place once, at the end. */
  flush(): Flush {
    return new Flush(this, this.#graph);
  }
}

/** Batches of writes, applied in their order, each whole or not at all. */
export class Flush {
  readonly #to: RunState;
  readonly #graph: Graph;
  readonly #values = { state: new Map<string, Json>(), vol: new Map<string, Json>() };

  constructor(to: RunState, graph: Graph) {
    this.#to = to;
    this.#graph = graph;
  }

  /**
   * Applies one handler's writes on top of those before it.
   * @returns what they changed: a write that leaves a key as it was is none (SEMANTICS 4)
   * @throws CoreError, Pending where an `update` function fails; nothing of the batch is applied then (SEMANTICS 8)
   */
  apply(writes: readonly StateWrite[]): readonly Change[] {
    const own = { state: new Map<string, Json>(), vol: new Map<string, Json>() };
    const changes: Change[] = [];
    for (const [index, write] of writes.entries()) {
      const { store, key } = write;
      const old = own[store].get(key) ?? this.#before(store, key, own[store]);
      const now = this.#result(write, old);
      if (stableText(now) === stableText(old)) continue;
      own[store].set(key, now);
      changes.push({ store, key, old, new: now, index });
    }
    for (const store of ["state", "vol"] as const)
      for (const [key, value] of own[store]) this.#values[store].set(key, value);
    return changes;
  }

  /** Puts it all in place. Returns what the flush changed as a whole: store → key → value, null for a key that is gone. */
  end(): { readonly [store in StoreName]: ReadonlyMap<string, Json> } {
    const changed = { state: new Map<string, Json>(), vol: new Map<string, Json>() };
    for (const store of ["state", "vol"] as const) {
      for (const [key, value] of this.#values[store])
        if (stableText(value) !== stableText(this.#to[store].peek(key) ?? null))
          changed[store].set(key, value);
      this.#to[store].put(changed[store]);
    }
    return changed;
  }

  /** What a key holds that the batch itself gave no value. */
  #before(store: StoreName, key: string, own: ReadonlyMap<string, Json>): Json {
    if (own.has(key)) return null;
    const values = this.#values[store];
    return values.has(key) ? (values.get(key) ?? null) : (this.#to[store].peek(key) ?? null);
  }

  #result(write: StateWrite, old: Json): Json {
    switch (write.op) {
      case "set":
        return write.value;
      case "init":
        return old === null ? write.value : old;
      case "delete":
        return null;
      case "update":
        return this.#updated(write.update, write.key, old);
      default:
        return write satisfies never;
    }
  }

  #updated(update: Value, key: string, old: Json): Json {
    const label = `the update of ${key}`;
    const given = old === null ? undefined : deepFreeze(old);
    const cell = new HandlerCell(
      this.#graph,
      label,
      (reader) => callFunction(update, [given], { reader }),
      null,
    );
    const outcome = cell.pull();
    cell.dispose();
    if (outcome.kind === "value") return toJson(outcome.value, label);
    if (outcome.kind === "error") throw outcome.error;
    throw new CoreError("FORBIDDEN", `${label} waits for ${outcome.cell}`);
  }
}
