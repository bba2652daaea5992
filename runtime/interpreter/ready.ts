/** Tasks that may start: that of the highest priority first, and of equal ones the first in document order. */
import type { Leaf } from "./leaf.ts";
import type { LeafKind } from "./stepper.ts";
import { compareUnits } from "./unit.ts";

interface Waiting {
  readonly leaf: Leaf;
  /** Its priority when it came, by which it stands where it does. */
  readonly priority: number;
}

/** Tasks in the order in which they start. */
class Line {
  /** From last to first, so that the first is taken from the end. */
  readonly #waiting: Waiting[] = [];

  insert(added: Waiting): void {
    let low = 0;
    let high = this.#waiting.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (isBefore(added, this.#waiting[middle] as Waiting)) low = middle + 1;
      else high = middle;
    }
    this.#waiting.splice(low, 0, added);
  }

  remove(known: Waiting): void {
    this.#waiting.splice(this.#waiting.indexOf(known), 1);
  }

  get first(): Waiting | undefined {
    return this.#waiting.at(-1);
  }

  removeFirst(): void {
    this.#waiting.pop();
  }
}

export class Ready {
  /** Apart, so that while all places are taken nobody looks at those that need one. */
  readonly #placed = new Line();
  readonly #placeless = new Line();
  readonly #members = new Map<Leaf, Waiting>();

  /** One that is there already goes where its priority puts it now. */
  push(leaf: Leaf): void {
    const { priority } = leaf;
    const known = this.#members.get(leaf);
    if (known?.priority === priority) return;
    const line = this.#lineOf(leaf);
    if (known) line.remove(known);
    const added = { leaf, priority };
    this.#members.set(leaf, added);
    line.insert(added);
  }

  /** The first that is still ready; undefined when there is none. Without `places` the first of those that need none. */
  take({ places = true } = {}): Leaf | undefined {
    const placeless = this.#first(this.#placeless);
    const placed = places ? this.#first(this.#placed) : undefined;
    const first = placed && (!placeless || isBefore(placed, placeless)) ? placed : placeless;
    if (!first) return undefined;
    this.#lineOf(first.leaf).removeFirst();
    this.#members.delete(first.leaf);
    return first.leaf;
  }

  /** Whether any is still ready. */
  get any(): boolean {
    return this.#first(this.#placed) !== undefined || this.#first(this.#placeless) !== undefined;
  }

  #lineOf({ kind }: Leaf): Line {
    return takesPlace(kind) ? this.#placed : this.#placeless;
  }

  #first(line: Line): Waiting | undefined {
    for (let first = line.first; first; first = line.first) {
      if (first.leaf.ready && !first.leaf.disposed) return first;
      line.removeFirst();
      this.#members.delete(first.leaf);
    }
    return undefined;
  }
}

/** Whether an attempt takes one of the places of the whole run: what is done here at once, or in a run of its own, does not. */
export const takesPlace = (kind: LeafKind): boolean => kind !== "static" && kind !== "subflow";

const isBefore = (a: Waiting, b: Waiting): boolean =>
  a.priority === b.priority ? compareUnits(a.leaf, b.leaf) < 0 : a.priority > b.priority;
