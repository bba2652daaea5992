/** Tasks that may start: that of the highest priority first, and of equal ones the first in document order. */
import type { Leaf } from "./leaf.ts";
import { compareUnits } from "./unit.ts";

interface Waiting {
  readonly leaf: Leaf;
  /** Its priority when it came, by which it stands where it does. */
  readonly priority: number;
}

export class Ready {
  /** From last to first, so that the first is taken from the end. */
  readonly #waiting: Waiting[] = [];
  readonly #members = new Map<Leaf, Waiting>();

  /** One that is there already goes where its priority puts it now. */
  push(leaf: Leaf): void {
    const { priority } = leaf;
    const known = this.#members.get(leaf);
    if (known?.priority === priority) return;
    if (known) this.#waiting.splice(this.#waiting.indexOf(known), 1);
    const added = { leaf, priority };
    this.#members.set(leaf, added);
    let low = 0;
    let high = this.#waiting.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (isBefore(added, this.#waiting[middle] as Waiting)) low = middle + 1;
      else high = middle;
    }
    this.#waiting.splice(low, 0, added);
  }

  /** The first that is still ready; undefined when there is none. */
  take(): Leaf | undefined {
    const first = this.#first();
    if (!first) return undefined;
    this.#waiting.pop();
    this.#members.delete(first);
    return first;
  }

  /** Whether any is still ready. */
  get any(): boolean {
    return this.#first() !== undefined;
  }

  #first(): Leaf | undefined {
    for (let last = this.#waiting.at(-1); last; last = this.#waiting.at(-1)) {
      if (last.leaf.ready && !last.leaf.disposed) return last.leaf;
      this.#waiting.pop();
      this.#members.delete(last.leaf);
    }
    return undefined;
  }
}

const isBefore = (a: Waiting, b: Waiting): boolean =>
  a.priority === b.priority ? compareUnits(a.leaf, b.leaf) < 0 : a.priority > b.priority;
