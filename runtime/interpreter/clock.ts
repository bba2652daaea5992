/** Time as the interpreter knows it; tests bring their own. */
export interface Clock {
  /** Unix time, milliseconds. */
  now(): number;
  /**
   * Calls `due` once, when `now()` has reached `at`, however it came there: a machine that slept, a clock that was put
   * forward. Where the clock is put back, `due` is called after as long as it would have taken, so that no pause grows by
   * that. The returned function takes it back.
   */
  at(at: number, due: () => void): () => void;
  /** Calls `due` once, after so many milliseconds, whatever is done to the clock. The returned function takes it back. */
  after(ms: number, due: () => void): () => void;
}

/** Longest delay that a timer of Node takes. */
const MAX_DELAY = 2_147_483_647;
/** Between two looks at the clock: a jump is noticed this late. Milliseconds. */
const LOOK_MS = 1_000;

/** `wall` gives Unix time, milliseconds, and may jump. */
export function clockOf(wall: () => number): Clock {
  return {
    now: wall,
    at(at, due) {
      // The wall's milliseconds are whole: one more, so that it is never a fraction early.
      const latest = performance.now() + (at - wall()) + 1;
      return repeat(due, () => Math.min(at - wall(), latest - performance.now()), LOOK_MS);
    },
    after(ms, due) {
      const latest = performance.now() + ms;
      return repeat(due, () => latest - performance.now(), MAX_DELAY);
    },
  };
}

export const systemClock: Clock = clockOf(() => Date.now());

/** Calls `due` when nothing is left; looks again at the latest after `longest` milliseconds. */
function repeat(due: () => void, left: () => number, longest: number): () => void {
  let timer: NodeJS.Timeout;
  const arm = (): void => {
    timer = setTimeout(look, Math.min(Math.max(0, Math.ceil(left())), longest));
  };
  const look = (): void => {
    if (left() > 0) arm();
    else due();
  };
  arm();
  return () => clearTimeout(timer);
}
