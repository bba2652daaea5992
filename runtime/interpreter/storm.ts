/**
 * The guard against runs that go on by themselves (SEMANTICS 15): frames that came of effects alone, since the last fact
 * from outside, are counted, and so is each state that they come back to.
 */
import { createHash } from "node:crypto";
import { stableText } from "../values/json.ts";
import type { RunState } from "../values/state.ts";

export interface StormLimits {
  /** Frames within a second. Default 10. */
  readonly framesPerSecond: number;
  /** Frames within a minute. Default 200. */
  readonly framesPerMinute: number;
  /** Frames without a fact from outside. Default 1,000. */
  readonly framesPerRun: number;
  /** How often such frames may come back to one state. Default 3. */
  readonly repeats: number;
}

export const STORM_LIMITS: StormLimits = {
  framesPerSecond: 10,
  framesPerMinute: 200,
  framesPerRun: 1_000,
  repeats: 3,
};

/** Limits of the caller's own; what is left out is as usual. */
export type GivenLimits = { readonly [limit in keyof StormLimits]?: number | undefined };

export function limitsOf(given: GivenLimits): StormLimits {
  const set = Object.entries(given).filter(([, limit]) => limit !== undefined);
  return { ...STORM_LIMITS, ...Object.fromEntries(set) };
}

const SECOND = 1_000;
const MINUTE = 60_000;

export class Storm {
  readonly #limits: StormLimits;
  /** When the frames of the last minute were cut. */
  #times: number[] = [];
  #frames = 0;
  readonly #seen = new Map<string, number>();

  constructor(limits: StormLimits) {
    this.#limits = limits;
  }

  /** A task ended, a person decided, a signal or a timer came: what follows has a reason. */
  outside(): void {
    if (this.#frames === 0 && this.#seen.size === 0) return;
    this.#times = [];
    this.#frames = 0;
    this.#seen.clear();
  }

  /** A frame came of effects alone. `digest` stands for the plan and all that state holds. Returns what is too much, if anything is. */
  inner(now: number, digest: string): string | null {
    this.#frames++;
    this.#times = [...this.#times.filter((at) => at > now - MINUTE), now];
    const { framesPerSecond, framesPerMinute, framesPerRun, repeats } = this.#limits;
    const seen = (this.#seen.get(digest) ?? 0) + 1;
    this.#seen.set(digest, seen);
    if (seen > repeats) return `effects came back to the same state for the ${seen}th time`;
    const within = (span: number): number => this.#times.filter((at) => at > now - span).length;
    const over = (count: number, limit: number, span: string): string | null =>
      count > limit ? `effects alone made ${count} frames ${span}; the limit is ${limit}` : null;
    return (
      over(within(SECOND), framesPerSecond, "within a second") ??
      over(within(MINUTE), framesPerMinute, "within a minute") ??
      over(this.#frames, framesPerRun, "without a fact from outside")
    );
  }
}

/** One text for a plan and the state it made. */
export function digestOf(planDigest: string, { state, vol }: RunState): string {
  return createHash("sha256")
    .update(`${planDigest}\n${stableText([state.entries(), vol.entries()])}`)
    .digest("hex");
}
