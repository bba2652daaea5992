/**
 * Order among what is mounted (DESIGN §6 "Children"): a tree of units in which every change costs its own path.
 *
 * A unit is *active* when its turn has come: its parent is active and, in sequence, everything before it has passed.
 * It is *settled* when nothing in it is left to do, and *passed* then, or when all that is left waits for people and lets the
 * rest go on (`async`). All are kept, never searched for: a sequence remembers its first child that has not passed.
 */
import type { CoreError, Outcome } from "../../plan/core/values.ts";

export type Mode = "sequence" | "parallel";

/** Why a unit can't go on although its turn may have come. */
export type Hold =
  | { readonly kind: "pending"; readonly cell: string; readonly where: string }
  | { readonly kind: "error"; readonly error: CoreError; readonly where: string };

export abstract class Unit {
  parent: Unit | null = null;
  index = 0;
  children: readonly Unit[] = [];
  active = false;
  settled = false;
  /** What comes after it in sequence may begin: it is settled, or it waits for people and lets the rest go on. */
  passed = false;
  disposed = false;
  hold: Hold | null = null;
  /** Attempts under way in this subtree. */
  running = 0;
  /** Units in this subtree that still have to do what is done in every outcome, this one included. */
  unwinding = 0;
  /** What ended a branch of a parallel that goes on without it, in this subtree; not beyond such a parallel. */
  broken = 0;
  /** How the children run. */
  mode: Mode;
  #unsettled = 0;
  /** Children that keep those after them from beginning. */
  #blocking = 0;
  #cursor = 0;
  #unwinds = false;
  #breaks = false;

  constructor(mode: Mode) {
    this.mode = mode;
  }

  /** Distance from the root. */
  get depth(): number {
    let depth = 0;
    for (let unit = this.parent; unit; unit = unit.parent) depth++;
    return depth;
  }

  /** Replaces the children; those left out must have been disposed. */
  protected adopt(children: readonly Unit[]): void {
    this.children = children;
    this.#unsettled = 0;
    this.#blocking = 0;
    this.#cursor = children.length;
    let running = 0;
    let unwinding = this.#unwinds ? 1 : 0;
    let broken = this.#breaks ? 1 : 0;
    for (const [index, child] of children.entries()) {
      child.parent = this;
      child.index = index;
      running += child.running;
      unwinding += child.unwinding;
      if (!this.outlivesBranches) broken += child.broken;
      if (!child.settled) this.#unsettled++;
      if (child.passed) continue;
      this.#blocking++;
      if (index < this.#cursor) this.#cursor = index;
    }
    this.addRunning(running - this.running);
    this.#addUnwinding(unwinding - this.unwinding);
    this.#addBroken(broken - this.broken);
    for (const child of children) child.setActive(this.#mayRun(child));
    // Whether they are branches shows only now that they have a parent.
    for (const child of children) if (child.broken > 0) child.#updateBranches();
    this.update();
  }

  setActive(active: boolean): void {
    if (this.active === active) return;
    this.active = active;
    this.activated();
    for (const child of this.children) {
      const may = this.#mayRun(child);
      if (child.active !== may) child.setActive(may);
    }
  }

  addRunning(count: number): void {
    if (count === 0) return;
    for (let unit: Unit | null = this; unit; unit = unit.parent) {
      unit.running += count;
      unit.ran(count);
    }
    if (count < 0) this.#endBranches();
  }

  /** Whether the unit only stands for what it holds, which runs in the mode of the nearest container. */
  get isTransparent(): boolean {
    return false;
  }

  /** Of a parallel: a failure ends the branch where it happened and not what is around it. */
  get outlivesBranches(): boolean {
    return false;
  }

  /** What runs beside others of the nearest container around it, this unit or the one that it stands in. */
  get isBranch(): boolean {
    if (this.isTransparent) return false;
    let outer = this.parent;
    while (outer?.isTransparent) outer = outer.parent;
    return outer?.outlivesBranches ?? false;
  }

  /** Whether something in this subtree, this unit excepted, has to do what is done in every outcome. */
  get unwindsWithin(): boolean {
    return this.unwinding > (this.#unwinds ? 1 : 0);
  }

  /** Whether its turn has come, whatever has become since then of what is around it. */
  get hasTurn(): boolean {
    for (let unit: Unit = this; unit.parent; unit = unit.parent)
      if (!unit.parent.gaveTurn(unit)) return false;
    return true;
  }

  /** Recomputes `settled` and `passed`, and tells the parent when one changed. */
  update(): void {
    const settled = this.#hasBroken() || (this.hold === null && this.isSettled(this.#unsettled));
    const passed = settled || (this.hold === null && this.letsPass(this.#blocking));
    const before = { settled: this.settled, passed: this.passed };
    if (settled === before.settled && passed === before.passed) return;
    this.settled = settled;
    this.passed = passed;
    if (settled !== before.settled) this.changed();
    this.parent?.childChanged(
      this,
      Number(before.settled) - Number(settled),
      Number(before.passed) - Number(passed),
    );
  }

  dispose(): void {
    this.disposed = true;
    for (const child of this.children) child.dispose();
  }

  /** Whether this unit has to do what is done in every outcome. */
  protected setUnwinding(unwinds: boolean): void {
    if (unwinds === this.#unwinds) return;
    this.#unwinds = unwinds;
    this.#addUnwinding(unwinds ? 1 : -1);
  }

  /** Whether what failed here ends the branch that it stands in. */
  protected setBroken(breaks: boolean): void {
    if (breaks === this.#breaks) return;
    this.#breaks = breaks;
    this.#addBroken(breaks ? 1 : -1);
  }

  /** Whether nothing is left to do in any of the children. */
  protected get allSettled(): boolean {
    return this.#unsettled === 0;
  }

  /** Whether this unit is done, given how many of its children are not. */
  protected isSettled(unsettled: number): boolean {
    return unsettled === 0;
  }

  /** Whether what comes after this unit may begin before it is done, given how many children keep it from that. */
  protected letsPass(blocking: number): boolean {
    return blocking === 0;
  }

  /** `active` changed. */
  protected activated(): void {}

  /** `settled` changed. */
  protected changed(): void {}

  /** A child's `settled` changed. */
  protected childSettled(): void {}

  /** `running` changed by `count`. */
  protected ran(_count: number): void {}

  /** Something in the subtree has done what is done in every outcome. */
  protected unwound(): void {}

  /** Whether children get their turn at all, besides the order among them. */
  protected opensChildren(): boolean {
    return this.active;
  }

  /** Whether this child gets its turn where the others do. */
  protected opens(_child: Unit): boolean {
    return true;
  }

  /** Whether the turn of a child has come, or had, where that of this unit has. */
  protected gaveTurn(child: Unit): boolean {
    return this.mode === "parallel" || child.index <= this.#cursor;
  }

  /** Gives or takes the children's turn after `opensChildren` or `opens` changed. */
  protected reopen(): void {
    for (const child of this.children) child.setActive(this.#mayRun(child));
  }

  #mayRun(child: Unit): boolean {
    if (!this.opensChildren() || !this.opens(child)) return false;
    return this.mode === "parallel" || child.index <= this.#cursor;
  }

  #addUnwinding(count: number): void {
    if (count === 0) return;
    for (let unit: Unit | null = this; unit; unit = unit.parent) {
      unit.unwinding += count;
      if (count < 0) unit.unwound();
    }
    if (count < 0) this.#endBranches();
  }

  #addBroken(count: number): void {
    if (count === 0) return;
    for (let unit: Unit | null = this; unit; unit = unit.parent) {
      unit.broken += count;
      if (unit.parent?.outlivesBranches) break;
    }
    this.#endBranches();
  }

  /** A branch that has come to its end may be around this unit. */
  #endBranches(): void {
    for (let unit: Unit | null = this; unit; unit = unit.parent) if (unit.broken > 0) unit.update();
  }

  #updateBranches(): void {
    if (!this.isTransparent) this.update();
    else for (const child of this.children) if (child.broken > 0) child.#updateBranches();
  }

  /** Whether this is a branch that ended with a failure. */
  #hasBroken(): boolean {
    return this.broken > 0 && this.running === 0 && this.unwinding === 0 && this.isBranch;
  }

  private childChanged(child: Unit, unsettled: number, blocking: number): void {
    this.#unsettled += unsettled;
    this.#blocking += blocking;
    if (this.mode === "sequence" && blocking !== 0) this.#moveCursor(child);
    this.childSettled();
    this.update();
  }

  #moveCursor(child: Unit): void {
    const before = this.#cursor;
    if (!child.passed && child.index < before) {
      this.#cursor = child.index;
      for (let index = child.index + 1; index <= before; index++) this.children[index]?.setActive(false);
    } else if (child.passed && child.index === before) {
      while (this.children[this.#cursor]?.passed) this.#cursor++;
    }
    if (!this.opensChildren()) return;
    // Settled units that were passed over have their turn too, so that what mounts in them later can start.
    const upTo = Math.min(this.#cursor, this.children.length - 1);
    for (let index = Math.min(before, upTo); index <= upTo; index++) this.children[index]?.setActive(true);
  }
}

/** Document order of two mounted units. */
export function compareUnits(a: Unit, b: Unit): number {
  const left = ancestry(a);
  const right = ancestry(b);
  for (let level = 0; level < Math.min(left.length, right.length); level++) {
    const difference = (left[level] as number) - (right[level] as number);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

function ancestry(unit: Unit): number[] {
  const path: number[] = [];
  for (let at: Unit | null = unit; at; at = at.parent) path.push(at.index);
  return path.reverse();
}

/** The hold that an outcome other than a value means. */
export function holdOf(outcome: Outcome, where: string): Hold | null {
  switch (outcome.kind) {
    case "value":
      return null;
    case "pending":
      return { kind: "pending", cell: outcome.cell, where };
    case "error":
      return { kind: "error", error: outcome.error, where };
    default:
      return outcome satisfies never;
  }
}
