/**
 * Effects: tells the world outside what is now on disk: events to the listener, answers to whoever waits for the commit;
 * and runs the effects of the frame, whose writes the flush after them applies.
 */
import type { Committed } from "./4-commit.ts";
import { runEffects } from "./handlers.ts";
import { asked, questionKey } from "./people.ts";
import type { Run } from "./run.ts";

export function effects(run: Run, { events }: Committed): void {
  const answered = run.committed;
  run.committed = [];
  for (const answer of answered) answer();
  for (const event of events) run.services.onEvent(event);
  askDecider(run);
  if (runEffects(run)) run.push({ kind: "flush" });
}

/** What a script says in people's place: asked once for each question. */
function askDecider(run: Run): void {
  const { clock, decider } = run.services;
  for (const { entry } of run.world.asked) {
    if (!entry || run.deciding.has(questionKey(entry))) continue;
    const { tool, call } = asked(entry);
    const said = decider(entry.address, entry.kind, tool);
    if (!said) continue;
    const { address } = entry;
    const key = questionKey(entry);
    const by = "script";
    const done = (): void => {};
    const cancel = clock.after(said.latencyMs ?? 0, () => {
      const at = clock.now();
      run.deciding.set(key, "said");
      if ("answer" in said)
        run.push({ kind: "answer", request: { ...address, answer: said.answer, by, at }, done });
      else {
        const { approved, note } = said;
        run.push({
          kind: "decision",
          decision: {
            ...address,
            approved,
            note,
            decidedBy: by,
            decidedAt: at,
            ...(call !== undefined && { call }),
          },
          done,
        });
      }
    });
    run.deciding.set(key, cancel);
  }
}
