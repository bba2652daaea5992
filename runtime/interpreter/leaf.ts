/** Tasks, approvals and other things that settle by themselves: mounted at an address, started when their turn has come and nothing they need is missing. */
import type { Outcome } from "../../plan/core/values.ts";
import type { LeafNode } from "../../plan/types.ts";
import type { Address } from "../store/store.ts";
import type { Cell } from "../values/cell.ts";
import { addressAt } from "../values/place.ts";
import { isLetGo } from "./children.ts";
import { Instance, type Origin } from "./instance.ts";
import { isAsked } from "./people.ts";
import { depsOf, type Gate, gateOf, kindOf, numberOf } from "./request.ts";
import type { TaskEntry } from "./states.ts";
import { breaksBranch, type LeafKind } from "./stepper.ts";
import { type Hold, holdOf } from "./unit.ts";

export class Leaf extends Instance {
  readonly node: LeafNode;
  readonly kind: LeafKind;
  entry: TaskEntry | null = null;
  /** Of ready tasks the one with the highest starts first. */
  priority = 0;
  /** In the ready set: it may start as soon as there is room. */
  ready = false;
  /** What the task waits for, although its turn has come. */
  blocked: Hold | null = null;
  #id: Cell | null = null;
  #gate: Cell | null = null;
  #counted = 0;

  constructor(origin: Origin, node: LeafNode) {
    super(origin, "sequence");
    this.node = node;
    this.kind = kindOf(node);
    if (node.kind === "task" && node.deps !== undefined)
      this.scope.define(
        "deps",
        this.cell("deps", (reader) => depsOf(this, reader)),
      );
  }

  /** A numeric policy field, or its default where it has no number. */
  policy(field: string, fallback: number): number {
    const outcome = this.ask((reader) => numberOf(this, field, fallback, reader));
    return outcome.kind === "value" ? (outcome.value as number) : fallback;
  }

  /** Whether the run goes on when this task fails for good. */
  continues(): boolean {
    const outcome = this.ask((reader) => this.scope.field(this.node.continueOnFail, reader));
    return outcome.kind === "value" && Boolean(outcome.value);
  }

  /** Whether to skip it, or with what to start it. Evaluated when the turn has come, and for previews. */
  gate(): Cell {
    if (!this.#gate) {
      this.#gate = this.cell("start", (reader) => gateOf(this, reader));
      this.world.watch(this.#gate, this, () => this.world.examine(this), { structural: false });
    }
    return this.#gate;
  }

  /** The gate's answer, for readers that know there is one. */
  opened(outcome: Outcome): Gate | null {
    return outcome.kind === "value" ? (outcome.value as Gate) : null;
  }

  /** The entry changed: settled or not, running or not. */
  entryChanged(): void {
    this.#count();
    if (this.entry?.state !== "pending") {
      this.ready = false;
      this.blocked = null;
    }
    this.update();
    this.world.examine(this);
  }

  protected override mount(): void {
    this.#id = this.cell("id", (reader) => this.id(reader));
    this.world.watch(this.#id, this, () => this.#identify());
    this.#identify();
  }

  protected override unmount(): void {
    this.#place(null);
    this.#gate = null;
    this.ready = false;
  }

  protected override activated(): void {
    if (!this.active) this.ready = false;
    this.world.examine(this);
  }

  protected override letsPass(): boolean {
    const { entry, node } = this;
    if (node.async === undefined || entry?.state !== "waiting") return false;
    if (!isAsked(entry) && this.kind !== "wait") return false;
    const outcome = this.ask((reader) => this.scope.field(node.async, reader));
    return outcome.kind === "value" && Boolean(outcome.value);
  }

  protected override done(): boolean {
    return this.entry?.settled ?? false;
  }

  #identify(): void {
    const outcome = (this.#id as Cell).pull();
    this.hold = holdOf(outcome, `nodes.${this.plan.key}.id`);
    this.#place(outcome.kind === "value" ? addressAt(outcome.value as string, this.scope.place) : null);
    this.update();
  }

  #place(address: Address | null): void {
    const { states } = this.world;
    const before = this.entry;
    if (before) {
      states.detach(this, before);
      this.world.asked.delete(this);
      this.world.timed.delete(this);
      this.world.listening.delete(this);
      this.entry = null;
    }
    if (address) {
      this.world.knowLoops(address.nodeId, this.scope.place.loops);
      this.entry = states.attach(this, address, this.kind);
      // Mounted again before its decision, its signal or its time: still asked, still due.
      if (this.entry.state === "waiting") this.#waitOn(this.entry);
      this.ready = false;
    }
    this.#count();
    this.world.examine(this);
  }

  #waitOn(entry: TaskEntry): void {
    const { reason } = entry;
    if (isAsked(entry)) this.world.asked.add(this);
    if (this.kind === "wait") this.world.listening.add(this);
    const limited = typeof reason === "object" && reason !== null && "until" in reason;
    if (limited && WAITING_KINDS.has(this.kind)) this.world.timed.add(this);
  }

  /** A running attempt counts in every unit around it for as long as it is mounted there. */
  #count(): void {
    this.setBroken(breaksBranch(this.entry));
    const count = this.entry && isUnderWay(this.entry) ? 1 : 0;
    if (count === this.#counted) return;
    const change = count - this.#counted;
    this.#counted = count;
    this.addRunning(change);
  }
}

/** What settles by something outside: not by an attempt of ours. */
export const WAITING_KINDS: ReadonlySet<TaskEntry["kind"]> = new Set(["approval", "human", "timer", "wait"]);

/** An attempt runs, or waits to be tried again; or a child run is not at its end. */
export function isUnderWay(entry: TaskEntry): boolean {
  return entry.state === "running" || (entry.state === "waiting" && entry.nextAt !== null) || isLetGo(entry);
}
