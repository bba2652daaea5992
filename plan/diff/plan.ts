/** What changed in the plan's own parts: its name, what it needs, what it may touch. */
import { canonicalize } from "../canonical.ts";
import type { Change } from "./change.ts";
import type { ReasonCode } from "./reasons.ts";
import type { Context, Side } from "./side.ts";

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
  const list = (names: unknown): string =>
    Array.isArray(names) ? [...names].sort().join("\n") : names === undefined ? "" : canonicalize(names);
  change("requirement-changed", null, list(before.plan.requires), list(after.plan.requires));
  const areas = ({ plan }: Side): ReadonlyMap<string, unknown> => new Map(Object.entries(plan.capabilities));
  const [old, now] = [areas(before), areas(after)];
  for (const area of new Set([...old.keys(), ...now.keys()]))
    change("capability-changed", area, list(old.get(area)), list(now.get(area)));
  inputChange(before, after, change);
  return changes;
}

/** A changed schema of the same name is a change of that schema. */
function inputChange(
  before: Side,
  after: Side,
  change: (code: ReasonCode, part: string | null, old: string | null, now: string | null) => void,
): void {
  const input = (side: Side): string | null => side.plan.input?.schema ?? null;
  const form = (side: Side, name: string | null): string =>
    name === null ? "" : side.forms.form(`schema:${name}`);
  const [old, now] = [input(before), input(after)];
  if (old !== now && form(before, old) !== form(after, now)) change("input-changed", null, old, now);
}
