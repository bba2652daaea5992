/** Which instance a plan node gets. */
import { CoreError, type Value } from "../../plan/core/values.ts";
import type { Dynamic } from "../../plan/types.ts";
import type { Cell } from "../values/cell.ts";
import { Effect } from "./effect.ts";
import { Instance, mountSites, type Origin } from "./instance.ts";
import { Leaf } from "./leaf.ts";
import { Loop } from "./loop.ts";
import { Ready } from "./ready.ts";
import { Saga } from "./saga.ts";
import { Try } from "./try.ts";
import { holdOf, type Mode } from "./unit.ts";

export function makeInstance(origin: Origin): Instance {
  const { node } = origin.plan;
  switch (node.kind) {
    case "sequence":
    case "workflow":
    case "branch":
    case "worktree":
      return new Container(origin, "sequence");
    case "aspects":
    case "group":
      return new Container(origin, origin.mode);
    case "parallel":
      return new Parallel(origin, node.maxConcurrency);
    case "block":
      return new Block(origin, node.yields);
    case "loop":
      return new Loop(origin, node);
    case "try":
      return new Try(origin, node);
    case "saga":
      return new Saga(origin, node);
    case "effect":
      return new Effect(origin, node);
    case "task":
    case "approval":
    case "timer":
    case "wait":
    case "human":
    case "subflow":
    case "continue-as-new":
      return new Leaf(origin, node);
    default:
      return node satisfies never;
  }
}

/** Workflow, Sequence, Branch, groups: children by the plan. */
export class Container extends Instance {
  #id: string | null = null;

  constructor(origin: Origin, mode: Mode) {
    super(origin, mode);
  }

  protected override mount(): void {
    const { id } = this.plan.node;
    if (typeof id === "string") {
      this.#id = id;
      this.world.containers.set(id, this);
    }
    this.adopt(this.slots(this.scope, this.mode));
  }

  protected override unmount(): void {
    if (this.#id !== null && this.world.containers.get(this.#id) === this)
      this.world.containers.delete(this.#id);
  }

  protected override resited(): void {
    this.adopt(this.slots(this.scope, this.mode));
  }

  protected override changed(): void {
    if (this.#id !== null) this.world.states.signal(this.#id);
  }
}

/** Children side by side; at most `maxConcurrency` attempts at once below it. */
export class Parallel extends Container {
  readonly #field: Dynamic<number> | undefined;
  #limit: Cell | null = null;
  /** Ready tasks that found no room. */
  readonly parked = new Ready();

  constructor(origin: Origin, maxConcurrency: Dynamic<number> | undefined) {
    super(origin, "parallel");
    this.#field = maxConcurrency;
  }

  /** Attempts that may run at once; none while the expression has no value. */
  limit(): number {
    const outcome = this.#limit?.pull();
    if (!outcome) return Number.POSITIVE_INFINITY;
    if (outcome.kind !== "value") return 0;
    const value: Value = outcome.value;
    return typeof value === "number" && value >= 1 ? Math.floor(value) : Number.POSITIVE_INFINITY;
  }

  protected override mount(): void {
    if (this.#field !== undefined) {
      this.#limit = this.cell("maxConcurrency", (reader) => this.scope.field(this.#field, reader));
      this.world.watch(this.#limit, this, () => this.#limited());
      this.#limited();
    }
    super.mount();
  }

  protected override ran(count: number): void {
    if (count < 0) this.unpark(-count);
  }

  /** Lets the first `count` parked tasks try again. */
  unpark(count: number): void {
    for (let left = count; left > 0; left--) {
      const leaf = this.parked.take();
      if (!leaf) return;
      this.world.ready.push(leaf);
    }
  }

  #limited(): void {
    const outcome = (this.#limit as Cell).pull();
    this.hold = holdOf(outcome, `nodes.${this.plan.key}.maxConcurrency`);
    this.unpark(Number.POSITIVE_INFINITY);
    this.update();
  }
}

/** The sound fallback: one expression yields what is mounted (COMPILER.md, SM109). */
export class Block extends Instance {
  readonly #yields: Extract<Origin["plan"]["node"], { kind: "block" }>["yields"];
  #value: Cell | null = null;
  #yielded: Value | undefined;

  constructor(origin: Origin, yields: Extract<Origin["plan"]["node"], { kind: "block" }>["yields"]) {
    super(origin, origin.mode);
    this.#yields = yields;
  }

  protected override mount(): void {
    const value = this.cell("yields", (reader) => this.scope.evaluate(this.#yields, reader));
    this.#value = value;
    this.world.watch(value, this, () => this.#yield());
    this.#yield();
  }

  #yield(): void {
    const value = this.#value as Cell;
    const outcome = value.pull();
    this.hold = holdOf(outcome, value.label);
    if (outcome.kind === "value") {
      // What a loop that stands in the block does may be asked for here: what stays as it was is not mounted anew.
      if (this.mounted && this.#yielded === outcome.value) {
        this.update();
        return;
      }
      this.#yielded = outcome.value;
    } else this.#yielded = undefined;
    const around = { world: this.world, scope: this.scope, outer: this, mode: this.mode };
    try {
      this.adopt(mountSites(this.children, outcome.kind === "value" ? outcome.value : null, around));
    } catch (thrown) {
      if (!(thrown instanceof CoreError)) throw thrown;
      this.hold = { kind: "error", error: thrown, where: value.label };
      this.#yielded = undefined;
      this.adopt(mountSites(this.children, null, around));
    }
  }
}
