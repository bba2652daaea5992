/** The frame loop: seven phases, over and over, until the run ends or has nothing to do but wait for people. */
import { snapshot } from "./1-snapshot.ts";
import { evaluate } from "./2-evaluate.ts";
import { reconcile } from "./3-reconcile.ts";
import { commit } from "./4-commit.ts";
import { execute } from "./5-execute.ts";
import { effects } from "./6-effects.ts";
import { flush } from "./7-flush.ts";
import type { End, Run } from "./run.ts";

/** @throws StoreError when the run was taken over or can't be written; nothing is acknowledged then. */
export async function runFrames(run: Run): Promise<End> {
  for (;;) {
    const news = await snapshot(run);
    evaluate(run, news);
    const step = reconcile(run, news);
    const committed = await commit(run, step, news.now);
    execute(run, step, committed);
    effects(run, committed);
    const end = flush(run, step);
    if (end) return end;
  }
}
