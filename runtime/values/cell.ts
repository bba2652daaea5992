/**
 * Lazy cells with recorded reads: the incremental half of the runtime (DESIGN §1.4).
 *
 * A source changes from outside; a cell is computed from what it reads, at most once between two changes and only when
 * somebody asks. A change marks its readers (inverted index) and goes no further than the first cell whose outcome
 * stays the same (cut-off by `Object.is`). Nothing here recurses with the length of a chain: marking and checking use
 * worklists, and a deep first evaluation unwinds by throwing Demand.
 */
import { CoreError, Demand, type Outcome, Pending, type Reader, type Value } from "../../plan/core/values.ts";

/** Evaluations nested natively before a chain of cells is unwound by Demand. */
const NESTED = 2;

const CLEAN = 0;
const CHECK = 1;
const DIRTY = 2;
type Status = typeof CLEAN | typeof CHECK | typeof DIRTY;

/** Anything a cell can read. */
export abstract class Dependency {
  /** Clock of the last change. */
  changedAt = 0;
  readonly readers = new Set<Cell>();
  /** The cell that recorded this dependency last; spares most repeated entries. */
  recordedBy: Cell | undefined;
}

/** A cell set from outside. */
export class Source<T> extends Dependency {
  readonly graph: Graph;
  #value: T;

  constructor(graph: Graph, value: T) {
    super();
    this.graph = graph;
    this.#value = value;
  }

  /** The value, without recording a read. */
  peek(): T {
    return this.#value;
  }

  read(reader: Cell): T {
    reader.record(this);
    return this.#value;
  }

  set(value: T): void {
    if (Object.is(value, this.#value)) return;
    this.#value = value;
    this.graph.touch(this);
  }
}

/** A counter for facts that are looked up elsewhere: a read records it, a change of the fact bumps it. */
export class Signal extends Source<number> {
  constructor(graph: Graph) {
    super(graph, 0);
  }

  bump(): void {
    this.set(this.peek() + 1);
  }
}

export class Cell extends Dependency implements Reader {
  readonly graph: Graph;
  /** For people: what the cell is, as `nodes.fix.values.hot`. */
  readonly label: string;
  readonly compute: (reader: Cell) => Value;
  outcome: Outcome = NOTHING;
  status: Status = DIRTY;
  evaluating = false;
  disposed = false;
  /** Called when a clean cell becomes uncertain; the owner asks again when it is its turn. */
  watcher: (() => void) | undefined;
  #deps: Dependency[] = [];
  #checked = 0;
  #evaluatedAt = 0;

  constructor(graph: Graph, label: string, compute: (reader: Cell) => Value) {
    super();
    this.graph = graph;
    this.label = label;
    this.compute = compute;
  }

  /** Core bounds each evaluation itself; the sum is for benchmarks. */
  spend(units: number): void {
    this.graph.steps += units;
  }

  /** What the present outcome was computed from. */
  get dependencies(): readonly Dependency[] {
    return this.#deps;
  }

  record(dependency: Dependency): void {
    if (dependency.recordedBy === this && dependency.readers.has(this)) return;
    dependency.recordedBy = this;
    dependency.readers.add(this);
    this.#deps.push(dependency);
  }

  /** The value for `reader`, whose read is recorded. Throws Pending or CoreError as the outcome says. */
  read(reader: Cell): Value {
    reader.record(this);
    if (this.status !== CLEAN) this.graph.demand(this);
    return open(this.outcome);
  }

  /** The outcome, for a reader outside the graph. */
  pull(): Outcome {
    if (this.status !== CLEAN) this.graph.pull(this);
    return this.outcome;
  }

  /** Forgets what was read, so that nothing reaches this cell any more. */
  dispose(): void {
    this.disposed = true;
    this.watcher = undefined;
    this.#unlink();
    this.status = DIRTY;
  }

  mark(status: Status): boolean {
    if (this.status >= status) return false;
    const wasClean = this.status === CLEAN;
    this.status = status;
    this.#checked = 0;
    if (wasClean) this.watcher?.();
    return wasClean;
  }

  /** Of an uncertain cell: the next dependency to look at, or null when the answer is known (clean or dirty). */
  uncertain(): Cell | null {
    while (this.#checked < this.#deps.length) {
      const dependency = this.#deps[this.#checked] as Dependency;
      if (dependency instanceof Cell && dependency.status !== CLEAN) return dependency;
      if (dependency.changedAt > this.#evaluatedAt) {
        this.status = DIRTY;
        return null;
      }
      this.#checked++;
    }
    this.status = CLEAN;
    return null;
  }

  /** Computes anew. Lets Demand through, with the cell as it was before. */
  evaluate(): void {
    this.#unlink();
    this.evaluating = true;
    let outcome: Outcome;
    try {
      outcome = { kind: "value", value: this.compute(this) };
    } catch (thrown) {
      if (thrown instanceof Pending) outcome = { kind: "pending", cell: thrown.cell };
      else if (thrown instanceof CoreError) outcome = { kind: "error", error: thrown };
      else {
        this.#unlink();
        throw thrown;
      }
    } finally {
      this.evaluating = false;
    }
    this.settle(outcome);
  }

  settle(outcome: Outcome): void {
    this.status = CLEAN;
    if (!sameOutcome(this.outcome, outcome)) {
      this.outcome = outcome;
      this.changedAt = this.graph.tick();
    }
    this.#evaluatedAt = this.graph.clock;
    this.graph.evaluations++;
  }

  #unlink(): void {
    for (const dependency of this.#deps) dependency.readers.delete(this);
    this.#deps = [];
    this.#checked = 0;
  }
}

/** The outcome of a cell that was never evaluated; equal to no other. */
const NOTHING: Outcome = Object.freeze({ kind: "pending", cell: "" });

export class Graph {
  clock = 1;
  /** Evaluations done; for tests and benchmarks. */
  evaluations = 0;
  /** Elementary steps of Core done. */
  steps = 0;
  #evaluating: Cell[] = [];

  tick(): number {
    return ++this.clock;
  }

  touch(source: Dependency): void {
    source.changedAt = this.tick();
    const uncertain: Cell[] = [];
    for (const reader of source.readers) if (reader.mark(DIRTY)) uncertain.push(reader);
    for (let next = uncertain.pop(); next; next = uncertain.pop()) {
      for (const reader of next.readers) if (reader.mark(CHECK)) uncertain.push(reader);
    }
  }

  /** Makes `cell` clean for an evaluation under way; unwinds with Demand where that would nest too deeply. */
  demand(cell: Cell): void {
    if (cell.evaluating) throw circular(cell);
    const current = this.#evaluating.at(-1);
    if (current && this.#evaluating.length >= NESTED) throw new Demand(current);
    this.#refresh(cell, false);
  }

  pull(cell: Cell): void {
    if (cell.evaluating) throw circular(cell);
    this.#refresh(cell, this.#evaluating.length === 0);
  }

  #refresh(root: Cell, outermost: boolean): void {
    const stack = [root];
    const onStack = new Set(stack);
    for (let cell = stack.at(-1); cell; cell = stack.at(-1)) {
      if (cell.status === CHECK) {
        const next = cell.uncertain();
        if (next) {
          stack.push(next);
          onStack.add(next);
          continue;
        }
      }
      if (cell.status === DIRTY) {
        const demanded = this.#evaluate(cell, outermost);
        if (demanded) {
          if (onStack.has(demanded) && demanded !== cell)
            cell.settle({ kind: "error", error: circular(demanded) });
          else {
            stack.push(demanded);
            onStack.add(demanded);
            continue;
          }
        }
      }
      stack.pop();
      onStack.delete(cell);
    }
  }

  #evaluate(cell: Cell, outermost: boolean): Cell | null {
    const depth = this.#evaluating.length;
    this.#evaluating.push(cell);
    try {
      cell.evaluate();
      return null;
    } catch (thrown) {
      if (outermost && thrown instanceof Demand && thrown.cell instanceof Cell) return thrown.cell;
      throw thrown;
    } finally {
      this.#evaluating.length = depth;
    }
  }
}

/** The value of an outcome; throws what else it is. */
export function open(outcome: Outcome): Value {
  switch (outcome.kind) {
    case "value":
      return outcome.value;
    case "pending":
      throw new Pending(outcome.cell);
    case "error":
      throw outcome.error;
    default:
      return outcome satisfies never;
  }
}

function sameOutcome(a: Outcome, b: Outcome): boolean {
  if (a === NOTHING) return false;
  if (a.kind === "value") return b.kind === "value" && Object.is(a.value, b.value);
  if (a.kind === "pending") return b.kind === "pending" && a.cell === b.cell;
  return b.kind === "error" && a.error.code === b.error.code && a.error.message === b.error.message;
}

function circular(cell: Cell): CoreError {
  return new CoreError("FORBIDDEN", `${cell.label} depends on itself`);
}
