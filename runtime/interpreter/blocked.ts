/** What stands in the way when nothing can move: each blocked node with the cell it waits for. */
import { showAddress } from "../store/rules.ts";
import { Leaf } from "./leaf.ts";
import type { TaskEntry } from "./states.ts";
import type { Unit } from "./unit.ts";
import type { World } from "./world.ts";

/** One phrase each, in document order. Walks the whole tree, at the end of a run only. */
export function blockedReasons(world: World): readonly string[] {
  const reasons: string[] = [];
  visit(world.root, reasons);
  return reasons.length > 0 ? reasons : ["no task can start"];
}

/** Why a run has failed: for one task, or for all that stood in the way of one another once nothing could move (SEMANTICS 13). */
export function failedReasons(world: World, failed: TaskEntry): readonly string[] {
  if (!world.stuck.has(failed)) return [failedReason(failed)];
  const blocked: string[] = [];
  visit(world.root, blocked);
  return [...[...world.stuck].map(failedReason), ...blocked];
}

function failedReason({ address, reason }: TaskEntry): string {
  const { code, message } = reason as { readonly code: string; readonly message: string };
  return `${showAddress(address)} failed: ${code}: ${message}`;
}

/** A message that says itself where it is from is not told it once more. */
const located = (where: string, message: string): string =>
  message.includes(`, in ${where}: `) ? message : `${where}: ${message}`;

function visit(unit: Unit, reasons: string[]): void {
  if (unit.hold) {
    const { hold } = unit;
    reasons.push(
      hold.kind === "pending"
        ? `${hold.where} waits for ${hold.cell}`
        : located(hold.where, hold.error.message),
    );
  }
  if (unit instanceof Leaf && unit.blocked) {
    const name = unit.entry ? showAddress(unit.entry.address) : unit.plan.key;
    reasons.push(
      unit.blocked.kind === "pending"
        ? `${name} waits for ${unit.blocked.cell}`
        : `${name}: ${unit.blocked.error.message}`,
    );
  }
  for (const child of unit.children) visit(child, reasons);
}
