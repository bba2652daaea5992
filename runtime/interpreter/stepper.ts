/**
 * Mounted nodes that have a course of their own, kept in the journal: loops go from iteration to iteration, tries and sagas
 * from part to part, phases and steps from beginning to end, parallels with a failure policy past their failures. They move in
 * frames that are stable, one move at a time (world.ts).
 */
import type { TaskRecord } from "../store/store.ts";
import type { Cell } from "../values/cell.ts";
import { addressAt } from "../values/place.ts";
import { Instance, type Origin } from "./instance.ts";
import type { TaskEntry } from "./states.ts";
import { holdOf, type Mode, type Unit } from "./unit.ts";

export type StepperKind = Extract<
  TaskRecord["kind"],
  "loop" | "try" | "saga" | "parallel" | "phase" | "step"
>;

/** What an entry of a task or of something else that settles by itself is. */
export type LeafKind = Exclude<TaskRecord["kind"], StepperKind>;

const KINDS: ReadonlySet<TaskRecord["kind"]> = new Set<StepperKind>([
  "loop",
  "try",
  "saga",
  "parallel",
  "phase",
  "step",
]);

/** Whether entries of this kind tell how far a node came, and not what became of a task. */
export const isStepperKind = (kind: TaskRecord["kind"]): kind is StepperKind => KINDS.has(kind);

export abstract class Stepper extends Instance {
  readonly kind: StepperKind;
  entry: TaskEntry | null = null;
  nodeId = "";
  #id: Cell | null = null;

  constructor(origin: Origin, mode: Mode, kind: StepperKind) {
    super(origin, mode);
    this.kind = kind;
  }

  /** Nothing may start any more in what is mounted here. */
  abstract get closing(): boolean;

  /** What is mounted here is done in every outcome: it starts even where all around it is closing. */
  get rescues(): boolean {
    return false;
  }

  /** Nothing may start any more in this branch of it. */
  closes(_branch: Unit): boolean {
    return this.closing;
  }

  /** Whether `step` would move the node, in a frame that is stable. */
  abstract canStep(): boolean;

  /** One move. Returns whether anything changed. */
  abstract step(): boolean;

  /** The entry changed: settled or not. */
  entryChanged(): void {
    this.setBroken(breaksBranch(this.entry));
    this.update();
    this.world.stepLater(this);
  }

  /** What is mounted, as the entry asks for it. */
  protected abstract build(): void;

  protected override mount(): void {
    this.#id = this.cell("id", (reader) => this.id(reader));
    this.world.watch(this.#id, this, () => this.#identify());
    this.#identify();
  }

  protected override unmount(): void {
    this.leave();
  }

  /** Lets go of the address. */
  protected leave(): void {
    if (this.entry) this.world.detachStepper(this, this.entry);
    this.entry = null;
    this.setBroken(false);
  }

  protected override activated(): void {
    this.world.stepLater(this);
  }

  protected override ran(_count: number): void {
    this.world.stepLater(this);
  }

  protected override unwound(): void {
    this.world.stepLater(this);
  }

  protected override done(_unsettled: number): boolean {
    return this.entry?.settled ?? false;
  }

  protected override letsPass(_blocking: number): boolean {
    return false;
  }

  protected override resited(): void {
    this.build();
    // The block gave other arguments, so that it may move now.
    this.world.stepLater(this);
  }

  #identify(): void {
    const outcome = (this.#id as Cell).pull();
    this.hold = holdOf(outcome, `nodes.${this.plan.key}.id`);
    this.leave();
    if (outcome.kind === "value") {
      this.nodeId = outcome.value as string;
      const { place } = this.scope;
      this.world.knowLoops(this.nodeId, place.loops);
      this.entry = this.world.attachStepper(this, addressAt(this.nodeId, place));
    }
    this.setBroken(breaksBranch(this.entry));
    this.build();
    this.update();
    this.world.stepLater(this);
  }
}

/** Nothing starts any more here: what is around it is closing, and it is no part of what is done in every outcome. */
export const isClosing = (unit: Instance): boolean =>
  closerOf(unit) !== null || (unit.world.ended !== null && !isRescued(unit));

/** Whether something here may still have its turn: of a run that was cancelled only what is done in every outcome has. */
export const mayBegin = (unit: Instance): boolean =>
  !isClosing(unit) && (unit.world.cancelled === null || isRescued(unit));

/** The nearest node around `unit` that is closing, as a whole or where `unit` is, and so keeps it from starting. */
export function closerOf(unit: Unit): Stepper | null {
  let branch = unit;
  for (let outer = unit.parent; outer; outer = outer.parent) {
    if (outer instanceof Stepper) {
      if (outer.rescues) return null;
      if (outer.closes(branch)) return outer;
    }
    if (!outer.isTransparent) branch = outer;
  }
  return null;
}

/** Whether this is done in every outcome, that of a run that was cancelled or has ended included. */
export function isRescued(unit: Unit): boolean {
  for (let outer = unit.parent; outer; outer = outer.parent)
    if (outer instanceof Stepper && outer.rescues) return true;
  return false;
}

/** Whether an entry ended the branch that it stands in, and not more. */
export function breaksBranch(entry: TaskEntry | null): boolean {
  if (entry?.state !== "failed") return false;
  const { branch } = (entry.reason ?? {}) as { readonly branch?: unknown };
  return branch === true;
}
