/** Timers (SEMANTICS 36): durable, since their time is in the journal from the moment when their turn comes. */
import { CoreError, type Value } from "../../plan/core/values.ts";
import type { Json, TimerNode } from "../../plan/types.ts";
import { addressKey } from "../store/rules.ts";
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

/** When a timer is due, and of one that comes round again since when its points of time count. Unix time, milliseconds. */
export interface Due {
  readonly until: number;
  readonly since: number | null;
}

/** Of a timer whose turn comes at `now`. @throws CoreError, Pending */
export function dueOf(leaf: Leaf, node: TimerNode, now: number, reader: Cell): Due {
  const { scope } = leaf;
  if (node.every !== undefined) {
    const interval = durationOf(scope.field(node.every, reader), leaf, "every");
    if (interval === 0)
      throw new CoreError("FORBIDDEN", `nodes.${leaf.plan.key}.every: an interval is longer than nothing`);
    const since = sinceOf(leaf) ?? now;
    // Points of time that have passed are not made up for; where the clock was put back, the first is the one to wait for.
    const passed = Math.max(0, Math.floor((now - since) / interval));
    return {
      until: since + (passed + 1) * interval,
      since: leaf.scope.place.loops.length > 0 ? since : null,
    };
  }
  const until =
    node.duration === undefined
      ? timeOf(scope.field(node.at, reader), leaf)
      : now + durationOf(scope.field(node.duration, reader), leaf, "duration");
  return { until, since: null };
}

/** When the turn of the first such timer of the loop came: the nearest earlier iteration that had one knows it. */
function sinceOf({ entry, scope, world }: Leaf): number | null {
  if (!entry || scope.place.loops.length === 0) return null;
  const { nodeId, scope: around, iteration } = entry.address;
  for (let earlier = iteration - 1; earlier >= 0; earlier--) {
    const known = world.states.entries.get(addressKey({ nodeId, scope: around, iteration: earlier }));
    const { since } = (known?.reason ?? {}) as { readonly since?: unknown };
    if (since !== undefined) return Date.parse(String(since));
  }
  return null;
}

/** What a timer that comes round again is known by once it has fired. */
export const firedOf = ({ reason }: TaskEntry): Json => {
  const { since } = (reason ?? {}) as { readonly since?: Json };
  return since === undefined ? null : { since };
};

function durationOf(value: Value, { plan }: Leaf, field: "duration" | "every"): number {
  const [, amount, unit] = /^\s*(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)\s*$/.exec(String(value)) ?? [];
  const duration = Number(amount) * (UNITS[unit ?? ""] ?? Number.NaN);
  if (duration <= LONGEST) return duration;
  throw new CoreError(
    "FORBIDDEN",
    `nodes.${plan.key}.${field}: ${String(value)} is no duration such as 500ms, 3s, 30m, 1h, 7d`,
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
