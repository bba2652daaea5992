/** A frame as plain data: what two worlds must agree on. For tests and previews. */
import { addressKey, showAddress } from "../store/rules.ts";
import { Leaf } from "./leaf.ts";
import { Loop } from "./loop.ts";
import { Recovery } from "./recovery.ts";
import { Stage } from "./stage.ts";
import type { Hold, Unit } from "./unit.ts";
import type { World } from "./world.ts";

export interface FrameText {
  /** Mounted nodes in document order: address, state, whether it may start, what it waits for. */
  readonly mounted: readonly string[];
  /** Everything remembered, sorted. */
  readonly states: readonly string[];
  readonly fatal: string | null;
  readonly finished: boolean;
}

export function describeWorld(world: World): FrameText {
  const mounted: string[] = [];
  collect(world.root, mounted);
  const states = [...world.states.entries.values()]
    .filter((entry) => entry.leaves.length > 0 || (entry.state !== "pending" && entry.state !== "unmounted"))
    .map(
      (entry) =>
        `${addressKey(entry.address).replaceAll("\n", "|")} ${entry.state} ${entry.settled} ${JSON.stringify(entry.reason)}`,
    )
    .sort();
  return { mounted, states, fatal: world.fatal?.code ?? null, finished: world.finished };
}

function collect(unit: Unit, into: string[]): void {
  const turn = unit.active ? "active" : "waiting";
  if (unit.hold) into.push(`hold ${textOf(unit.hold)}`);
  if (unit instanceof Leaf && unit.mounted) {
    const name = unit.entry ? showAddress(unit.entry.address) : unit.plan.key;
    const blocked = unit.active && unit.blocked ? ` blocked ${textOf(unit.blocked)}` : "";
    into.push(`${name} ${unit.entry?.state ?? "unnamed"} ${turn}${unit.ready ? " ready" : ""}${blocked}`);
  }
  if (unit instanceof Loop && unit.entry)
    into.push(`${showAddress(unit.entry.address)} loop ${JSON.stringify(unit.progress)} ${turn}`);
  if (unit instanceof Recovery && unit.entry)
    into.push(`${showAddress(unit.entry.address)} ${unit.kind} ${JSON.stringify(unit.progress)} ${turn}`);
  if (unit instanceof Stage && unit.entry)
    into.push(`${showAddress(unit.entry.address)} ${unit.kind} ${unit.entry.state} ${unit.settled} ${turn}`);
  for (const child of unit.children) collect(child, into);
}

function textOf(hold: Hold): string {
  return hold.kind === "pending" ? `${hold.where} for ${hold.cell}` : `${hold.where}: ${hold.error.message}`;
}
