/**
 * Reconcile: compares the frame with the one before and decides what starts. Output: the step to be committed, as data.
 * Nothing is written and nothing is started here.
 */
import type { Json, NodeBase } from "../../plan/types.ts";
import type { Leave, TaskRequest } from "../executors/executor.ts";
import { showAddress } from "../store/rules.ts";
import type { FrameRecord } from "../store/store.ts";
import type { Snapshot } from "./1-snapshot.ts";
import { announce, announceStages, announceUnstarted } from "./announce.ts";
import { withCache } from "./caching.ts";
import { endOf } from "./completion.ts";
import { Leaf, WAITING_KINDS } from "./leaf.ts";
import { progressOf } from "./loop.ts";
import { isAsked } from "./people.ts";
import { takesPlace } from "./ready.ts";
import { isRecalled } from "./recall.ts";
import { addressData, type End, type InFlight, type Run, type Start } from "./run.ts";
import { snapshotCtx } from "./snapshot.ts";
import { isStarted, type TaskEntry } from "./states.ts";
import { isRescued } from "./stepper.ts";
import { digestOf } from "./storm.ts";
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
  for (const { request } of run.inFlight.values()) if (takesPlace(request.kind)) busy++;
  const begin = (entry: TaskEntry, request: TaskRequest, leaf: Leaf | undefined): void => {
    if (takesPlace(request.kind)) busy++;
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
    (may === "all" || (may === "rescued" && isRescued(leaf))) &&
    (leaf.kind !== "agent" || world.budgets.hasRoom(leaf, isUnderWay));
  const next = (): Leaf | undefined => world.takeReady(busy < services.maxConcurrency, room);
  for (let leaf = next(); leaf; leaf = next()) {
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
