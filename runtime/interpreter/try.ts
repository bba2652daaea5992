/** `try`: its parts `try`, `catch` and `finally`, one after another (SEMANTICS 26). */
import type { Role, TryNode } from "../../plan/types.ts";
import { isCaughtBy } from "./codes.ts";
import type { Origin } from "./instance.ts";
import { type Failure, type Fate, planOf, Recovery, roleOf } from "./recovery.ts";
import type { Unit } from "./unit.ts";

/** In the order in which their turns come. */
const PARTS: readonly Role[] = ["try", "catch", "finally"];

/** How far a try has come; latched, and kept in the journal. */
interface TryProgress {
  readonly phase: "try" | "catch" | "finally" | "closed";
  /** What `catch` is for. */
  readonly error?: Failure;
  /** What nothing here deals with: passed on once `finally` has run. */
  readonly failure?: Failure;
}

export class Try extends Recovery {
  readonly #node: TryNode;

  constructor(origin: Origin, node: TryNode) {
    // Which part has its turn is a matter of the phase.
    super(origin, "parallel", "try");
    this.#node = node;
  }

  get progress(): TryProgress {
    return (this.kept as TryProgress | null) ?? { phase: "try" };
  }

  get closing(): boolean {
    const { phase, error, failure } = this.progress;
    if (phase === "finally" || phase === "closed") return phase === "closed";
    return failure !== undefined || (phase === "try" && error !== undefined);
  }

  override get rescues(): boolean {
    return this.progress.phase === "finally";
  }

  override receive(failure: Failure): Fate | null {
    const { phase, error } = this.progress;
    if (phase === "finally" || phase === "closed") return null;
    // The first failure decides; what else fails until the part has ended is of no account.
    if (!this.closing) {
      if (phase === "try" && this.#has("catch") && this.#catches(failure)) this.go({ phase, error: failure });
      else if (this.#has("finally")) this.go({ phase, ...(error && { error }), failure });
      else return null;
      this.world.interrupt(this, `${failure.nodeId} failed`);
    }
    return { continued: true, caught: this.nodeId };
  }

  override interrupt(failure: Failure): void {
    const { phase, error, failure: known } = this.progress;
    if (!this.isOpen || phase === "finally" || known?.outside) return;
    this.go({ phase, ...(error && { error }), failure });
  }

  canStep(): boolean {
    if (!this.isOpen || this.busy) return false;
    if (this.closing) return true;
    return this.hold === null && this.children.every((part) => !this.opens(part) || part.settled);
  }

  step(): boolean {
    const { phase, ...rest } = this.progress;
    if (phase === "try" && rest.error && !rest.failure) this.go({ phase: "catch", ...rest });
    else if (phase !== "finally" && this.#has("finally")) this.go({ phase: "finally", ...rest });
    else this.end({ phase: "closed", ...rest }, rest.failure);
    return true;
  }

  protected override opens(part: Unit): boolean {
    return roleOf(planOf(part)) === this.progress.phase;
  }

  protected override gaveTurn(part: Unit): boolean {
    const { phase } = this.progress;
    const role = roleOf(planOf(part));
    return phase === "closed" || role === undefined || PARTS.indexOf(role) <= PARTS.indexOf(phase);
  }

  protected override build(): void {
    this.setUnwinding(this.unwinds);
    this.mountParts(this.entry ? this.listed().filter(({ role }) => this.#mounts(role)) : []);
  }

  /** A part that ended in a failure is gone; one that ended well stays, as in a sequence. */
  #mounts(role: Role | undefined): boolean {
    const { phase, error, failure } = this.progress;
    switch (role) {
      case "try":
        return phase === "try" || (!error && !failure);
      case "catch":
        return phase === "catch" || (phase !== "try" && error !== undefined && !failure);
      case "finally":
        return true;
      default:
        return false;
    }
  }

  #has(role: Role): boolean {
    return this.listed().some((part) => part.role === role);
  }

  #catches({ code }: Failure): boolean {
    const codes = this.ask((reader) => this.scope.field(this.#node.catchErrors, reader));
    const listed = codes.kind === "value" && Array.isArray(codes.value) ? codes.value : null;
    return listed === null || listed.some((name) => isCaughtBy(String(name), code));
  }
}
