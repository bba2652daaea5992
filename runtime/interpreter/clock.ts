/** Time as the interpreter knows it; tests bring their own. */
export interface Clock {
  /** Unix time, milliseconds. */
  now(): number;
  /** Calls `due` once, at or after `at`; the returned function takes it back. */
  at(at: number, due: () => void): () => void;
}

/** Longest delay that a timer of Node takes. */
const MAX_DELAY = 2_147_483_647;

export const systemClock: Clock = {
  now: () => Date.now(),
  at(at, due) {
    let timer: NodeJS.Timeout;
    const arm = (): void => {
      const left = at - Date.now();
      timer = left > MAX_DELAY ? setTimeout(arm, MAX_DELAY) : setTimeout(due, Math.max(0, left));
    };
    arm();
    return () => clearTimeout(timer);
  },
};
