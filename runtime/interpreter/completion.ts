/** How a process leaves a run, once nothing in it moves any more (SEMANTICS 13, 26, 38). */
import type { Json } from "../../plan/types.ts";
import { showAddress } from "../store/rules.ts";
import type { Step } from "./3-reconcile.ts";
import { blockedReasons, failedReasons } from "./blocked.ts";
import { isLeft as isChildLeft } from "./children.ts";
import type { Continuing } from "./continuing.ts";
import { waitingOf } from "./deliver.ts";
import type { Leaf } from "./leaf.ts";
import { asked, questionKey } from "./people.ts";
import type { End, Run } from "./run.ts";
import type { TaskEntry } from "./states.ts";
import { isRescued } from "./stepper.ts";
import { untilOf } from "./timers.ts";

/** SEMANTICS 13: finished, waiting on people, failed with every blocked node and cell named, or not at its end yet. */
export function endOf(run: Run, starting: number, paused: string | null): Pick<Step, "end" | "leaves"> {
  const flights = [...run.inFlight.values()];
  const isMoving = flights.some(({ idle }) => !idle) || starting + run.dueEffects.length > 0;
  const end = isMoving ? null : endOfSettled(run, paused);
  const waits = end?.status === "waiting";
  run.services.onIdle?.(waits);
  // Of a child run that was left, paused by its own author say, this process does not hear any more.
  const hears = run.world.asked.size + run.world.listening.size + flights.length > 0;
  if (end === null || (waits && hears && run.services.wait())) return { end: null, leaves: null };
  // What waits for people has to be left before the run can end.
  if (flights.length === 0) return { end, leaves: null };
  // Nobody would take them up again in a run that is over.
  return { end: null, leaves: end.status === "finished" ? "cancel" : "wait" };
}

/** How the run ends, where no attempt is under way that could move it. */
function endOfSettled(run: Run, paused: string | null): End | null {
  const { world, services } = run;
  const { root } = world;
  if (world.cancelled !== null) return endOfCancelled(run, world.cancelled);
  const isOver = world.ended !== null && root.unwinding === 0;
  if (run.stopped && !world.finished && !isOver) {
    const { stop, by, reason } = run.stopped;
    const status = stop === "cancel" ? "cancelled" : "paused";
    const next = reason === undefined ? "it can be resumed" : "it can be resumed with a higher limit";
    return { status, reason: `${reason ?? `${status} by ${by}`}; ${next}` };
  }
  if (run.stalled !== null) return { status: "stalled", reason: `loop_detected: ${run.stalled}` };
  if (run.aborted) return { status: "cancelled", reason: "interrupted; it can be resumed" };
  if (world.fatal) return { status: "failed", reason: `${world.fatal.node}: ${world.fatal.message}` };
  if (world.continuing && paused === null) return endOfContinuing(run, world.continuing);
  if (world.failed) return { status: "failed", reason: failedReasons(world, world.failed).join("; ") };
  if (world.ended && isOver) return endedBy(world.ended);
  if (paused !== null) return { status: "paused", reason: paused };
  // A retry may have become due since this frame was cut: its news waits, and is neither a timer nor due yet.
  if (run.timers.size > 0 || run.due.size > 0 || run.hasNews) return null;
  // What waits for people no longer than until a time expires at the next resume as well: only timers need a process.
  const now = services.clock.now();
  const isDue = ({ kind, entry }: Leaf): boolean =>
    kind === "timer" || (entry !== null && untilOf(entry) <= now);
  // Of a run that has ended only what is done in every outcome is waited for.
  const counts = (leaf: Leaf): boolean => world.ended === null || isRescued(leaf);
  if ([...world.timed].some((leaf) => counts(leaf) && isDue(leaf))) return null;
  if (world.finished) return { status: "finished", reason: null };
  const held = [
    ...[...world.letGo].filter(isChildLeft),
    ...[...run.inFlight.values()].map(({ entry }) => entry),
  ];
  if (world.asked.size + world.listening.size + held.length > 0)
    return isDecidedFor(run)
      ? null
      : { status: "waiting", reason: `waits for ${waitsOf(run, held).join(" and ")}` };
  return { status: "failed", reason: `nothing can move: ${blockedReasons(world).join("; ")}` };
}

/** Whether a script still says something in people's place. What it said and did not do is theirs to say again. */
function isDecidedFor({ deciding, services, world }: Run): boolean {
  return [...world.asked].some(
    ({ entry }) =>
      entry !== null &&
      deciding.get(questionKey(entry)) !== "said" &&
      services.decider(entry.address, entry.kind, asked(entry).tool) !== undefined,
  );
}

/** What only people or other programs can move. `held`: nodes whose child runs wait for them. */
function waitsOf({ world }: Run, held: readonly TaskEntry[]): readonly string[] {
  const nameOf = ({ entry, plan }: Leaf): string => (entry ? showAddress(entry.address) : plan.key);
  const isAnswer = ({ entry }: Leaf): boolean => entry !== null && asked(entry).asks === "answer";
  const decisions = [...world.asked].filter((leaf) => !isAnswer(leaf)).map(nameOf);
  const answers = [...world.asked].filter(isAnswer).map(nameOf);
  const signals = [...world.listening].map((leaf) => {
    const event = leaf.entry ? waitingOf(leaf.entry).event : "";
    return event === nameOf(leaf) ? event : `${event} (${nameOf(leaf)})`;
  });
  return [
    ...(decisions.length > 0 ? [`a decision on ${decisions.join(", ")}`] : []),
    ...(answers.length > 0 ? [`an answer on ${answers.join(", ")}`] : []),
    ...(signals.length > 0 ? [`the signal ${signals.join(", ")}`] : []),
    ...held.map(({ address }) => `the run of ${showAddress(address)}`),
  ];
}

/** A cancelled run ends when what is done in every outcome has been done, or when nothing of it can move without people. */
function endOfCancelled(run: Run, message: string): End | null {
  const { root, states, timed } = run.world;
  if (root.unwinding > 0) {
    const retries = [...run.timers.keys()].flatMap((key) => states.entries.get(key) ?? []);
    const waiting = [...retries, ...run.due].flatMap(({ leaves }) => leaves);
    if (waiting.some(isRescued) || [...timed].some((leaf) => leaf.kind === "timer" && isRescued(leaf)))
      return null;
    const reasons = blockedReasons(run.world).join("; ");
    return {
      status: "cancelled",
      reason: `${message}; what is done in every outcome is not done: ${reasons}`,
    };
  }
  const failed = [...states.entries.values()].filter(isUndone).map(({ address }) => showAddress(address));
  const what = failed.length === 0 ? "" : `, but ${failed.join(", ")} failed`;
  return { status: "cancelled", reason: `${message}; what is done in every outcome has been done${what}` };
}

/** It would have been done in every outcome, and failed after the run was cancelled. */
const isUndone = ({ reason, state }: TaskEntry): boolean =>
  state === "failed" && (reason as { readonly undone?: Json } | null)?.undone === true;

function endOfContinuing({ world, services }: Run, continuing: Continuing): End {
  // A chain of runs that do nothing would have no end.
  const isDone = ({ state, kind }: TaskEntry): boolean =>
    (state === "finished" || state === "failed") && kind !== "continue-as-new";
  if (continuing.reason === "explicit" && ![...world.states.entries.values()].some(isDone)) {
    const reason = `${showAddress(continuing)} goes on as a new run before anything was done in this one`;
    return { status: "failed", reason };
  }
  const next = services.nextRunId();
  return { status: "finished", reason: `continued as ${next}`, continued: { ...continuing, next } };
}

/** What the author's own end says; it is so at every later resume. */
function endedBy({ address, reason }: TaskEntry): End {
  const { status, summary } = reason as { readonly status: "finished" | "failed"; readonly summary: Json };
  if (status === "finished") return { status, reason: null };
  const said = typeof summary === "string" ? `: ${summary}` : "";
  return { status, reason: `${showAddress(address)} ended the run as failed${said}` };
}
