/** What a run has used up over all the runs that took its place. */
import { continuationOf } from "./continuation.ts";
import type { Store } from "./store/store.ts";
import { type RunTotals, totalsOf } from "./totals.ts";

/** What providers counted. */
export type Spent = Pick<RunTotals, "tokens" | "calls">;

/**
 * Tokens and calls of a run and of those that took its place; null where it has not begun.
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

function plus(a: Spent | null, { tokens, calls }: Spent): Spent {
  if (!a) return { tokens, calls };
  const { input, output, cacheRead, cacheWrite } = a.tokens;
  return {
    tokens: {
      input: input + tokens.input,
      output: output + tokens.output,
      cacheRead: cacheRead + tokens.cacheRead,
      cacheWrite: cacheWrite + tokens.cacheWrite,
    },
    calls: a.calls + calls,
  };
}
