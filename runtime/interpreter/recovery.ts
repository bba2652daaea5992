/**
 * What tries, sagas and parallels with a failure policy have in common (SEMANTICS 26): a failure inside ends with them.
 * Nothing more starts in the part where it happened; once what is in flight there has ended, the next part is mounted. What is
 * to be done in every outcome is done also where the run, a loop or another try around it ends.
 */
import type { Handle, Value } from "../../plan/core/values.ts";
import type { Json, Role } from "../../plan/types.ts";
import type { TaskError } from "../executors/executor.ts";
import type { Address } from "../store/store.ts";
import { isLetGo } from "./children.ts";
import { type Instance, mountSites, Slot, sitesIn } from "./instance.ts";
import { Leaf } from "./leaf.ts";
import type { PlanNode } from "./plan-index.ts";
import { Stage } from "./stage.ts";
import type { TaskEntry } from "./states.ts";
import { Stepper } from "./stepper.ts";
import type { Unit } from "./unit.ts";

/** What ended a part: a task that failed for good, or the end of something around it. */
export interface Failure extends Address {
  readonly code: string;
  readonly message: string;
  /** Of what ended from outside: no part is mounted to deal with it, and nothing outside is told. */
  readonly outside?: boolean;
}

/** Of a failure from outside: a person cancelled the run; what is around ended. */
export const CANCELLED = "CANCELLED";
export const INTERRUPTED = "INTERRUPTED";

/** What becomes of a task that failed for good, as its entry and the journal keep it. */
export interface Fate {
  /** The run goes on, and a resume does not try the task again. */
  readonly continued?: true;
  /** Id of the node that deals with it. */
  readonly caught?: string;
  /** It ended the branch of a parallel that it stands in. */
  readonly branch?: true;
}

export abstract class Recovery extends Stepper {
  abstract get progress(): object;

  /** How far it came, as the journal keeps it; null before anything happened. */
  protected get kept(): object | null {
    const { entry } = this;
    const { reason } = entry ?? {};
    return entry?.state !== "pending" && typeof reason === "object" && reason !== null ? reason : null;
  }

  /** Its turn has come, and it is not at its end. */
  protected get isOpen(): boolean {
    const { entry } = this;
    return entry !== null && !entry.settled && entry.state !== "failed" && this.active && !this.disposed;
  }

  /** Whether it has to do what is done in every outcome. */
  protected get unwinds(): boolean {
    return this.isOpen && (this.closing || this.rescues);
  }

  protected override activated(): void {
    this.setUnwinding(this.unwinds);
    super.activated();
  }

  /** What happens here to a failure inside, decided when it comes; null lets it pass on to what is around. */
  abstract receive(failure: Failure, from: Unit): Fate | null;

  /** Ends what is under way here, from outside. */
  abstract interrupt(failure: Failure): void;

  /** The parts that the plan has, or that a block gave. */
  protected listed(): readonly Part[] {
    const { index } = this.world;
    if (!this.sites) return this.plan.children.map((plan) => ({ plan, role: roleOf(plan) }));
    return sitesIn(this.sites.children).flatMap((handle) => {
      const plan = index.nodes.get(handle.id);
      return plan ? [{ plan, role: roleOf(plan), handle }] : [];
    });
  }

  /** Mounts these parts, in this order; of those that are mounted, the others are disposed. */
  protected mountParts(parts: readonly Part[]): void {
    const known = new Map(this.children.map((unit) => [planOf(unit), unit]));
    const made = parts.flatMap(({ plan, handle }): readonly Unit[] => {
      const unit = known.get(plan);
      known.delete(plan);
      const around = { world: this.world, scope: this.scope, outer: this, mode: "sequence" } as const;
      if (handle) return mountSites(unit ? [unit] : [], [handle], around);
      if (unit) return [unit];
      const slot = new Slot({ ...around, plan });
      slot.begin();
      return [slot];
    });
    for (const gone of known.values()) gone.dispose();
    this.adopt(made);
  }

  /** The end: well, or with a failure that what is around may deal with. */
  protected end(progress: object, failure: Failure | undefined): void {
    const entry = this.entry as TaskEntry;
    const reason = progress as { readonly [key: string]: Json };
    if (!failure) this.world.setState(entry, "finished", reason, true);
    else if (failure.outside) {
      const { code, message } = failure;
      this.world.setState(entry, "cancelled", { ...reason, code, message }, true);
    } else this.world.pass(entry, failure, reason);
    this.build();
  }

  protected override childSettled(): void {
    this.world.stepLater(this);
  }

  /** Goes on to another phase. */
  protected go(progress: object): void {
    this.world.setState(
      this.entry as TaskEntry,
      "running",
      progress as { readonly [key: string]: Json },
      false,
    );
    this.build();
  }

  /** Whether something in the part that is open still has to end. */
  protected get busy(): boolean {
    return this.running > 0 || this.unwindsWithin;
  }
}

/** A child of a try or a saga. */
export interface Part {
  readonly plan: PlanNode;
  readonly role: Role | undefined;
  /** How the block around it gave it. */
  readonly handle?: Handle;
}

export const roleOf = ({ node }: PlanNode): Role | undefined =>
  node.kind === "sequence" ? node.role : undefined;

export const planOf = (unit: Unit): PlanNode => (unit as Slot | Instance).plan;

/** The nearest node around `unit` that deals with a failure of it, and what it makes of it. */
export function catcherOf(unit: Unit, failure: Failure): Fate | null {
  for (let outer = unit.parent; outer; outer = outer.parent) {
    const fate = outer instanceof Recovery ? outer.receive(failure, unit) : null;
    if (fate) return fate;
  }
  return null;
}

/** How what is under way ends. */
export interface Interruption {
  /** Id of the node that a resume which tries it once more tries this for, too. */
  readonly by?: string;
  /** Attempts in flight are aborted. */
  readonly aborts?: boolean;
  /** Nobody is asked, and nothing waited for, any more. */
  readonly ends?: boolean;
  /** What is in no try and no saga is kept, to be tried again by a resume. */
  readonly resumes?: boolean;
}

/**
 * Ends what is under way below `unit`: what is to be tried again is not, tries and sagas whose turn has come go over to what
 * they do in every outcome.
 */
export const interruptBelow = (unit: Unit, failure: Failure, how: Interruption = {}): void =>
  interruptAll(unit.children, failure, how);

export function interruptAll(units: readonly Unit[], failure: Failure, how: Interruption): void {
  for (const unit of units) {
    if (unit instanceof Recovery) {
      if (unit.rescues) continue;
      unit.interrupt(failure);
      interruptAll(unit.children, failure, { ...how, resumes: false });
    } else if (unit instanceof Leaf) interruptLeaf(unit, failure.message, how);
    else {
      if (unit instanceof Stage) unit.interrupt();
      interruptAll(unit.children, failure, how);
    }
  }
}

function interruptLeaf(leaf: Leaf, message: string, how: Interruption): void {
  const { entry, world } = leaf;
  if (!how.resumes) giveUp(leaf, message, how.by);
  if (how.aborts && entry?.state === "running") world.abort(entry, message);
  if (how.ends && entry?.state === "waiting" && !isLetGo(entry)) world.giveUp(entry, message, how.by);
  // Nothing that it waited for stands in its way any more.
  world.examine(leaf);
}

/** What waits to be tried again is not; child runs are taken up once more, to be cancelled (recall.ts). */
export function giveUp({ entry, world }: Leaf, message: string, by?: string): void {
  if (entry?.state !== "waiting" || entry.nextAt === null || isLetGo(entry)) return;
  world.giveUp(entry, message, by);
}

export const failureAt = ({ address }: TaskEntry, { code, message }: TaskError): Failure => ({
  ...address,
  code,
  message,
});

/**
 * What the `catch` of a try is for, as the author sees it; undefined before anything failed. `shown` keeps what was given for
 * a failure, so that the same one is the same value.
 */
export function errorOf(entry: TaskEntry | undefined, shown: WeakMap<object, Value>): Value {
  const { error } = (entry?.kind === "try" ? (entry.reason ?? {}) : {}) as { readonly error?: Failure };
  if (!error) return undefined;
  const { code, message, nodeId, iteration } = error;
  const value =
    shown.get(error) ??
    Object.freeze({ code, message, summary: message.split("\n")[0] ?? "", nodeId, iteration });
  shown.set(error, value);
  return value;
}
