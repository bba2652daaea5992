/**
 * Reconcile: compares the frame with the one before and decides what starts. Output: the step to be committed, as data.
 * Nothing is written and nothing is started here.
 */
import type { Json, NodeBase } from "../../plan/types.ts";
import type { Leave, TaskRequest } from "../executors/executor.ts";
import { showAddress } from "../store/rules.ts";
import type { FrameRecord } from "../store/store.ts";
import type { Snapshot } from "./1-snapshot.ts";
import { blockedReasons } from "./blocked.ts";
import { withCache } from "./caching.ts";
import { isLeft as isChildLeft } from "./children.ts";
import type { Continuing } from "./continuing.ts";
import { waitingOf } from "./deliver.ts";
import { Leaf, WAITING_KINDS } from "./leaf.ts";
import { progressOf } from "./loop.ts";
import { asked, isAsked, questionKey } from "./people.ts";
import { isRecalled } from "./recall.ts";
import { addressData, type End, type InFlight, type Run, type Start } from "./run.ts";
import { snapshotCtx } from "./snapshot.ts";
import { isStarted, type Stored, type TaskEntry } from "./states.ts";
import { isRescued, isStepperKind } from "./stepper.ts";
import { digestOf } from "./storm.ts";
import { untilOf } from "./timers.ts";
import { compareUnits } from "./unit.ts";
import { STATE_WRITE } from "./world.ts";
import { taskWrite } from "./writes.ts";

export interface Step {
  readonly frame: FrameRecord | null;
  readonly starts: readonly Start[];
  /** Attempts whose node is gone and that must not go on. */
  readonly cancels: readonly InFlight[];
  /** When the process has nothing left to do. */
  readonly end: End | null;
  /** Nothing but attempts that wait for people is under way: how they are to be left. */
  readonly leaves: Leave | null;
}

export function reconcile(run: Run, { now, cause }: Snapshot): Step {
  watchStorm(run, now, cause);
  // Before what starts in them.
  announceStages(run);
  const starts = chooseStarts(run, whatMayStart(run));
  const paused = pauses(run, starts.length) ? pause(run) : null;
  const { delta, cancels } = changes(run);
  const frame: FrameRecord | null =
    delta === null
      ? null
      : {
          frame: run.frame + 1,
          now,
          cause,
          planDigest: run.record.planDigest,
          delta,
        };
  if (frame) {
    run.frame = frame.frame;
    // What changed stands in the frame's own record.
    run.event("frame", { frame: frame.frame, cause });
  }
  return { frame, starts, cancels, ...endOf(run, starts.length, paused) };
}

/** Of a cancelled run, what is done in every outcome. */
function whatMayStart({ aborted, stalled, stopped, world }: Run): "all" | "rescued" | "none" {
  if (aborted || stalled !== null || world.fatal || stopped?.stop === "pause") return "none";
  if (world.cancelled !== null) return "rescued";
  if (world.continuing) return "none";
  if (world.ended && !world.failed && !stopped) return "rescued";
  if (world.stops.size > 0) return "none";
  return world.failed || stopped ? "none" : "all";
}

/** Whether the run has come to where an author's stop pauses it. One that ends otherwise has stopped there too. */
function pauses({ aborted, dueEffects, inFlight, stalled, stopped, world }: Run, starting: number): boolean {
  if (world.stops.size === 0 || world.cancelled !== null || world.ended) return false;
  if (aborted || stalled !== null || world.fatal || stopped?.stop === "cancel") return false;
  return inFlight.size + starting + dueEffects.length === 0;
}

/** The author's reasons; a resume goes on after what gave them. */
function pause({ world }: Run): string {
  return [...world.stops]
    .map((entry) => {
      const { stops } = entry.reason as { readonly stops: string };
      world.setState(entry, "finished", entry.reason, true);
      return stops;
    })
    .join("; ");
}

/** SEMANTICS 15: a run that goes round by itself is held. */
function watchStorm(run: Run, now: number, cause: Snapshot["cause"]): void {
  if (cause !== "state") run.storm.outside();
  else run.stalled ??= run.storm.inner(now, digestOf(run.record.planDigest, run.world.state));
  if (run.stalled !== null) run.dueEffects = [];
}

function chooseStarts(run: Run, may: ReturnType<typeof whatMayStart>): readonly Start[] {
  const { world, services } = run;
  // A child run is taken up to be cancelled with this one, or with what has ended around its node.
  const isCancelling = run.stopped?.stop === "cancel" && !run.aborted;
  const isHeld = (entry: TaskEntry): boolean =>
    entry.kind === "subflow" && (isCancelling || (may !== "none" && isRecalled(entry)));
  if (may === "none" && !isCancelling) return [];
  const starts: Start[] = [];
  let busy = 0;
  for (const { request } of run.inFlight.values()) if (counts(request)) busy++;
  const begin = (entry: TaskEntry, request: TaskRequest, leaf: Leaf | undefined): void => {
    if (counts(request)) busy++;
    const attempt = entry.attempts;
    const timeoutMs = limitOf(leaf, "timeoutMs");
    const heartbeatTimeoutMs = limitOf(leaf, "heartbeatTimeoutMs");
    starts.push({ entry, attempt, request, timeoutMs, heartbeatTimeoutMs });
    run.event("task.started", { ...addressData(entry.address), node: entry.node, kind: entry.kind, attempt });
  };
  for (const entry of run.due) {
    if (may === "none" && !isHeld(entry)) continue;
    run.due.delete(entry);
    if (!entry.request || entry.state !== "waiting") continue;
    const leaf = entry.leaves.find((mounted) => mounted instanceof Leaf);
    if (leaf && may === "rescued" && !isRescued(leaf) && !isHeld(entry)) continue;
    if (leaf || isHeld(entry)) {
      world.start(entry, entry.request, entry.table);
      begin(entry, entry.request, leaf);
      // A node that is gone is not tried again; mounted once more, it starts anew.
    } else world.setState(entry, "unmounted", null, false);
  }
  const isUnderWay = (key: string): boolean =>
    run.inFlight.has(key) || starts.some(({ entry }) => entry.key === key);
  const room = (leaf: Leaf): boolean =>
    (leaf.kind === "static" || leaf.kind === "subflow" || busy < services.maxConcurrency) &&
    (may === "all" || (may === "rescued" && isRescued(leaf))) &&
    (leaf.kind !== "agent" || world.budgets.hasRoom(leaf, isUnderWay));
  for (let leaf = world.takeReady(room); leaf; leaf = world.takeReady(room)) {
    const gate = leaf.opened(leaf.gate().pull());
    if (!leaf.entry || gate?.kind !== "start") continue;
    const request = withCache(
      leaf,
      gate.request.kind === "compute" ? { ...gate.request, ctx: snapshotCtx(leaf) } : gate.request,
      gate.cache,
    );
    world.budgets.reserve(leaf, leaf.entry.key, request);
    world.start(leaf.entry, request, gate.table);
    begin(leaf.entry, request, leaf);
  }
  return starts;
}

/** What is done here at once, or in a run of its own, takes no place. */
const counts = ({ kind }: TaskRequest): boolean => kind !== "static" && kind !== "subflow";

/** A bound in milliseconds; null where the node has none. */
function limitOf(leaf: Leaf | undefined, field: "timeoutMs" | "heartbeatTimeoutMs"): number | null {
  if (leaf?.node[field] === undefined) return null;
  const limit = leaf.policy(field, Number.NaN);
  return Number.isNaN(limit) ? null : limit;
}

interface Changes {
  /** null when the frame is the same as the one before. */
  readonly delta: Json;
  readonly cancels: readonly InFlight[];
}

function changes(run: Run): Changes {
  const { states } = run.world;
  const mounted: Json[] = [];
  const unmounted: Json[] = [];
  const changed: { [address: string]: Json } = {};
  const cancels: InFlight[] = [];
  const frame = run.frame + 1;
  // Of a frame that is refused only what led to it is kept (SEMANTICS 2).
  const refused = run.world.fatal?.code === STATE_WRITE;
  for (const entry of states.touched) {
    const before = entry.stored;
    if (refused && !isStarted(entry.state)) continue;
    const isMounted = entry.leaves.length > 0;
    if (!isMounted && forgettable(entry)) {
      states.entries.delete(entry.key);
      if (!before) continue;
      entry.state = "unmounted";
    }
    const reason = JSON.stringify(entry.reason);
    const { state } = entry;
    if (before && before.mounted === isMounted && before.state === state && before.reason === reason)
      continue;
    entry.stored = { mounted: isMounted, state, reason };
    const name = showAddress(entry.address);
    if (isMounted && !before?.mounted) mounted.push(name);
    if (!isMounted && before?.mounted) {
      unmounted.push(name);
      const flight = run.inFlight.get(entry.key);
      if (flight && left(run, entry)) cancels.push(flight);
    }
    if (before?.state !== state && state !== "unmounted" && !(state === "pending" && !before))
      changed[name] = state;
    announce(run, entry, before);
    run.writes.push(taskWrite(entry, frame));
  }
  states.touched.clear();
  for (const entry of run.world.aborts.keys()) {
    const flight = run.inFlight.get(entry.key);
    if (flight) cancels.push(flight);
  }
  run.world.aborts.clear();
  for (const entry of run.world.unstarted) announceUnstarted(run, entry);
  run.world.unstarted.clear();
  const delta: { [part: string]: Json } = {};
  if (mounted.length > 0) delta.mounted = mounted;
  if (unmounted.length > 0) delta.unmounted = unmounted;
  if (Object.keys(changed).length > 0) delta.changed = changed;
  for (const store of ["state", "vol"] as const) {
    const of = run.changed[store];
    if (of.size > 0) delta[store] = Object.fromEntries(of);
    of.clear();
  }
  if (run.effectsRun.length > 0) delta.effects = run.effectsRun.splice(0);
  if (refused) return { delta: null, cancels };
  return { delta: Object.keys(delta).length > 0 ? delta : null, cancels };
}

/** Its turn has come; it may have paused the run in the same frame. */
const hasStopped = ({ reason }: TaskEntry): boolean =>
  typeof reason === "object" && reason !== null && "stops" in reason;

const isStage = ({ kind }: TaskEntry): boolean => kind === "phase" || kind === "step";

/** Nothing happened at the address that must outlive its node. */
function forgettable(entry: TaskEntry): boolean {
  if (entry.kind === "loop") return progressOf(entry).phase === "before";
  if (!isStarted(entry.state)) return true;
  return isAsked(entry) || (WAITING_KINDS.has(entry.kind) && entry.state === "waiting");
}

/** A node was unmounted while it ran (SEMANTICS 25); returns whether to cancel it. */
function left(run: Run, entry: TaskEntry): boolean {
  const node = run.plan.nodes[entry.node] as (NodeBase & { readonly onUnmount?: string }) | undefined;
  const onUnmount = node?.onUnmount === "cancel" ? "cancel" : "finish";
  run.event("task.unmounted", {
    ...addressData(entry.address),
    warning: "unmounted while it ran",
    onUnmount,
  });
  return onUnmount === "cancel";
}

function announce(run: Run, entry: TaskEntry, before: Stored | null): void {
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
function announceStages(run: Run): void {
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

function announceUnstarted(run: Run, { address, reason, kind }: TaskEntry): void {
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

/** SEMANTICS 13: finished, waiting on people, failed with every blocked node and cell named, or not at its end yet. */
function endOf(run: Run, starting: number, paused: string | null): Pick<Step, "end" | "leaves"> {
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
  if (world.failed) {
    const { code, message } = world.failed.reason as { readonly code: string; readonly message: string };
    return { status: "failed", reason: `${showAddress(world.failed.address)} failed: ${code}: ${message}` };
  }
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
  const children = [...world.states.entries.values()].filter(isChildLeft);
  const idle = [...run.inFlight.values()].map(({ entry }) => entry);
  if (world.asked.size + world.listening.size + children.length + idle.length > 0) {
    // What was said in people's place and did not do is theirs to say again.
    const decided = [...world.asked].some(
      ({ entry }) =>
        entry &&
        run.deciding.get(questionKey(entry)) !== "said" &&
        run.services.decider(entry.address, entry.kind, asked(entry).tool),
    );
    if (decided) return null;
    const nameOf = ({ entry, plan }: Leaf): string => (entry ? showAddress(entry.address) : plan.key);
    const isAnswer = ({ entry }: Leaf): boolean => entry !== null && asked(entry).asks === "answer";
    const decisions = [...world.asked].filter((leaf) => !isAnswer(leaf)).map(nameOf);
    const answers = [...world.asked].filter(isAnswer).map(nameOf);
    const signals = [...world.listening].map((leaf) => {
      const event = leaf.entry ? waitingOf(leaf.entry).event : "";
      return event === nameOf(leaf) ? event : `${event} (${nameOf(leaf)})`;
    });
    const reasons = [
      ...(decisions.length > 0 ? [`a decision on ${decisions.join(", ")}`] : []),
      ...(answers.length > 0 ? [`an answer on ${answers.join(", ")}`] : []),
      ...(signals.length > 0 ? [`the signal ${signals.join(", ")}`] : []),
      ...[...children, ...idle].map((entry) => `the run of ${showAddress(entry.address)}`),
    ];
    return { status: "waiting", reason: `waits for ${reasons.join(" and ")}` };
  }
  return { status: "failed", reason: `nothing can move: ${blockedReasons(world).join("; ")}` };
}
