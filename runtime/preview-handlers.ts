/** Handlers and effects in a preview: rows are facts there as in a run, so what they have nodes write is in the frame. */
import type { Json, Plan } from "../plan/types.ts";
import {
  failed,
  findEffects,
  finished,
  flushState,
  type HandlerRun,
  runEffects,
} from "./interpreter/handlers.ts";
import type { TaskEntry } from "./interpreter/states.ts";
import type { World } from "./interpreter/world.ts";

/** Rounds of effects after one row: what goes on longer goes on by itself (SEMANTICS 15). */
const MAX_ROUNDS = 10;

export class PreviewHandlers implements HandlerRun {
  readonly plan: Plan;
  readonly world: World;
  /** Handlers that failed, and effects that go on by themselves. */
  readonly warnings: string[] = [];
  readonly frame = 0;
  readonly aborted = false;
  readonly stopped = null;
  readonly stalled = null;
  lastTransition = 0;
  readonly batches: HandlerRun["batches"] = [];
  writes: HandlerRun["writes"] = [];
  dueEffects: HandlerRun["dueEffects"] = [];
  effectsRun: string[] = [];
  readonly changed: HandlerRun["changed"] = { state: new Map(), vol: new Map() };

  constructor(plan: Plan, world: World) {
    this.plan = plan;
    this.world = world;
  }

  event(type: string, { nodeId, handler, message }: { readonly [key: string]: Json }): void {
    if (type === "handler.failed")
      this.warnings.push(`${String(handler)} of ${String(nodeId)} wrote nothing: ${String(message)}`);
    if (type === "effect.failed")
      this.warnings.push(`the effect ${String(nodeId)} does not run: ${String(message)}`);
  }

  /** A node has its row. */
  settled(entry: TaskEntry, row: Json): void {
    if (entry.state === "finished") finished(this, entry, row);
    else if (entry.state === "failed") failed(this, entry, entry.reason as { code: string; message: string });
    flushState(this);
  }

  /** Runs effects until none is due. */
  runEffects(): void {
    for (let round = 0; round < MAX_ROUNDS; round++) {
      this.dueEffects = findEffects(this);
      if (!runEffects(this)) return;
      flushState(this);
      this.world.evaluate(() => true);
    }
    this.warnings.push(
      `effects go on by themselves; the frame is the one after ${MAX_ROUNDS} rounds of them`,
    );
  }
}
