/** Loops (DESIGN §6 "Loops", SEMANTICS 19, 20, 22): `until` at every frame, closing, closed for good; iterations one after another. */
import { CoreError, type Value } from "../../plan/core/values.ts";
import type { LoopNode } from "../../plan/types.ts";
import type { Cell } from "../values/cell.ts";
import { within } from "../values/place.ts";
import type { Scope } from "../values/scope.ts";
import type { Origin } from "./instance.ts";
import type { TaskEntry } from "./states.ts";
import { mayBegin, Stepper } from "./stepper.ts";
import { type Hold, holdOf, Unit } from "./unit.ts";

const DEFAULT_MAX = 5;

/** How far a loop has come; latched, and kept in the journal. */
export interface LoopProgress {
  /** `before`: about to begin `iteration`; `closing`: nothing more starts in it; `closed`: that many have been begun. */
  readonly phase: "before" | "open" | "closing" | "closed";
  readonly iteration: number;
  /** The iteration with which it went on in this run; left out where it began here. */
  readonly since?: number;
  /** A node in it is done once more: `until` is asked when the iteration has ended, and not before. */
  readonly again?: true;
}

export class Loop extends Stepper {
  readonly #node: LoopNode;
  #until: Cell | null = null;
  #max: Cell | null = null;
  /** After how many iterations the run goes on as a new one; null where it does not. */
  #every: Cell | null = null;
  #body: Body | null = null;
  #iterationScope: Scope | null = null;

  constructor(origin: Origin, node: LoopNode) {
    super(origin, "sequence", "loop");
    this.#node = node;
  }

  get progress(): LoopProgress {
    return progressOf(this.entry);
  }

  get closing(): boolean {
    const { phase } = this.progress;
    return phase === "closing" || phase === "closed";
  }

  /** Whether `until` holds in mid-body. */
  endsEarly(): boolean {
    const { again, phase } = this.progress;
    return !this.disposed && phase === "open" && !again && this.#untilHolds();
  }

  /** Whether `until` holds in the iteration that is mounted; null where it has no value. For previews. */
  holds(): boolean | null {
    const { until } = this.#node;
    const scope = this.#iterationScope;
    if (until === undefined || !scope) return null;
    const outcome = this.ask((reader) => scope.evaluate(until, reader));
    return outcome.kind === "value" ? Boolean(outcome.value) : null;
  }

  /** Nothing more starts in the body. */
  closeEarly(): void {
    this.#set({ phase: "closing", iteration: this.progress.iteration });
    this.world.interrupt(this, `the loop ${this.nodeId} ended`);
  }

  /** Whether `step` would move the loop, in a frame that is stable. */
  canStep(): boolean {
    const { entry } = this;
    if (!entry || this.disposed || entry.settled || entry.state === "failed") return false;
    const { phase } = this.progress;
    switch (phase) {
      case "before":
        return this.active && mayBegin(this);
      case "open":
        return (
          this.active &&
          this.hold === null &&
          this.running === 0 &&
          (this.#body?.settled ?? false) &&
          mayBegin(this)
        );
      case "closing":
        return this.running === 0 && !this.unwindsWithin;
      case "closed":
        return false;
      default:
        return phase satisfies never;
    }
  }

  /** One move: begin, close, or go on to the next iteration. Returns whether anything changed. */
  step(): boolean {
    const { phase, iteration } = this.progress;
    switch (phase) {
      case "before":
        return this.#begin(iteration);
      case "open":
        this.#set({ phase: "before", iteration: iteration + 1 });
        this.build();
        return true;
      case "closing":
        return this.#close(iteration + 1);
      case "closed":
        return false;
      default:
        return phase satisfies never;
    }
  }

  /**
   * A result of `iteration` is there: it has been begun, whatever led to it. For previews, whose rows are facts without
   * the frames between them. Returns whether anything changed.
   */
  reach(iteration: number): boolean {
    const { entry } = this;
    if (!entry || this.disposed) return false;
    const { phase, iteration: reached } = this.progress;
    const begun = phase === "closed" || (phase === "before" && reached > 0) ? reached - 1 : reached;
    if (iteration <= begun) return false;
    this.#set({ phase: "open", iteration });
    this.build();
    this.update();
    return true;
  }

  protected override mount(): void {
    this.#max = this.cell("maxIterations", (reader) => this.scope.field(this.#node.maxIterations, reader));
    this.world.watch(this.#max, this, () => this.world.stepLater(this));
    const { continueAsNewEvery } = this.#node;
    if (continueAsNewEvery !== undefined) {
      this.#every = this.cell("continueAsNewEvery", (reader) =>
        roundsOf(this.scope.field(continueAsNewEvery, reader)),
      );
      this.world.watch(this.#every, this, () => this.world.stepLater(this));
    }
    super.mount();
  }

  protected override unmount(): void {
    this.#iterationScope?.dispose();
    super.unmount();
  }

  protected override activated(): void {
    // Before its turn nothing of the loop is evaluated, so nothing holds it.
    if (!this.active && this.entry && this.progress.phase === "before") this.#stay(null);
    super.activated();
  }

  protected override opensChildren(): boolean {
    // While it closes, what is done in every outcome still is.
    const { phase } = this.progress;
    return this.active && (phase === "open" || phase === "closing");
  }

  /** The body settled, or is unsettled again. */
  bodyChanged(): void {
    this.world.stepLater(this);
  }

  /** `until` and the body as the progress asks for them. */
  protected override build(): void {
    this.#iterationScope?.dispose();
    this.#until = null;
    for (const child of this.children) child.dispose();
    this.#body = null;
    const { phase, iteration } = this.progress;
    if (!this.entry) this.adopt([]);
    else if (phase !== "closed") {
      const scope = this.#scopeOf(iteration);
      const { until } = this.#node;
      if (until !== undefined) {
        this.#until = scope.cell(`nodes.${this.plan.key}.until`, until);
        this.world.watch(this.#until, this, () => this.world.stepLater(this));
      }
      // A later iteration is mounted only when it is sure to begin.
      if (phase === "before" && iteration > 0) this.adopt([]);
      else this.#mountBody(scope);
    } else if (this.world.showClosed) this.#mountBody(this.#scopeOf(Math.max(0, iteration - 1)));
    else this.adopt([]);
  }

  #scopeOf(iteration: number): Scope {
    const scope = this.scope.child(within(this.scope.place, this.nodeId, iteration));
    this.#iterationScope = scope;
    scope.defineValues(this.plan.key, this.plan.node.values);
    return scope;
  }

  #mountBody(scope: Scope): void {
    const body = new Body(this);
    this.#body = body;
    body.fill(this.slots(scope, "sequence"));
    this.adopt([body]);
  }

  #begin(iteration: number): boolean {
    if (this.#untilHolds()) return this.#close(iteration);
    const max = this.hold ? null : this.#bound();
    if (max === null) return false;
    if (iteration >= max)
      return this.#node.onMaxReached === "fail" ? this.#fail(max) : this.#close(iteration);
    const rounds = this.#rounds();
    if (rounds === null) return false;
    if (iteration - (this.progress.since ?? 0) >= rounds && !this.world.isTied()) {
      const { address } = this.entry as TaskEntry;
      this.world.goOn({ ...address, reason: "loop", state: null });
      return false;
    }
    this.world.iterations++;
    this.#set({ phase: "open", iteration });
    if (iteration > 0) this.build();
    else this.reopen();
    return true;
  }

  /** Pending is not yet; an error holds the loop. */
  #untilHolds(): boolean {
    this.#stay(null);
    const outcome = this.#until?.pull();
    if (outcome?.kind === "value") return Boolean(outcome.value);
    if (outcome?.kind === "error") this.#stay(holdOf(outcome, `nodes.${this.plan.key}.until`));
    return false;
  }

  #bound(): number | null {
    const outcome = (this.#max as Cell).pull();
    if (outcome.kind !== "value") {
      this.#stay(holdOf(outcome, `nodes.${this.plan.key}.maxIterations`));
      return null;
    }
    const { value } = outcome;
    return typeof value === "number" && !Number.isNaN(value) ? value : DEFAULT_MAX;
  }

  /** Iterations that one run has; null while that has no value. */
  #rounds(): number | null {
    const outcome = this.#every?.pull();
    if (outcome === undefined) return Number.POSITIVE_INFINITY;
    if (outcome.kind !== "value") {
      this.#stay(holdOf(outcome, `nodes.${this.plan.key}.continueAsNewEvery`));
      return null;
    }
    return this.world.inOne ? Number.POSITIVE_INFINITY : (outcome.value as number);
  }

  #stay(hold: Hold | null): void {
    if (this.hold === null && hold === null) return;
    this.hold = hold;
    this.update();
  }

  #close(begun: number): boolean {
    this.#set({ phase: "closed", iteration: begun });
    this.build();
    this.update();
    return true;
  }

  #fail(max: number): boolean {
    const message = `${this.nodeId} reached its ${max} iterations, and onMaxReached is "fail"`;
    this.world.failUnstarted(this.entry as TaskEntry, { code: "LOOP_MAX", message, retryable: false }, false);
    return true;
  }

  #set(progress: LoopProgress): boolean {
    const entry = this.entry as TaskEntry;
    const closed = progress.phase === "closed";
    const { since } = this.progress;
    entry.reason = { ...progress, ...(since !== undefined && { since }) };
    entry.state = closed ? "finished" : "running";
    entry.settled = closed;
    this.world.loopMoved(entry);
    this.world.stepLater(this);
    this.reopen();
    return true;
  }
}

/** What `continueAsNewEvery` says; nothing says: all of them. @throws CoreError where it is no number of iterations */
function roundsOf(value: Value): number {
  if (value === undefined || value === null || value === Number.POSITIVE_INFINITY)
    return Number.POSITIVE_INFINITY;
  if (Number.isInteger(value) && (value as number) >= 1) return value as number;
  const given = typeof value === "number" ? String(value) : `a ${typeof value}`;
  throw new CoreError(
    "FORBIDDEN",
    `a run goes on as a new one after 1 or more whole iterations, this is ${given}`,
  );
}

/** The current iteration's children. */
class Body extends Unit {
  readonly #loop: Loop;

  constructor(loop: Loop) {
    super("sequence");
    this.#loop = loop;
  }

  fill(children: readonly Unit[]): void {
    this.adopt(children);
  }

  protected override changed(): void {
    this.#loop.bodyChanged();
  }
}

export function progressOf(entry: TaskEntry | null): LoopProgress {
  const reason = entry?.reason;
  if (typeof reason !== "object" || reason === null || Array.isArray(reason))
    return { phase: "before", iteration: 0 };
  const { again, iteration, phase, since } = reason as unknown as Partial<LoopProgress>;
  return {
    phase: phase ?? "before",
    iteration: iteration ?? 0,
    ...(since !== undefined && { since }),
    ...(again && { again }),
  };
}
