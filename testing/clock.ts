/** Time that stands still while anything is under way, and jumps to the next timer when nothing is. */
import type { Clock } from "../runtime/index.ts";

interface Timer {
  readonly at: number;
  readonly due: () => void;
}

export class VirtualClock implements Clock {
  #now: number;
  #timers: Timer[] = [];
  #busy = 0;
  #calm = 0;
  #looking = false;

  /** @param start Unix time, milliseconds */
  constructor(start: number = Date.UTC(2026, 0, 1)) {
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  at(at: number, due: () => void): () => void {
    const timer = { at, due };
    this.#timers.push(timer);
    this.#stir();
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  after(ms: number, due: () => void): () => void {
    return this.at(this.#now + ms, due);
  }

  /** Whether time may jump to the next timer by itself. */
  protected get moves(): boolean {
    return true;
  }

  /** Time passes while nobody looks: between two processes of a run, say. */
  pass(ms: number): void {
    this.#now += ms;
  }

  /** Time stands still until the work has ended. */
  async during<T>(work: () => T | Promise<T>): Promise<T> {
    this.#busy++;
    try {
      return await work();
    } finally {
      this.#busy--;
      this.#stir();
    }
  }

  /** Time has jumped to a timer. */
  protected jumped(): void {}

  #stir(): void {
    this.#calm = 0;
    if (this.#looking) return;
    this.#looking = true;
    setImmediate(() => this.#look());
  }

  #look(): void {
    this.#looking = false;
    if (this.#busy > 0 || this.#timers.length === 0 || !this.moves) return;
    // The run may be in the middle of a step: it has had its turn when nothing has happened for a while.
    if (++this.#calm < CALM_TURNS) {
      this.#looking = true;
      setImmediate(() => this.#look());
      return;
    }
    this.#timers.sort((a, b) => a.at - b.at);
    const next = this.#timers.shift();
    if (!next) return;
    this.#now = Math.max(this.#now, next.at);
    this.jumped();
    next.due();
    this.#stir();
  }
}

/** Turns of the event loop; a step of a run in memory takes two. */
const CALM_TURNS = 8;
