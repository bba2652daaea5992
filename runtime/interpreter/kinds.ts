/** Which instance a plan node gets. */
import { CoreError, type Value } from "../../plan/core/values.ts";
import type { Dynamic } from "../../plan/types.ts";
import type { Cell } from "../values/cell.ts";
import { Branches } from "./branches.ts";
import { Effect } from "./effect.ts";
import { Instance, mountSites, type Origin } from "./instance.ts";
import { Lanes } from "./lanes.ts";
import { Leaf } from "./leaf.ts";
import { Loop } from "./loop.ts";
import { Saga } from "./saga.ts";
import { Stage } from "./stage.ts";
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
      return node.failurePolicy === undefined || node.failurePolicy === "fail"
        ? new Parallel(origin, node.maxConcurrency)
        : new Branches(origin, node, node.failurePolicy);
    case "block":
      return new Block(origin, node.yields);
    case "loop":
      return new Loop(origin, node);
    case "try":
      return new Try(origin, node);
    case "saga":
      return new Saga(origin, node);
    case "phase":
    case "step":
      return new Stage(origin, node);
    case "effect":
      return new Effect(origin, node);
    case "task":
    case "approval":
    case "timer":
    case "wait":
    case "human":
    case "subflow":
    case "continue-as-new":
    case "stop":
    case "end":
      return new Leaf(origin, node);
    default:
      return node satisfies never;
  }
}

/** Workflow, Sequence, Branch, groups: children by the plan. One with an explicit id can be waited for (`dependsOn`). */
export class Container extends Instance {
  #id: string | null = null;

  constructor(origin: Origin, mode: Mode) {
    super(origin, mode);
  }

  protected override mount(): void {
    const { id } = this.plan.node;
    if (typeof id === "string") this.#call(id);
    else if (id !== undefined) this.#callBy(this.cell("id", (reader) => this.id(reader)));
    this.adopt(this.slots(this.scope, this.mode));
  }

  protected override unmount(): void {
    this.#call(null);
  }

  protected override resited(): void {
    this.adopt(this.slots(this.scope, this.mode));
  }

  protected override activated(): void {
    this.#tell();
  }

  protected override changed(): void {
    this.#tell();
  }

  /** By its id nothing but the order of others is decided: while that has no value, the container goes on without one. */
  #callBy(id: Cell): void {
    const call = (): void => {
      const outcome = id.pull();
      this.#call(outcome.kind === "value" ? (outcome.value as string) : null);
    };
    this.world.watch(id, this, call);
    call();
  }

  #call(id: string | null): void {
    if (id === this.#id) return;
    if (this.#id !== null) this.world.containers.forget(this.#id, this);
    this.#tell();
    this.#id = id;
    if (id === null) return;
    this.world.containers.know(id, this);
    this.world.knowLoops(id, this.scope.place.loops);
    this.#tell();
  }

  /** Wakes whoever waits for it. */
  #tell(): void {
    if (this.#id !== null) this.world.states.signal(this.#id);
  }
}

/** Children side by side; at most `maxConcurrency` attempts at once below it. */
export class Parallel extends Container {
  readonly lanes = new Lanes();
  readonly #field: Dynamic<number> | undefined;

  constructor(origin: Origin, maxConcurrency: Dynamic<number> | undefined) {
    super(origin, "parallel");
    this.#field = maxConcurrency;
  }

  protected override mount(): void {
    if (this.#field !== undefined)
      this.lanes.open(
        this.cell("maxConcurrency", (reader) => this.scope.field(this.#field, reader)),
        this,
        (hold) => {
          this.hold = hold;
        },
      );
    super.mount();
  }

  protected override ran(count: number): void {
    if (count < 0) this.lanes.unpark(this, -count);
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
