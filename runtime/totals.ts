/** What a run took, from its journal. */
import type { Json } from "../plan/types.ts";
import { addressKey } from "./store/rules.ts";
import type { AttemptRecord, Journal, RunRecord } from "./store/store.ts";

export interface RunTotals {
  /** From the start of the run to its last change, milliseconds: also what it waited, and was left alone. */
  readonly durationMs: number;
  /** What its attempts took, added up, milliseconds; those under way do not count. */
  readonly workMs: number;
  readonly attempts: number;
  /** Attempts beyond the first at an address. */
  readonly retries: number;
  /** Tokens of all attempts, failed ones too, as providers count them. */
  readonly tokens: {
    readonly input: number;
    readonly output: number;
    readonly cacheRead: number;
    readonly cacheWrite: number;
  };
  /** Requests to providers. */
  readonly calls: number;
  /** Tools that agents called. */
  readonly toolCalls: number;
}

export function totalsOf(
  { createdAt, updatedAt }: Pick<RunRecord, "createdAt" | "updatedAt">,
  { attempts }: Pick<Journal, "attempts">,
): RunTotals {
  const sum = (of: (attempt: AttemptRecord) => number): number =>
    attempts.reduce((total, attempt) => total + of(attempt), 0);
  const used = (name: string) => sum(({ usage }) => countOf(usage, name));
  return {
    durationMs: Math.max(0, updatedAt - createdAt),
    workMs: sum(({ startedAt, endedAt }) => (endedAt === null ? 0 : Math.max(0, endedAt - startedAt))),
    attempts: attempts.length,
    retries: attempts.length - new Set(attempts.map(addressKey)).size,
    tokens: {
      input: used("inputTokens"),
      output: used("outputTokens"),
      cacheRead: used("cacheReadTokens"),
      cacheWrite: used("cacheWriteTokens"),
    },
    calls: used("calls"),
    toolCalls: used("toolCalls"),
  };
}

function countOf(usage: Json, name: string): number {
  if (typeof usage !== "object" || usage === null || Array.isArray(usage)) return 0;
  const value = (usage as { readonly [field: string]: Json })[name];
  return typeof value === "number" ? value : 0;
}
