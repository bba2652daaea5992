/** How many attempts may be under way at once below a parallel, and what waits for room there. */
import type { Cell } from "../values/cell.ts";
import type { Instance } from "./instance.ts";
import { Ready } from "./ready.ts";
import { type Hold, holdOf } from "./unit.ts";

/** A mounted parallel, of whatever policy. */
export interface Laned extends Instance {
  readonly lanes: Lanes;
}

export const isLaned = (unit: object): unit is Laned => "lanes" in unit && unit.lanes instanceof Lanes;

export class Lanes {
  /** Ready tasks that found no room. */
  readonly parked = new Ready();
  #limit: Cell | null = null;

  /** Attempts that may run at once; none while the expression has no value. */
  limit(): number {
    const outcome = this.#limit?.pull();
    if (!outcome) return Number.POSITIVE_INFINITY;
    if (outcome.kind !== "value") return 0;
    const { value } = outcome;
    return typeof value === "number" && value >= 1 ? Math.floor(value) : Number.POSITIVE_INFINITY;
  }

  /** Follows the cell of a parallel that is mounted; `held` is told when what holds the parallel changes. */
  open(cell: Cell, owner: Instance, held: (hold: Hold | null) => void): void {
    const limited = (): void => {
      held(holdOf(cell.pull(), `nodes.${owner.plan.key}.maxConcurrency`));
      this.unpark(owner, Number.POSITIVE_INFINITY);
      owner.update();
    };
    this.#limit = cell;
    owner.world.watch(cell, owner, limited);
    limited();
  }

  /** Lets the first `count` parked tasks try again. */
  unpark(owner: Instance, count: number): void {
    for (let left = count; left > 0; left--) {
      const leaf = this.parked.take();
      if (!leaf) return;
      owner.world.ready.push(leaf);
    }
  }
}
