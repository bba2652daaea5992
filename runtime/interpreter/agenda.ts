/** What a frame still has to look at: parts of the structure whose cells became uncertain, outermost first, then guards. */
import type { Cell } from "../values/cell.ts";
import type { Unit } from "./unit.ts";

interface Job {
  readonly owner: Unit;
  readonly cell: Cell;
  readonly run: () => void;
}

export class Agenda {
  readonly #structure = new Set<Job>();
  readonly #guards = new Set<Job>();

  /** Once `cell` became uncertain, `run` is due. */
  watch(cell: Cell, owner: Unit, run: () => void): void {
    const job: Job = { owner, cell, run };
    cell.watcher = () => this.#structure.add(job);
  }

  /** As `watch`, after all structure, and due from the beginning. */
  guard(cell: Cell, owner: Unit, run: () => void): void {
    const job: Job = { owner, cell, run };
    cell.watcher = () => this.#guards.add(job);
    this.#guards.add(job);
  }

  /**
   * Does what is due, until nothing is or the frame `isOver`.
   * @returns whose structure never settles; null where all has
   */
  restructure(isOver: () => boolean): Unit | null {
    for (let rounds = 0; !isOver() && this.#structure.size > 0; rounds++) {
      const jobs = [...this.#structure].filter(isLive);
      this.#structure.clear();
      const depths = new Map(jobs.map((job) => [job, job.owner.depth]));
      jobs.sort((a, b) => (depths.get(a) as number) - (depths.get(b) as number));
      const [first] = jobs;
      if (rounds > MAX_ROUNDS && first) return first.owner;
      for (const job of jobs) if (isLive(job)) job.run();
    }
    return null;
  }

  checkGuards(): void {
    const guards = [...this.#guards];
    this.#guards.clear();
    for (const job of guards) if (isLive(job)) job.run();
  }
}

/** Whether what the job is for is still mounted. */
const isLive = ({ owner, cell }: Job): boolean => !owner.disposed && !cell.disposed;

/** Structure nested deeper than this, or conditions that turn one another on and off, end the frame. */
const MAX_ROUNDS = 1_000;
