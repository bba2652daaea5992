/** Effects: tells the world outside what is now on disk: events to the listener, answers to whoever waits for the commit. */
import type { Committed } from "./4-commit.ts";
import type { Run } from "./run.ts";

export function effects(run: Run, { events }: Committed): void {
  const answered = run.committed;
  run.committed = [];
  for (const answer of answered) answer();
  for (const event of events) run.services.onEvent(event);
}
