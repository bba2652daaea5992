/** Effects: tells the world outside what is now on disk: events to the listener, answers to whoever waits for the commit. */
import type { Committed } from "./4-commit.ts";
import type { Run } from "./run.ts";

export function effects(run: Run, { events }: Committed): void {
  const answered = run.committed;
  run.committed = [];
  for (const answer of answered) answer();
  for (const event of events) run.services.onEvent(event);
  askDecider(run);
}

/** Approvals that a script decides: asked once each. */
function askDecider(run: Run): void {
  const { clock, decider } = run.services;
  for (const { entry } of run.world.asked) {
    if (!entry || run.deciding.has(entry.key)) continue;
    const answer = decider(entry.address);
    if (!answer) continue;
    const { approved, note, latencyMs = 0 } = answer;
    const at = clock.now() + latencyMs;
    const decision = { ...entry.address, approved, note, decidedBy: "script" };
    const cancel = clock.at(at, () =>
      run.push({ kind: "decision", decision: { ...decision, decidedAt: clock.now() }, done: () => {} }),
    );
    run.deciding.set(entry.key, cancel);
  }
}
