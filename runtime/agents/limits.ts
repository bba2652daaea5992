import type { SharedPauses } from "./pauses.ts";

/** What agent calls of one engine share: a number of slots, and pauses that a provider asked for (SEMANTICS 27, 28). */
export class CallLimits {
  #free: number;
  readonly #waiting: (() => void)[] = [];
  /** Rate key → Unix milliseconds until which no call is made. */
  readonly #paused = new Map<string, number>();

  readonly #shared: SharedPauses | undefined;

  /** @param shared pauses that other engines were asked for, too */
  constructor(slots: number, shared?: SharedPauses) {
    this.#free = slots;
    this.#shared = shared;
  }

  /** Makes the call when a slot is free and no pause holds for `key`; null when `signal` fires before. */
  async run<T>(key: string, signal: AbortSignal, call: () => Promise<T>): Promise<T | null> {
    for (;;) {
      if (!(await this.#pause(key, signal))) return null;
      if (!(await this.#enter(signal))) return null;
      // While this call waited for a slot, another may have been told to pause.
      if (this.#until(key) <= Date.now()) break;
      this.#leave();
    }
    try {
      return await call();
    } finally {
      this.#leave();
    }
  }

  /** No call with this key for so long; other keys go on. */
  pause(key: string, ms: number): void {
    const until = Math.max(this.#paused.get(key) ?? 0, Date.now() + ms);
    this.#paused.set(key, until);
    this.#shared?.pause(key, until);
  }

  #until(key: string): number {
    return Math.max(this.#paused.get(key) ?? 0, this.#shared?.until(key) ?? 0);
  }

  async #pause(key: string, signal: AbortSignal): Promise<boolean> {
    for (;;) {
      if (signal.aborted) return false;
      const left = this.#until(key) - Date.now();
      if (left <= 0) return true;
      await new Promise<void>((resolve) => {
        const done = (): void => {
          clearTimeout(timer);
          signal.removeEventListener("abort", done);
          resolve();
        };
        // Longer timers overflow; the loop looks again.
        const timer = setTimeout(done, Math.min(left, 2 ** 31 - 1));
        signal.addEventListener("abort", done, { once: true });
      });
    }
  }

  #enter(signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return Promise.resolve(false);
    if (this.#free > 0) {
      this.#free--;
      return Promise.resolve(true);
    }
    return new Promise((resolve) => {
      const enter = (): void => {
        signal.removeEventListener("abort", leave);
        resolve(true);
      };
      const leave = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(enter), 1);
        resolve(false);
      };
      signal.addEventListener("abort", leave, { once: true });
      this.#waiting.push(enter);
    });
  }

  /** Hands the slot on, first come first served. */
  #leave(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free++;
    else next();
  }
}
