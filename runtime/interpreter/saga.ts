/**
 * `saga`: actions in sequence; after a failure the compensations of those that did something, in reverse order
 * (SEMANTICS 26). A compensation that fails keeps none of the others from running; then the saga fails with it, and a resume
 * tries it again.
 */
import type { SagaNode } from "../../plan/types.ts";
import type { Origin } from "./instance.ts";
import { Leaf } from "./leaf.ts";
import { Loop } from "./loop.ts";
import { catcherOf, type Failure, type Fate, failureAt, planOf, Recovery } from "./recovery.ts";
import { Stepper } from "./stepper.ts";
import type { Unit } from "./unit.ts";

/** How far a saga has come; latched, and kept in the journal. */
interface SagaProgress {
  readonly phase: "acting" | "compensating" | "closed";
  readonly failure?: Failure;
  /** Plan keys of the compensations, in the order in which they run. */
  readonly compensations?: readonly string[];
}

export class Saga extends Recovery {
  readonly #node: SagaNode;

  constructor(origin: Origin, node: SagaNode) {
    super(origin, "sequence", "saga");
    this.#node = node;
  }

  get progress(): SagaProgress {
    return (this.kept as SagaProgress | null) ?? { phase: "acting" };
  }

  get closing(): boolean {
    const { phase, failure } = this.progress;
    return phase === "closed" || (phase === "acting" && failure !== undefined);
  }

  override get rescues(): boolean {
    return this.progress.phase === "compensating";
  }

  override receive(failure: Failure): Fate | null {
    const { phase } = this.progress;
    switch (phase) {
      case "acting":
        if (this.#node.onFailure === "fail") return null;
        if (!this.closing) {
          this.#undo(failure);
          this.world.interrupt(this, `${failure.nodeId} failed`);
        }
        return { continued: true, caught: this.nodeId };
      case "compensating":
        // Put off until the others have run.
        return { caught: this.nodeId };
      case "closed":
        return null;
      default:
        return phase satisfies never;
    }
  }

  override interrupt(failure: Failure): void {
    if (this.isOpen && this.progress.phase === "acting" && !this.closing) this.#undo(failure);
  }

  canStep(): boolean {
    if (!this.isOpen || this.busy || this.world.failed) return false;
    return this.closing || (this.hold === null && this.children.every(({ settled }) => settled));
  }

  step(): boolean {
    const { phase, failure, compensations } = this.progress;
    const failed = phase === "compensating" ? firstPutOff(this) : null;
    if (phase === "acting" && compensations?.length)
      this.go({ phase: "compensating", failure, compensations });
    else if (failed) this.#giveUp(failed);
    else this.#end(failure);
    return true;
  }

  protected override build(): void {
    const { phase, compensations = [] } = this.progress;
    this.setUnwinding(this.unwinds);
    const listed = this.entry ? this.listed() : [];
    const parts =
      phase === "acting" || compensations.length === 0
        ? listed.filter(({ role }) => role === "action")
        : compensations.flatMap((key) => listed.filter(({ plan }) => plan.key === key));
    this.mountParts(parts);
  }

  /** Nothing more is done, and what has been done is to be undone. */
  #undo(failure: Failure): void {
    const done =
      this.#node.onFailure === "fail"
        ? []
        : this.children.filter((action) => action.active && action.settled && didSomething(action));
    const compensations = done.reverse().flatMap((action) => this.#compensationOf(action));
    this.go({ phase: "acting", failure, compensations });
  }

  /** Key of the part that follows an action, where that is its compensation. */
  #compensationOf(action: Unit): readonly string[] {
    const listed = this.listed();
    const next = listed[listed.findIndex(({ plan }) => plan === planOf(action)) + 1];
    return next?.role === "compensation" ? [next.plan.key] : [];
  }

  #end(failure: Failure | undefined): void {
    const { compensations } = this.progress;
    const passesOn = failure?.outside || this.#node.onFailure === "compensate-and-fail";
    this.end({ phase: "closed", ...(failure && { failure, compensations }) }, passesOn ? failure : undefined);
  }

  /** A compensation failed: where nothing around deals with it, the run fails, and a resume goes on here. */
  #giveUp(failed: Failure): void {
    const { failure, compensations } = this.progress;
    const message = `${failed.nodeId} failed: ${failed.message}`;
    if (failure?.outside)
      this.end(
        { phase: "closed", compensations },
        { ...failure, message: `${failure.message}, but ${message}` },
      );
    else if (catcherOf(this, failed)) this.end({ phase: "closed", failure, compensations }, failed);
    else this.world.failAt(failed);
  }
}

/** The first compensation that failed. */
function firstPutOff(unit: Unit): Failure | null {
  const { entry = null } = unit instanceof Leaf || unit instanceof Stepper ? unit : {};
  if (entry?.state === "failed") {
    const { code, message, continued } = entry.reason as unknown as Failure & Fate;
    return continued ? null : failureAt(entry, { code, message, retryable: false });
  }
  for (const child of unit.children) {
    const failure = firstPutOff(child);
    if (failure) return failure;
  }
  return null;
}

/** Whether any task of it has come to its end: what was skipped needs no undoing. */
function didSomething(unit: Unit): boolean {
  if (unit instanceof Leaf) return unit.entry?.state === "finished";
  if (unit instanceof Loop && unit.progress.iteration > 0) return true;
  return unit.children.some(didSomething);
}
