/** Two plans → the list of what is different in meaning. Showing it is for the renderers. */
import { Forms } from "../digest/definitions.ts";
import { nodeDigests, planDigest } from "../digest/nodes.ts";
import type { NodeDigests, Plan } from "../types.ts";
import type { Change } from "./change.ts";
import { Definitions } from "./definitions.ts";
import { entryChanges } from "./entries.ts";
import { matchNodes } from "./match.ts";
import { nodeChanges } from "./nodes.ts";
import { planChanges } from "./plan.ts";
import { Side } from "./side.ts";

/**
 * What changed from one plan to another, in document order; [] where both mean the same, whatever names, files or the
 * order of declarations are. Digests are computed anew: those that stand in the plans are not relied on.
 */
export function diffPlans(before: Plan, after: Plan): readonly Change[] {
  const [old, now] = [sealed(before), sealed(after)];
  if (old.digest === now.digest) return [];
  const matches = matchNodes(old.side.plan, now.side.plan);
  const definitions = new Definitions(old.side.forms, now.side.forms, matches);
  const context = { before: old.side, after: now.side, matches, definitions, diffPlans };
  const changes = [...planChanges(context), ...nodeChanges(context), ...entryChanges(context)];
  if (changes.length > 0) return changes;
  const name = after.workflow.name;
  return [
    {
      code: "meaning-changed",
      node: null,
      name,
      part: null,
      before: null,
      after: null,
      note: null,
      from: null,
      to: null,
      affects: [],
    },
  ];
}

function sealed(plan: Plan): { readonly side: Side; readonly digest: string } {
  const forms = new Forms(plan);
  const digests = new Map(Object.keys(plan.nodes).map((key) => [key, nodeDigests(forms, key)]));
  const withDigests = (key: string): { readonly digests: NodeDigests } => ({
    digests: digests.get(key)!.digests,
  });
  const nodes = Object.fromEntries(
    Object.entries(plan.nodes).map(([key, node]) => [key, { ...node, ...withDigests(key) }]),
  );
  return { side: new Side({ ...plan, nodes }, forms), digest: planDigest(forms, digests) };
}
