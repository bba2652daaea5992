/**
 * Handlers and effects: functions of Core that queue writes to `ctx.state` and `ctx.vol` (SEMANTICS 1–9, 14, 49), and the
 * flush that applies them. A handler is evaluated on the facts as they are when its cause is applied, and sees the state of
 * the frame before; what it queues is applied before the next frame is evaluated, in the same commit.
 */
import { callFunction } from "../../plan/core/index.ts";
import type { Value } from "../../plan/core/values.ts";
import type { HandlerField } from "../../plan/fields.ts";
import type { CoreText, Json } from "../../plan/types.ts";
import { AGENT_TURN } from "../agents/session.ts";
import type { ComputeWrite, TaskError } from "../executors/executor.ts";
import { showAddress } from "../store/rules.ts";
import type { Address } from "../store/store.ts";
import type { Cell } from "../values/cell.ts";
import type { Scope } from "../values/scope.ts";
import { HandlerCell, type StateWrite } from "../values/state.ts";
import type { Due, DueEffect, LastRun } from "./effects.ts";
import { Leaf } from "./leaf.ts";
import { addressData, type Run } from "./run.ts";
import type { TaskEntry } from "./states.ts";
import { compareUnits, type Unit } from "./unit.ts";

/** What one handler wrote. */
export interface Batch {
  /** The frame that caused it: an effect's own, for a result the one to come. */
  readonly frame: number;
  /** Where the handler stands; null where its node is gone, which comes before all others of its frame. */
  readonly unit: Unit | null;
  readonly address: Address;
  /** Key of the plan node. */
  readonly node: string;
  readonly trigger: HandlerField | "compute";
  readonly writes: readonly StateWrite[];
}

/** What handlers need of a run; a preview has it too. */
export type HandlerRun = Pick<
  Run,
  | "aborted"
  | "batches"
  | "changed"
  | "dueEffects"
  | "effectsRun"
  | "event"
  | "frame"
  | "lastTransition"
  | "plan"
  | "stalled"
  | "stopped"
  | "world"
  | "writes"
>;

/** Types of events that are no progress to speak of: what a process prints line by line, conversations in a provider's form. */
const NO_PROGRESS: ReadonlySet<string> = new Set(["task.stdout", "task.stderr", AGENT_TURN]);

export const isProgress = (type: string): boolean => !NO_PROGRESS.has(type);

/** A node has its row, or has ended without one. A node that is gone fires nothing (SEMANTICS 25). */
export function finished(run: HandlerRun, entry: TaskEntry, row: Json | undefined): void {
  fire(run, entry, "onFinished", row);
}

/** A node has failed for good. */
export function failed(
  run: HandlerRun,
  entry: TaskEntry,
  { code, message }: Pick<TaskError, "code" | "message">,
): void {
  fire(run, entry, "onError", { code, message });
}

/** An attempt said something while it ran. */
export function progressed(run: HandlerRun, entry: TaskEntry, progress: Json): void {
  fire(run, entry, "onProgress", progress);
}

/** What a task's own function wrote; it counts only with its result (SEMANTICS 49). */
export function computed(
  run: HandlerRun,
  entry: TaskEntry,
  writes: readonly ComputeWrite[] | undefined,
): void {
  const leaf = leafOf(entry);
  if (!leaf || !writes || writes.length === 0) return;
  const { address, node } = entry;
  run.batches.push({ frame: run.frame + 1, unit: leaf, address, node, trigger: "compute", writes });
}

const leafOf = ({ leaves }: TaskEntry): Leaf | undefined =>
  leaves.find((mounted): mounted is Leaf => mounted instanceof Leaf);

function fire(run: HandlerRun, entry: TaskEntry, trigger: HandlerField, argument: Value): void {
  const leaf = leafOf(entry);
  const text = leaf && (leaf.node as unknown as { readonly [field: string]: unknown })[trigger];
  if (!leaf || text === undefined) return;
  const { address, node } = entry;
  const about = { frame: run.frame + 1, unit: leaf, address, node, trigger };
  queue(run, about, leaf.scope, text as CoreText, argument);
}

/** Evaluates a handler; what it queued waits for the flush. Nothing of it does when it fails. */
function queue(
  run: HandlerRun,
  about: Omit<Batch, "writes">,
  scope: Scope,
  text: CoreText,
  argument: Value,
): void {
  const label = `nodes.${about.node}.${about.trigger}`;
  const writes: StateWrite[] = [];
  const call = (reader: Cell): undefined => {
    const handler = scope.evaluate(text, reader);
    // Which handler it is may depend on the run, and so may whether there is one.
    if (handler) callFunction(handler, [argument, scope.name("ctx", reader)], { reader });
  };
  const cell = new HandlerCell(run.world.graph, label, call, writes);
  const outcome = cell.pull();
  cell.dispose();
  if (outcome.kind === "value") run.batches.push({ ...about, writes });
  else if (outcome.kind === "pending")
    dropped(run, about, "PENDING", `it reads ${outcome.cell}, which is not there`);
  else dropped(run, about, outcome.error.code, outcome.error.message);
}

/** The failure event of a handler (SEMANTICS 8). */
function dropped(
  run: HandlerRun,
  { address, trigger }: Omit<Batch, "writes">,
  code: string,
  message: string,
): void {
  run.event("handler.failed", { ...addressData(address), handler: trigger, code, message });
}

/** Applies what is queued, in (frame, place, index) order (SEMANTICS 6). Before the frame is evaluated. */
export function flushState(run: HandlerRun): void {
  if (run.batches.length === 0) return;
  const batches = run.batches.splice(0).sort(inOrder);
  const flush = run.world.state.flush();
  for (const batch of batches) {
    try {
      const { address, node, trigger } = batch;
      for (const { store, key, old, new: now, index } of flush.apply(batch.writes))
        run.writes.push({
          type: "transition",
          seq: ++run.lastTransition,
          frame: run.frame + 1,
          store,
          key,
          old,
          new: now,
          nodeId: address.nodeId,
          scope: address.scope,
          iteration: address.iteration,
          node,
          trigger,
          index,
        });
    } catch (error) {
      const { code, message } = reasonOf(error);
      dropped(run, batch, code, message);
    }
  }
  const { state, vol } = flush.end();
  for (const [key, value] of state) run.changed.state.set(key, value);
  for (const [key, value] of vol) run.changed.vol.set(key, value);
}

function reasonOf(error: unknown): { readonly code: string; readonly message: string } {
  if (error instanceof Error && "code" in error) return { code: String(error.code), message: error.message };
  throw error;
}

function inOrder(a: Batch, b: Batch): number {
  if (a.frame !== b.frame) return a.frame - b.frame;
  if (a.unit && b.unit) return compareUnits(a.unit, b.unit);
  return (a.unit ? 1 : 0) - (b.unit ? 1 : 0);
}

/** Which effects run after this frame. None where nothing more may start. */
export function findEffects(run: HandlerRun): Due["effects"] {
  const { world } = run;
  if (run.aborted || run.stopped || run.stalled !== null || world.fatal || world.failed) return [];
  if (world.cancelled !== null) return [];
  const { effects, problems, fatal } = world.effects.due();
  for (const { address, message } of problems)
    run.event("effect.failed", { ...addressData(address), message: `its deps have no value: ${message}` });
  if (!fatal) return effects;
  world.fatal = fatal;
  return [];
}

/** Runs what is due, each after the cleanup of its last run. What they write is flushed with the next frame. */
export function runEffects(run: HandlerRun): boolean {
  const due = run.dueEffects;
  run.dueEffects = [];
  for (const effect of due) runEffect(run, effect);
  return due.length > 0;
}

function runEffect(run: HandlerRun, effect: DueEffect): void {
  const { last, unit, deps } = effect;
  if (last) cleanUp(run, last);
  if (unit?.address && deps !== null) {
    const { address, node, plan, scope } = unit;
    const about = { frame: run.frame, unit, address, node: plan.key, trigger: "run" as const };
    queue(run, about, scope, node.run, JSON.parse(deps) as Json);
    run.event(EFFECT_RAN, { ...addressData(address), node: plan.key, deps });
    run.effectsRun.push(showAddress(address));
  } else if (last) {
    run.event(EFFECT_CLEANED, { ...addressData(last.address), node: last.node });
    run.effectsRun.push(showAddress(last.address));
  }
  run.world.effects.ran(effect);
}

function cleanUp(run: HandlerRun, { address, node, deps, unit }: LastRun): void {
  const plan = run.plan.nodes[node];
  if (plan?.kind !== "effect" || plan.cleanup === undefined) return;
  const about = {
    frame: run.frame,
    unit: unit && !unit.disposed ? unit : null,
    address,
    node,
    trigger: "cleanup" as const,
  };
  queue(run, about, unit?.scope ?? run.world.scope, plan.cleanup, JSON.parse(deps) as Json);
}

/** The events by which the journal keeps what effects have run. */
export const EFFECT_RAN = "effect.ran";
export const EFFECT_CLEANED = "effect.cleaned";
