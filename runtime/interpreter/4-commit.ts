/**
 * Commit: one atomic, durable step (DESIGN §6 "One commit a step"): the results, the frame's delta, the starts of the
 * attempts that follow from it, the events. Nothing starts and nobody is told before this is on disk.
 */
import type { Leave } from "../executors/executor.ts";
import type { EventRecord } from "../store/store.ts";
import type { Step } from "./3-reconcile.ts";
import { RUN_CONTINUED } from "./continuing.ts";
import { isRecalled } from "./recall.ts";
import { type End, fileRead, type InFlight, type Run } from "./run.ts";
import type { TaskEntry } from "./states.ts";
import { attemptWrite } from "./writes.ts";

export interface Committed {
  readonly events: readonly EventRecord[];
  readonly flights: readonly InFlight[];
}

export async function commit(run: Run, step: Step, now: number): Promise<Committed> {
  const flights = step.starts.map(({ entry, attempt, request }): InFlight => {
    const reserved = run.services.executors.get(request.kind)?.reserve?.(run.record.cwd) ?? null;
    return {
      entry,
      attempt,
      request,
      startedAt: now,
      controller: new AbortController(),
      reserved,
      process: reserved?.process ?? null,
      leave: leaveOf(entry),
      idle: false,
    };
  });
  // What the frame has read of the disk is on it before anything that follows from it.
  for (const record of run.world.files.takeFresh()) fileRead(run, record);
  // The last of a process's events: whoever looks for it looks there (../continuation.ts).
  if (step.end) announceEnd(run, step.end);
  const { writes, events } = run.takeWrites();
  if (step.frame) writes.push({ type: "frame", ...step.frame });
  for (const flight of flights) writes.push(attemptWrite(run, flight, { state: "running" }));
  const status = step.end?.status ?? "running";
  const reason = step.end?.reason ?? null;
  if (status !== run.record.status || reason !== run.record.reason) {
    run.record = { ...run.record, status, reason, updatedAt: now };
    writes.push({ type: "run", ...run.record });
  }
  if (writes.length > 0) await run.services.store.commit({ expectEpoch: run.services.store.epoch, writes });
  return { events, flights };
}

/** A child run that is taken up where what is around its node has ended is taken up to be cancelled. */
function leaveOf(entry: TaskEntry): AbortController {
  const leave = new AbortController();
  if (isRecalled(entry)) leave.abort("cancel" satisfies Leave);
  return leave;
}

function announceEnd(run: Run, { status, reason, continued }: End): void {
  const { runId } = run.record;
  if (continued) run.event(RUN_CONTINUED, { runId, ...continued });
  else run.event(`run.${status}`, { runId, status, reason });
}
