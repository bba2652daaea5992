/**
 * A parallel that says what becomes of a failure in one of its branches: it ends the branch, in which nothing more starts,
 * and with `fail-fast` the others too. Once all have come to their end, the first failure is passed on, or with `continue`
 * none.
 */
import type { Json, ParallelNode } from "../../plan/types.ts";
import type { Origin } from "./instance.ts";
import { Lanes } from "./lanes.ts";
import { Leaf } from "./leaf.ts";
import { type Failure, type Fate, INTERRUPTED, interruptAll, Recovery } from "./recovery.ts";
import type { TaskEntry } from "./states.ts";
import type { Unit } from "./unit.ts";

type Policy = Exclude<NonNullable<ParallelNode["failurePolicy"]>, "fail">;

/** How far it has come; latched, and kept in the journal. */
export interface BranchesProgress {
  readonly phase: "open" | "closed";
  /** What is passed on at the end. */
  readonly failure?: Failure;
  /** How many branches ended with a failure. */
  readonly failures?: number;
}

export class Branches extends Recovery {
  readonly lanes = new Lanes();
  readonly #node: ParallelNode;
  readonly #policy: Policy;
  #isBuilt = false;

  constructor(origin: Origin, node: ParallelNode, policy: Policy) {
    super(origin, "parallel", "parallel");
    this.#node = node;
    this.#policy = policy;
  }

  get progress(): BranchesProgress {
    return (this.kept as BranchesProgress | null) ?? { phase: "open" };
  }

  get closing(): boolean {
    const { phase, failure } = this.progress;
    return phase === "closed" || (this.#policy === "fail-fast" && failure !== undefined);
  }

  protected override get unwinds(): boolean {
    return false;
  }

  override get outlivesBranches(): boolean {
    return true;
  }

  override closes(branch: Unit): boolean {
    return this.closing || branch.broken > 0;
  }

  override receive(failure: Failure, from: Unit): Fate | null {
    const { phase, failure: known, failures = 0 } = this.progress;
    if (phase === "closed") return null;
    const passed = this.#policy === "continue" ? undefined : (known ?? failure);
    const isFast = this.#policy === "fail-fast";
    this.go({ phase, ...(passed && { failure: passed }), failures: failures + 1 });
    const { address } = this.entry as TaskEntry;
    const message = `${failure.nodeId} failed`;
    interruptAll(
      isFast ? this.children : [this.#branchOf(from)],
      { ...address, code: INTERRUPTED, message, outside: true },
      { by: this.nodeId, aborts: isFast },
    );
    return { continued: true, caught: this.nodeId, branch: true };
  }

  /** What is around has ended: nothing of it is left to be done here. */
  override interrupt(): void {}

  canStep(): boolean {
    if (!this.isOpen || this.busy) return false;
    return this.closing || (this.hold === null && this.allSettled);
  }

  step(): boolean {
    const { failure, failures } = this.progress;
    if (!failure) this.#skipTheRest();
    const counted = failures === undefined ? {} : { failures };
    this.end({ phase: "closed", ...(failure && { failure }), ...counted }, failure);
    return true;
  }

  protected override mount(): void {
    super.mount();
    const { maxConcurrency } = this.#node;
    if (maxConcurrency === undefined) return;
    this.lanes.open(
      this.cell("maxConcurrency", (reader) => this.scope.field(maxConcurrency, reader)),
      this,
      (hold) => {
        if (this.entry) this.hold = hold;
        this.world.stepLater(this);
      },
    );
  }

  protected override letsPass(blocking: number): boolean {
    return this.isOpen && blocking === 0 && !this.allSettled;
  }

  protected override unmount(): void {
    super.unmount();
    this.#isBuilt = false;
  }

  protected override ran(count: number): void {
    super.ran(count);
    if (count < 0) this.lanes.unpark(this, -count);
  }

  protected override build(): void {
    if (this.#isBuilt && !this.sites) return;
    this.#isBuilt = true;
    this.adopt(this.slots(this.scope, "parallel"));
  }

  #branchOf(unit: Unit): Unit {
    let branch = unit;
    for (let outer = unit.parent; outer && outer !== this; outer = outer.parent)
      if (!outer.isTransparent) branch = outer;
    return branch;
  }

  /** What never began in a branch that failed never will: whoever waits for it is told. */
  #skipTheRest(): void {
    const visit = (unit: Unit, isBroken: boolean): void => {
      if (unit instanceof Leaf) {
        const { entry } = unit;
        const reason: Json = { code: INTERRUPTED, message: "its branch failed", by: this.nodeId };
        if (isBroken && entry?.state === "pending") this.world.setState(entry, "skipped", reason, true);
        return;
      }
      for (const child of unit.children) {
        if (isBroken || child.broken > 0) visit(child, isBroken || child.isBranch);
      }
    };
    if (this.children.some(({ broken }) => broken > 0)) visit(this, false);
  }
}
