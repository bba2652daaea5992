/** The events of a frame: what became of the addresses that changed in it. */
import type { Json } from "../../plan/types.ts";
import { asked, isAsked } from "./people.ts";
import { addressData, type Run } from "./run.ts";
import type { Stored, TaskEntry } from "./states.ts";
import { isStepperKind } from "./stepper.ts";
import { compareUnits } from "./unit.ts";

/** Its turn has come; it may have paused the run in the same frame. */
const hasStopped = ({ reason }: TaskEntry): boolean =>
  typeof reason === "object" && reason !== null && "stops" in reason;

const isStage = ({ kind }: TaskEntry): boolean => kind === "phase" || kind === "step";

/** What became of an address in this frame. */
export function announce(run: Run, entry: TaskEntry, before: Stored | null): void {
  if (entry.kind === "try" || entry.kind === "saga") announcePhase(run, entry, before);
  if (entry.state === before?.state) return;
  if (entry.kind === "stop" && before?.state === "waiting") return;
  if (isStepperKind(entry.kind)) return;
  const who = addressData(entry.address);
  if (entry.kind === "stop" && hasStopped(entry)) {
    const { stops } = entry.reason as { readonly stops: string };
    run.event("stop.reached", { ...who, reason: stops });
  }
  if (entry.kind === "end" && entry.state === "finished")
    run.event("end.reached", { ...who, ...(entry.reason as { readonly [key: string]: Json }) });
  if (entry.state === "skipped") run.event("task.skipped", who);
  if (entry.state === "waiting" && entry.kind === "timer")
    run.event("timer.set", { ...who, ...(entry.reason as { readonly [key: string]: Json }) });
  if (entry.state === "waiting" && entry.kind === "wait")
    run.event("signal.awaited", { ...who, ...(entry.reason as { readonly [key: string]: Json }) });
  if (isAsked(entry)) {
    const isAnswer = asked(entry).asks === "answer";
    run.event("task.waiting", { ...who, for: isAnswer ? "answer" : "approval" });
    const data = { ...who, ...(entry.reason as { readonly [key: string]: Json }) };
    run.event(isAnswer ? "human.asked" : "approval.requested", data);
  }
}

/** Of phases and steps first what ended, the inner ones first, then what began, the outer ones first. */
export function announceStages(run: Run): void {
  const changed = [...run.world.states.touched].filter((entry) => {
    if (!isStage(entry)) return false;
    // What began and is gone is not gone through with.
    if (entry.leaves.length === 0 && entry.state === "running") entry.state = "cancelled";
    return entry.state !== entry.stored?.state;
  });
  if (changed.length === 0) return;
  const places = changed.map((entry) => {
    const [unit] = entry.leaves;
    const began = entry.state === "running";
    return { entry, unit, began, depth: unit && !began ? -unit.depth : 0 };
  });
  places.sort(
    (a, b) =>
      Number(a.began) - Number(b.began) ||
      a.depth - b.depth ||
      (a.unit && b.unit ? compareUnits(a.unit, b.unit) : 0),
  );
  for (const { entry } of places) announceStage(run, entry, entry.stored);
}

/** A phase or a step began or ended, or both in one frame. */
function announceStage(
  run: Run,
  { address, kind, node, reason, state }: TaskEntry,
  before: Stored | null,
): void {
  const data = { ...addressData(address), node, ...(reason as { readonly [key: string]: Json } | null) };
  if (state === "finished" && before?.state !== "running") run.event(`${kind}.started`, data);
  if (state === "running") run.event(`${kind}.started`, data);
  else if (state === "finished" || state === "skipped" || state === "cancelled")
    run.event(`${kind}.${state}`, data);
}

/** A try or a saga went over to another part, or came to its end. */
function announcePhase(run: Run, entry: TaskEntry, before: Stored | null): void {
  const { phase, failure, error } = (entry.reason ?? {}) as { readonly [part: string]: Json };
  const known = before && (JSON.parse(before.reason) as { readonly phase?: string } | null);
  if (phase === undefined || phase === (known?.phase ?? (entry.kind === "try" ? "try" : "acting"))) return;
  const cause = failure ?? error;
  run.event(`${entry.kind}.${String(phase)}`, { ...addressData(entry.address), ...(cause && { cause }) });
}

/** What failed before it could start. */
export function announceUnstarted(run: Run, { address, reason, kind }: TaskEntry): void {
  const { code, message, continued, caught, branch } = reason as { readonly [key: string]: Json };
  const what = kind === "try" || kind === "saga" || kind === "parallel" ? kind : "task";
  run.event(`${what}.failed`, {
    ...addressData(address),
    code: code as Json,
    message: message as Json,
    ...(continued && { continued }),
    ...(caught && { caught }),
    ...(branch && { branch }),
  });
}
