/** Timers (SEMANTICS 36): durable, since their time is in the journal from the moment when their turn comes. */
import { CoreError, type Value } from "../../plan/core/values.ts";
import type { TimerNode } from "../../plan/types.ts";
import type { Cell } from "../values/cell.ts";
import type { Leaf } from "./leaf.ts";
import type { Run } from "./run.ts";
import type { TaskEntry } from "./states.ts";

const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** When a timer whose turn comes at `now` is due. Unix time, milliseconds. @throws CoreError, Pending */
export function dueOf(leaf: Leaf, node: TimerNode, now: number, reader: Cell): number {
  const { scope } = leaf;
  return node.duration === undefined
    ? timeOf(scope.field(node.at, reader), leaf)
    : now + durationOf(scope.field(node.duration, reader), leaf);
}

function durationOf(value: Value, { plan }: Leaf): number {
  const [, amount, unit] = /^\s*(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)\s*$/.exec(String(value)) ?? [];
  const duration = Number(amount) * (UNITS[unit ?? ""] ?? Number.NaN);
  if (duration <= LONGEST) return duration;
  throw new CoreError(
    "FORBIDDEN",
    `nodes.${plan.key}.duration: ${String(value)} is no duration such as 500ms, 3s, 30m, 1h, 7d`,
  );
}

/** Of durations: a thousand years, in milliseconds. */
const LONGEST = 365_250 * 86_400_000;

function timeOf(value: Value, { plan }: Leaf): number {
  const time =
    value instanceof Date ? value.getTime() : typeof value === "string" ? Date.parse(value) : Number.NaN;
  if (!Number.isNaN(time)) return time;
  throw new CoreError("FORBIDDEN", `nodes.${plan.key}.at: ${String(value)} is no time in ISO 8601`);
}

/** The time of a timer that waits, as its entry and the journal keep it. */
export function untilOf({ reason }: TaskEntry): number {
  const { until } = (reason ?? {}) as { readonly until?: unknown };
  return Date.parse(String(until));
}

/** Has the clock wake the run for every timer that waits, and for none that is gone. */
export function setAlarms(run: Run): void {
  const { clock } = run.services;
  const waiting = new Set<TaskEntry>();
  for (const { entry } of run.world.timed) if (entry) waiting.add(entry);
  for (const [entry, cancel] of run.alarms) {
    if (waiting.has(entry)) continue;
    cancel();
    run.alarms.delete(entry);
  }
  for (const entry of waiting)
    if (!run.alarms.has(entry))
      run.alarms.set(
        entry,
        clock.at(untilOf(entry), () => run.push({ kind: "alarm", entry })),
      );
}
