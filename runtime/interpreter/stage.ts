/**
 * Phases and steps: sequences of which the journal keeps when they begin and end. One that has ended begins again where
 * something mounts in it later, as in any sequence.
 */
import type { Json, StageNode } from "../../plan/types.ts";
import type { Cell } from "../values/cell.ts";
import type { Instance, Origin } from "./instance.ts";
import { Loop } from "./loop.ts";
import type { TaskEntry } from "./states.ts";
import { mayBegin, Stepper } from "./stepper.ts";
import { compareUnits, type Hold, holdOf, type Unit } from "./unit.ts";

/** What a stage that has begun says of itself: the `n`th of `of` such beside one another, counted as it begins. */
export interface StageReason {
  readonly name: string;
  readonly n: number;
  readonly of: number;
}

export class Stage extends Stepper {
  readonly #node: StageNode;
  #name: Cell | null = null;
  #skip: Cell | null = null;
  #isBuilt = false;

  constructor(origin: Origin, node: StageNode) {
    super(origin, "sequence", node.kind);
    this.#node = node;
  }

  get closing(): boolean {
    return false;
  }

  canStep(): boolean {
    const { entry } = this;
    if (!entry || this.disposed) return false;
    switch (entry.state) {
      case "pending":
      case "unmounted":
      case "cancelled":
        return this.active && mayBegin(this);
      case "running":
        return this.active && this.hold === null && this.allSettled;
      case "finished":
        return !this.allSettled;
      case "skipped":
      case "failed":
      case "waiting":
        return false;
      default:
        return entry.state satisfies never;
    }
  }

  step(): boolean {
    const entry = this.entry as TaskEntry;
    switch (entry.state) {
      case "running":
        this.#set("finished", entry.reason);
        return true;
      case "finished":
        this.#set("running", entry.reason);
        return true;
      default:
        return this.#begin();
    }
  }

  /** What is around it has ended: what began is not gone through with. */
  interrupt(): void {
    if (this.entry?.state === "running") this.#set("cancelled", this.entry.reason);
  }

  protected override mount(): void {
    this.world.stages.add(this);
    super.mount();
  }

  protected override unmount(): void {
    this.world.stages.delete(this);
    super.unmount();
    this.#isBuilt = false;
    this.#name = null;
    this.#skip = null;
  }

  protected override activated(): void {
    // Before its turn nothing of it is evaluated, so nothing holds it.
    if (!this.active && this.entry?.state === "pending") this.#stay(null);
    super.activated();
  }

  protected override childSettled(): void {
    this.world.stepLater(this);
  }

  protected override opensChildren(): boolean {
    const state = this.entry?.state;
    return this.active && (state === "running" || state === "finished" || state === "cancelled");
  }

  protected override gaveTurn(child: Unit): boolean {
    const state = this.entry?.state;
    return state !== undefined && state !== "pending" && state !== "unmounted" && super.gaveTurn(child);
  }

  protected override done(unsettled: number): boolean {
    const state = this.entry?.state;
    return state === "skipped" || (state === "finished" && unsettled === 0);
  }

  protected override letsPass(blocking: number): boolean {
    return this.entry?.state === "running" && blocking === 0 && !this.allSettled;
  }

  protected override build(): void {
    if (this.entry?.state === "skipped") {
      for (const child of this.children) child.dispose();
      this.#isBuilt = false;
      this.adopt([]);
    } else if (!this.#isBuilt || this.sites) {
      this.#isBuilt = true;
      this.adopt(this.slots(this.scope, "sequence"));
    }
  }

  /** Pending is not yet; an error holds it. */
  #begin(): boolean {
    this.#stay(null);
    const skips = this.#node.skipIf === undefined ? false : this.#ask("skipIf");
    if (skips === undefined) return false;
    if (skips) {
      const called = this.#nameCell().pull();
      this.#set("skipped", called.kind === "value" ? { name: String(called.value) } : null);
      this.build();
      return true;
    }
    const name = this.#ask("name");
    if (name === undefined) return false;
    const { n, of } = this.world.stages.positionOf(this);
    this.#set("running", { name: String(name), n, of });
    return true;
  }

  /** The field's value; undefined where it has none, and then that holds the stage. */
  #ask(field: "skipIf" | "name"): unknown {
    const cell = field === "skipIf" ? this.#skipCell() : this.#nameCell();
    const outcome = cell.pull();
    if (outcome.kind === "value") return outcome.value ?? null;
    this.#stay(holdOf(outcome, `nodes.${this.plan.key}.${field}`));
    return undefined;
  }

  #skipCell(): Cell {
    this.#skip ??= this.#watched("skipIf", (reader) =>
      Boolean(this.scope.evaluate(this.#node.skipIf ?? "false", reader)),
    );
    return this.#skip;
  }

  #nameCell(): Cell {
    this.#name ??= this.#watched("name", (reader) => this.scope.field(this.#node.name, reader));
    return this.#name;
  }

  #watched(field: string, compute: (reader: Cell) => ReturnType<Stage["scope"]["field"]>): Cell {
    const cell = this.cell(field, compute);
    this.world.watch(cell, this, () => this.world.stepLater(this), { structural: false });
    return cell;
  }

  #set(state: TaskEntry["state"], reason: Json): void {
    this.world.setState(this.entry as TaskEntry, state, reason, state === "finished" || state === "skipped");
    this.reopen();
  }

  #stay(hold: Hold | null): void {
    if (this.hold === null && hold === null) return;
    this.hold = hold;
    this.update();
  }
}

/** The mounted stages: which of how many beside one another each is. */
export class Stages {
  readonly #lists = new WeakMap<Instance, { readonly [kind in StageNode["kind"]]: Positions }>();

  add(stage: Stage): void {
    this.#listOf(stage).add(stage);
  }

  delete(stage: Stage): void {
    this.#listOf(stage).delete(stage);
  }

  positionOf(stage: Stage): { readonly n: number; readonly of: number } {
    return this.#listOf(stage).positionOf(stage);
  }

  #listOf(stage: Stage): Positions {
    const owner = ownerOf(stage);
    let lists = this.#lists.get(owner);
    if (!lists) {
      lists = { phase: new Positions(), step: new Positions() };
      this.#lists.set(owner, lists);
    }
    return lists[stage.plan.node.kind as StageNode["kind"]];
  }
}

/** Stages of one kind in the same stage, iteration of a loop, or run. Their order is worked out once for each change of them. */
class Positions {
  readonly #stages = new Set<Stage>();
  #order: Map<Stage, number> | null = null;

  add(stage: Stage): void {
    this.#stages.add(stage);
    this.#order = null;
  }

  delete(stage: Stage): void {
    this.#stages.delete(stage);
    this.#order = null;
  }

  positionOf(stage: Stage): { readonly n: number; readonly of: number } {
    this.#order ??= new Map([...this.#stages].sort(compareUnits).map((one, index) => [one, index + 1]));
    return { n: this.#order.get(stage) ?? 1, of: this.#stages.size };
  }
}

/** The nearest stage or loop around it, else the workflow. */
function ownerOf(stage: Stage): Instance {
  let owner: Instance = stage;
  for (let outer = stage.outer; outer; outer = outer.outer) {
    owner = outer;
    if (outer instanceof Stage || outer instanceof Loop) break;
  }
  return owner;
}
