/** When a failed attempt is tried again (SEMANTICS 27). */
import { createHash } from "node:crypto";
import type { TaskError } from "../executors/executor.ts";
import type { TaskRecord } from "../store/store.ts";
import type { Leaf } from "./leaf.ts";
import { repeats } from "./once.ts";

export interface RetryPolicy {
  /** Attempts after the first. */
  readonly retries: number;
  readonly backoff: "exponential" | "linear" | "fixed";
  readonly initialDelayMs: number;
  readonly maxDelayMs: number;
}

const JITTER = 0.1;

/** The node's policy, with the defaults of DESIGN: 3 retries for agents, none for others; 1 s, doubled, at most 60 s. */
export function retryPolicy(leaf: Leaf): RetryPolicy {
  const outcome = leaf.ask((reader) => leaf.scope.field(leaf.node.retryPolicy, reader));
  const given = (outcome.kind === "value" && outcome.value ? outcome.value : {}) as Partial<RetryPolicy>;
  return {
    retries: repeats(leaf) ? leaf.policy("retries", defaultRetries(leaf.kind)) : 0,
    backoff: given.backoff ?? "exponential",
    initialDelayMs: given.initialDelayMs ?? 1_000,
    maxDelayMs: given.maxDelayMs ?? 60_000,
  };
}

export function defaultRetries(kind: TaskRecord["kind"]): number {
  return kind === "agent" ? 3 : 0;
}

/**
 * Milliseconds until the next attempt; null when there is none. `failures` counts those of this chain, this one
 * included; `dice` is in [0, 1).
 */
export function nextDelay(
  policy: RetryPolicy,
  error: TaskError,
  failures: number,
  dice: number,
): number | null {
  if (!error.retryable || failures > policy.retries) return null;
  const { initialDelayMs, maxDelayMs } = policy;
  let delay: number;
  switch (policy.backoff) {
    case "exponential":
      delay = initialDelayMs * 2 ** (failures - 1);
      break;
    case "linear":
      delay = initialDelayMs * failures;
      break;
    case "fixed":
      delay = initialDelayMs;
      break;
    default:
      delay = policy.backoff satisfies never;
  }
  const jittered = Math.round(Math.min(delay, maxDelayMs) * (1 + JITTER * dice));
  return Math.max(jittered, error.retryAfterMs ?? 0);
}

/** A number in [0, 1) that depends on nothing but the run's seed and what it is for: the same in a replay. */
export function diceOf(seed: string, purpose: string): number {
  return createHash("sha256").update(`${seed}\n${purpose}`).digest().readUInt32BE(0) / 2 ** 32;
}
