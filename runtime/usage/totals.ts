/** What a run took, from its journal. */
import type { Json } from "../../plan/types.ts";
import { addressKey } from "../store/rules.ts";
import type { AttemptRecord, Journal, RunRecord } from "../store/store.ts";
import { addUsd } from "./money.ts";
import type { Cost } from "./prices.ts";

export interface RunTotals extends Cost {
  /** From the start of the run to its last change, milliseconds: also what it waited, and was left alone. */
  readonly durationMs: number;
  /** What its attempts took, added up, milliseconds; those under way do not count. */
  readonly workMs: number;
  readonly attempts: number;
  /** Attempts that began what an earlier one had not done; not those that took up a child run or a conversation with people. */
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
  return {
    durationMs: Math.max(0, updatedAt - createdAt),
    workMs: sum(({ startedAt, endedAt }) => (endedAt === null ? 0 : Math.max(0, endedAt - startedAt))),
    attempts: attempts.length,
    retries: retriesOf(attempts),
    ...usedBy(attempts),
  };
}

function retriesOf(attempts: readonly AttemptRecord[]): number {
  const last = new Map<string, AttemptRecord>();
  let retries = 0;
  for (const attempt of attempts) {
    const before = last.get(addressKey(attempt));
    if (before && !goesOn(before)) retries++;
    last.set(addressKey(attempt), attempt);
  }
  return retries;
}

/** Whether the next attempt goes on where this one was left. */
const goesOn = ({ state, error }: AttemptRecord): boolean =>
  state === "suspended" || (error as { readonly code?: Json } | null)?.code === "CHILD_LEFT";

/** What attempts have used, as far as they told of it. */
export function usedBy(
  attempts: readonly Pick<AttemptRecord, "usage">[],
): Pick<RunTotals, "tokens" | "calls" | "toolCalls" | keyof Cost> {
  const used = (name: string): number =>
    attempts.reduce((total, { usage }) => total + countOf(usage, name), 0);
  return {
    tokens: {
      input: used("inputTokens"),
      output: used("outputTokens"),
      cacheRead: used("cacheReadTokens"),
      cacheWrite: used("cacheWriteTokens"),
    },
    calls: used("calls"),
    toolCalls: used("toolCalls"),
    ...costOf(attempts),
  };
}

/** What is known of what attempts have cost; empty where nothing is. */
function costOf(attempts: readonly Pick<AttemptRecord, "usage">[]): Cost {
  const priced = attempts.filter(({ usage }) => hasCost(usage));
  if (priced.length === 0) return {};
  return {
    costUsd: addUsd(...priced.map(({ usage }) => countOf(usage, "costUsd"))),
    // Executors of the caller's own may tell what all calls of an attempt cost, and no more.
    pricedCalls: priced
      .map(({ usage }) => countOf(usage, "pricedCalls") || countOf(usage, "calls"))
      .reduce((sum, calls) => sum + calls, 0),
  };
}

const hasCost = (usage: Json): boolean =>
  typeof (usage as { readonly costUsd?: Json } | null)?.costUsd === "number";

function countOf(usage: Json, name: string): number {
  if (typeof usage !== "object" || usage === null || Array.isArray(usage)) return 0;
  const value = (usage as { readonly [field: string]: Json })[name];
  return typeof value === "number" ? value : 0;
}
