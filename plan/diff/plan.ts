/** What changed in the plan's own parts: its name, what it needs, what it may touch. */
import type { Capabilities } from "../types.ts";
import type { Change } from "./change.ts";
import type { ReasonCode } from "./reasons.ts";
import type { Context } from "./side.ts";

export function planChanges({ before, after }: Context): Change[] {
  const changes: Change[] = [];
  const change = (code: ReasonCode, part: string | null, old: string | null, now: string | null): void => {
    if (old === now) return;
    changes.push({
      code,
      node: null,
      name: after.plan.workflow.name,
      part,
      before: old,
      after: now,
      note: null,
      from: null,
      to: null,
      affects: [],
    });
  };
  change("workflow-renamed", null, before.plan.workflow.name, after.plan.workflow.name);
  const list = (names: readonly string[] | undefined): string => [...(names ?? [])].sort().join("\n");
  change("requirement-changed", null, list(before.plan.requires), list(after.plan.requires));
  const areas = new Set([...Object.keys(before.plan.capabilities), ...Object.keys(after.plan.capabilities)]);
  for (const area of areas) {
    const key = area as keyof Capabilities;
    change(
      "capability-changed",
      area,
      list(before.plan.capabilities[key]),
      list(after.plan.capabilities[key]),
    );
  }
  const input = (side: typeof before): string | null => side.plan.input?.schema ?? null;
  const [old, now] = [input(before), input(after)];
  // A changed schema of the same name is a change of that schema.
  const form = (side: typeof before, name: string | null): string =>
    name === null ? "" : side.forms.form(`schema:${name}`);
  if (old !== now && form(before, old) !== form(after, now)) change("input-changed", null, old, now);
  return changes;
}
