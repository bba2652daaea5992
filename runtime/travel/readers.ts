/** Which tasks read whose rows, as a replay sees it when each of them starts or begins to wait. */
import { Leaf } from "../interpreter/leaf.ts";
import type { Run, Start } from "../interpreter/run.ts";
import { rowsHanded } from "../interpreter/snapshot.ts";
import { addressKey } from "../store/rules.ts";
import type { OutputRecord, TaskRecord } from "../store/store.ts";
import { Cell, type Dependency } from "../values/cell.ts";
import { RowSignal } from "../values/rows.ts";

export class Readers {
  /** Table and node, or all of a table → keys of what read its rows, and the last frame in which. */
  readonly #readers = new Map<string, Map<string, number>>();
  /** Table and address → the frame in which it had a row first. */
  readonly #first = new Map<string, number>();
  readonly #seen = new Set<string>();

  /** Rows of a store. One that was taken back and given anew was there before. */
  know(outputs: readonly OutputRecord[]): void {
    for (const row of outputs) {
      const name = nameOf(row.table, addressKey(row));
      this.#first.set(name, Math.min(row.frame, this.#first.get(name) ?? row.frame));
    }
  }

  /** Looks at what starts now, and at what began to wait for people, signals or time. */
  look({ world, frame }: Run, starts: readonly Start[]): void {
    for (const { entry } of starts)
      for (const leaf of entry.leaves) if (leaf instanceof Leaf) this.#lookAt(leaf, entry.key, frame);
    for (const leaf of [...world.asked, ...world.timed, ...world.listening])
      if (leaf.entry && !this.#seen.has(leaf.entry.key)) this.#lookAt(leaf, leaf.entry.key, frame);
  }

  /** Those of `tasks` that read the row of `task`. */
  of(task: TaskRecord, tasks: readonly TaskRecord[]): readonly TaskRecord[] {
    if (task.table === null) return [];
    const own = addressKey(task);
    const since = this.#first.get(nameOf(task.table, own)) ?? task.frame;
    const all = this.#readers.get(nameOf(task.table));
    const some = this.#readers.get(nameOf(task.table, task.nodeId));
    return tasks.filter((other) => {
      const key = addressKey(other);
      return key !== own && Math.max(all?.get(key) ?? -1, some?.get(key) ?? -1) >= since;
    });
  }

  #lookAt(leaf: Leaf, key: string, frame: number): void {
    this.#seen.add(key);
    for (const { table, nodeId } of signalsBehind(leaf.gate())) this.#add(nameOf(table, nodeId), key, frame);
    if (leaf.kind !== "compute") return;
    for (const { table, nodeId } of rowsHanded(leaf)) this.#add(nameOf(table, nodeId), key, frame);
  }

  #add(name: string, key: string, frame: number): void {
    const known = this.#readers.get(name);
    if (known) known.set(key, frame);
    else this.#readers.set(name, new Map([[key, frame]]));
  }
}

const nameOf = (table: string, nodeId?: string): string => JSON.stringify([table, nodeId ?? null]);

function signalsBehind(cell: Cell): readonly RowSignal[] {
  const seen = new Set<Dependency>([cell]);
  for (const dependency of seen)
    if (dependency instanceof Cell) for (const next of dependency.dependencies) seen.add(next);
  return [...seen].filter((dependency) => dependency instanceof RowSignal);
}
