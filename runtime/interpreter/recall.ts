/**
 * Child runs whose node is gone, or inside something that has ended: none is left as it is. One that goes on by itself comes to
 * its end first, as every attempt in flight does; what waits for people, or was let go of, is cancelled, with what it does in
 * every outcome. What is around does not come to its own end before.
 */
import type { Leave } from "../executors/executor.ts";
import { isLetGo } from "./children.ts";
import { Leaf } from "./leaf.ts";
import type { InFlight, Run } from "./run.ts";
import type { TaskEntry } from "./states.ts";
import { isClosing } from "./stepper.ts";

/** Whether a node with a child run is gone, or what is around it has ended. */
export function isRecalled({ kind, leaves }: TaskEntry): boolean {
  return kind === "subflow" && leaves.every((mounted) => mounted instanceof Leaf && isClosing(mounted));
}

/** Those that no attempt holds are taken up at once, whatever they were to wait for. */
export function recallChildren({ due, timers, world }: Run): void {
  for (const entry of world.letGo) {
    if (due.has(entry) || !isLetGo(entry) || !isRecalled(entry)) continue;
    timers.get(entry.key)?.();
    timers.delete(entry.key);
    due.add(entry);
  }
}

/** Those that an attempt holds and only people can move. */
export function recallIdle(flights: Iterable<InFlight>): void {
  for (const { entry, idle, leave } of flights)
    if (idle && isRecalled(entry)) leave.abort("cancel" satisfies Leave);
}
