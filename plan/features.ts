/**
 * What a plan may ask of a runner beyond the core of the format, by name: `requires` lists what its nodes use, so that a
 * runner refuses up front what it would otherwise find in mid-run (SEMANTICS 37).
 */
import type { DraftNode } from "./draft.ts";
import { type FieldName, fieldOf } from "./fields.ts";
import type { NodeKind } from "./types.ts";

/** Kinds that are a feature of their own. */
const BY_KIND = {
  timer: "timer",
  wait: "signals",
  human: "human-task",
  worktree: "worktree",
  try: "try",
  saga: "saga",
  aspects: "budgets",
  "continue-as-new": "continue-as-new",
} as const satisfies { readonly [kind in NodeKind]?: string };

/** Fields that are one. Where the field's value means that it is not used, `unless` is that value. */
const BY_FIELD = {
  memory: { feature: "memory" },
  cache: { feature: "cache", unless: false },
  needsApproval: { feature: "task-approval", unless: false },
  allowTools: { feature: "allow-tools" },
  hijack: { feature: "hijack", unless: false },
  heartbeatTimeoutMs: { feature: "heartbeat" },
  async: { feature: "async-wait", unless: false },
  mode: { feature: "approval-mode", unless: "approve" },
  allowedScopes: { feature: "approval-scopes" },
  allowedUsers: { feature: "approval-users" },
  autoApprove: { feature: "auto-approve" },
  continueAsNewEvery: { feature: "continue-as-new" },
} as const satisfies {
  readonly [field in FieldName]?: { readonly feature: string; readonly unless?: unknown };
};

const FIELD_FEATURES: readonly (readonly [
  FieldName,
  { readonly feature: string; readonly unless?: unknown },
])[] = Object.entries(BY_FIELD) as [FieldName, (typeof BY_FIELD)[keyof typeof BY_FIELD]][];

/** Every feature that a plan of this version can list. */
export const FEATURES: ReadonlySet<string> = new Set([
  ...Object.values(BY_KIND),
  ...FIELD_FEATURES.map(([, { feature }]) => feature),
]);

/** What one node asks of a runner. */
export function featuresOf(node: DraftNode): readonly string[] {
  const kinds: { readonly [kind: string]: string } = BY_KIND;
  const used = FIELD_FEATURES.filter(([field, { unless }]) => {
    const value = fieldOf(node as Parameters<typeof fieldOf>[0], field);
    return value !== undefined && value !== unless;
  });
  const own = Object.hasOwn(kinds, node.kind) ? [kinds[node.kind]!] : [];
  return [...own, ...used.map(([, { feature }]) => feature)];
}

/** What the nodes of a plan ask of a runner, each feature with the first node that does. */
export function requirementsOf(nodes: { readonly [key: string]: DraftNode }): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const [key, node] of Object.entries(nodes))
    for (const feature of featuresOf(node)) if (!found.has(feature)) found.set(feature, key);
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}
