/** Tasks that may start, first in document order first. */
import type { Leaf } from "./leaf.ts";
import { compareUnits } from "./unit.ts";

export class Ready {
  /** From last to first, so that the first is taken from the end. */
  readonly #leaves: Leaf[] = [];
  readonly #members = new Set<Leaf>();

  push(leaf: Leaf): void {
    if (this.#members.has(leaf)) return;
    this.#members.add(leaf);
    let low = 0;
    let high = this.#leaves.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compareUnits(leaf, this.#leaves[middle] as Leaf) < 0) low = middle + 1;
      else high = middle;
    }
    this.#leaves.splice(low, 0, leaf);
  }

  /** The first that is still ready; undefined when there is none. */
  take(): Leaf | undefined {
    for (let leaf = this.#leaves.pop(); leaf; leaf = this.#leaves.pop()) {
      this.#members.delete(leaf);
      if (leaf.ready && !leaf.disposed) return leaf;
    }
    return undefined;
  }

  /** Whether any is still ready. */
  get any(): boolean {
    for (let leaf = this.#leaves.at(-1); leaf; leaf = this.#leaves.at(-1)) {
      if (leaf.ready && !leaf.disposed) return true;
      this.#leaves.pop();
      this.#members.delete(leaf);
    }
    return false;
  }
}
