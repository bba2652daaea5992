/** Mounted containers with an explicit id: what `dependsOn` may name beside what has a state of its own. */
import type { Unit } from "./unit.ts";

export class Containers {
  readonly #units = new Map<string, Set<Unit>>();

  know(id: string, unit: Unit): void {
    const same = this.#units.get(id);
    if (same) same.add(unit);
    else this.#units.set(id, new Set([unit]));
  }

  forget(id: string, unit: Unit): void {
    const same = this.#units.get(id);
    same?.delete(unit);
    if (same?.size === 0) this.#units.delete(id);
  }

  /** What is mounted with this id. */
  called(id: string): Iterable<Unit> {
    return this.#units.get(id) ?? [];
  }

  /** Nothing is left to do in what has this id, once its turn has come: before that, more of it may be mounted yet. */
  stateOf(id: string): "open" | "settled" | "absent" {
    const units = this.#units.get(id);
    if (!units) return "absent";
    for (const unit of units) if (!unit.settled || !unit.hasTurn) return "open";
    return "settled";
  }
}
