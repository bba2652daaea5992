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

  /**
   * Makes the call when a slot is free and no pause holds for `key`; null when `signal` fires before.
   * @param onPause told again and again while a pause holds: until when, in Unix milliseconds
   */
  async run<T>(
    key: string,
    signal: AbortSignal,
    call: () => Promise<T>,
    onPause: (until: number) => void = () => {},
  ): Promise<T | null> {
    for (;;) {
      if (!(await this.#pause(key, signal, onPause))) return null;
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

  async #pause(key: string, signal: AbortSignal, onPause: (until: number) => void): Promise<boolean> {
    for (;;) {
      if (signal.aborted) return false;
      const until = this.#until(key);
      const left = until - Date.now();
      if (left <= 0) return true;
      onPause(until);
      await new Promise<void>((resolve) => {
        const done = (): void => {
          clearTimeout(timer);
          signal.removeEventListener("abort", done);
          resolve();
        };
        const timer = setTimeout(done, Math.min(left, LOOK_MS));
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

/** How often whoever waits for the end of a pause looks whether it is another one by now. */
const LOOK_MS = 5_000;
