/** What a run has used up over all the runs that took its place. */
import type { Json } from "../../plan/types.ts";
import { originOf } from "../carried.ts";
import { continuationOf } from "../continuation.ts";
import type { Store } from "../store/store.ts";
import { subtractUsd } from "./money.ts";
import { addCosts, type Cost } from "./prices.ts";
import { type RunTotals, totalsOf, usedBy } from "./totals.ts";

/** What providers counted, and what it cost where that is known. */
export type Spent = Pick<RunTotals, "tokens" | "calls" | "toolCalls" | keyof Cost>;

/**
 * Tokens, calls, tool calls and cost of a run and of those that took its place; null where it has not begun.
 * @param open the store of a run, null where there is none; it is closed here
 * @throws StoreError
 */
export async function spentBy(
  runId: string,
  open: (runId: string) => Promise<Store | null>,
): Promise<Spent | null> {
  let spent: Spent | null = null;
  for (let next: string | null = runId; next !== null; ) {
    const store: Store | null = await open(next);
    if (!store) return spent;
    try {
      const journal = await store.journal();
      if (!journal.run) return spent;
      const continuation = await continuationOf(store, journal);
      next = continuation?.next ?? null;
      // A loop that goes on takes along what its attempts used up.
      if (continuation?.reason !== "loop") spent = plus(spent, totalsOf(journal.run, journal));
    } finally {
      await store.close();
    }
  }
  return spent;
}

function plus(a: Spent | null, b: Spent): Spent {
  const { tokens, calls, toolCalls } = b;
  if (!a) return { tokens, calls, toolCalls, ...addCosts({}, b) };
  const { input, output, cacheRead, cacheWrite } = a.tokens;
  return {
    tokens: {
      input: input + tokens.input,
      output: output + tokens.output,
      cacheRead: cacheRead + tokens.cacheRead,
      cacheWrite: cacheWrite + tokens.cacheWrite,
    },
    calls: a.calls + calls,
    toolCalls: a.toolCalls + toolCalls,
    ...addCosts(a, b),
  };
}

/**
 * What a child run has used that counts in the run which holds it: what the attempts that held it told when they ended. Where a
 * process died none was told, and what was used until then counts with the next attempt.
 * @param child its name within that run
 * @param spent what it has used
 * @param holder the store of the run that holds it
 */
export async function countedOf(child: string, spent: Spent, holder: Store): Promise<Spent> {
  const origin = await originOf(holder);
  // A run that began with the state of another began its child runs anew; one of which nodes were taken back has kept them.
  const carried = origin && origin.how !== "retry" ? origin.attempts : 0;
  const { attempts } = await holder.journal();
  const held = attempts.slice(carried).filter(({ request }) => childIn(request) === child);
  const counted = usedBy(held);
  return counted.calls > spent.calls ? spent : counted;
}

const childIn = (request: Json): string | null => {
  const { kind, child } = (request ?? {}) as { readonly kind?: Json; readonly child?: Json };
  return kind === "subflow" && typeof child === "string" ? child : null;
};

/** What was spent since; `before` is null where nothing had been. */
export function spentSince(before: Spent | null, after: Spent): Spent {
  if (!before) return after;
  const { input, output, cacheRead, cacheWrite } = after.tokens;
  return {
    tokens: {
      input: input - before.tokens.input,
      output: output - before.tokens.output,
      cacheRead: cacheRead - before.tokens.cacheRead,
      cacheWrite: cacheWrite - before.tokens.cacheWrite,
    },
    calls: after.calls - before.calls,
    toolCalls: after.toolCalls - before.toolCalls,
    ...costSince(before, after),
  };
}

function costSince(before: Cost, { costUsd, pricedCalls = 0 }: Cost): Cost {
  if (costUsd === undefined) return {};
  return {
    costUsd: subtractUsd(costUsd, before.costUsd ?? 0),
    pricedCalls: pricedCalls - (before.pricedCalls ?? 0),
  };
}
