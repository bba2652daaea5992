/**
 * What a plan may ask of a runner beyond the core of the format, by name: `requires` lists what its nodes use, so that a
 * runner refuses up front what it would otherwise find in mid-run (SEMANTICS 37).
 */
import type { DraftNode } from "./draft.ts";
import { type FieldName, fieldOf } from "./fields.ts";
import type { Json, NodeKind } from "./types.ts";

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
  subflow: "subflow",
  effect: "state",
  phase: "phases",
  step: "phases",
  stop: "stop",
  end: "end",
} as const satisfies { readonly [kind in NodeKind]?: string };

/** Fields that are one. Where the field's value means that it is not used, `unless` is that value. */
const BY_FIELD = {
  costBudget: { feature: "cost-budgets" },
  memory: { feature: "memory" },
  cache: { feature: "cache", unless: false },
  needsApproval: { feature: "task-approval", unless: false },
  allowTools: { feature: "allow-tools" },
  sideEffect: { feature: "side-effects" },
  onResume: { feature: "resume-modes", unless: "continue" },
  hijack: { feature: "hijack", unless: false },
  heartbeatTimeoutMs: { feature: "heartbeat" },
  async: { feature: "async-wait", unless: false },
  mode: { feature: "approval-mode", unless: "approve" },
  allowedScopes: { feature: "approval-scopes" },
  allowedUsers: { feature: "approval-users" },
  autoApprove: { feature: "auto-approve" },
  continueAsNewEvery: { feature: "continue-as-new" },
  failurePolicy: { feature: "failure-policy", unless: "fail" },
  every: { feature: "timer-every" },
  priority: { feature: "priority" },
  onFinished: { feature: "state" },
  onError: { feature: "state" },
  onProgress: { feature: "state" },
} as const satisfies {
  readonly [field in FieldName]?: { readonly feature: string; readonly unless?: unknown };
};

const FIELD_FEATURES: readonly (readonly [
  FieldName,
  { readonly feature: string; readonly unless?: unknown },
])[] = Object.entries(BY_FIELD) as [FieldName, (typeof BY_FIELD)[keyof typeof BY_FIELD]][];

/** Modules of Bun, which other runners do not have. */
const BUN = "bun";
/** Tools of an agent with code of the author's. */
const AGENT_TOOLS = "agent-tools";
/** Tools that the library makes from settings. */
const MADE_TOOLS = "made-tools";
/** Tools that people have to agree to. */
const TOOL_APPROVAL = "tool-approval";
/** Decisions of people that are taken from earlier runs. */
const APPROVAL_CACHE = "approval-cache";

/** Every feature that a plan of this version can list. */
export const FEATURES: ReadonlySet<string> = new Set([
  ...Object.values(BY_KIND),
  ...FIELD_FEATURES.map(([, { feature }]) => feature),
  BUN,
  AGENT_TOOLS,
  MADE_TOOLS,
  TOOL_APPROVAL,
  APPROVAL_CACHE,
]);

/** What one node asks of a runner. */
export function featuresOf(node: DraftNode): readonly string[] {
  const kinds: { readonly [kind: string]: string } = BY_KIND;
  const used = FIELD_FEATURES.filter(([field, { unless }]) => {
    const value = fieldOf(node as Parameters<typeof fieldOf>[0], field);
    return value !== undefined && value !== unless;
  });
  const own = Object.hasOwn(kinds, node.kind) ? [kinds[node.kind]!] : [];
  return [
    ...own,
    ...used.map(([field, { feature }]) =>
      field === "cache" && node.kind === "approval" ? APPROVAL_CACHE : feature,
    ),
  ];
}

interface Parts {
  readonly subflows?: { readonly [name: string]: Parts };
  readonly nodes: { readonly [key: string]: DraftNode };
  readonly agents: { readonly [name: string]: { readonly options: { readonly [name: string]: Json } } };
  readonly modules: { readonly [name: string]: { readonly externals: { readonly [name: string]: string } } };
}

/** What a plan asks of a runner: each feature with the first that does, as a message names it (`node fix, timer`). */
export function requirementsOf({
  nodes,
  agents,
  modules,
  subflows = {},
}: Parts): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const add = (feature: string, of: string): void => {
    if (!found.has(feature)) found.set(feature, of);
  };
  for (const [key, node] of Object.entries(nodes))
    for (const feature of featuresOf(node)) add(feature, `node ${key}, ${node.kind}`);
  for (const [name, { options }] of Object.entries(agents))
    for (const feature of toolFeatures(options)) add(feature, `agent ${name}`);
  for (const [name, { externals }] of Object.entries(modules))
    if (Object.hasOwn(externals, BUN)) add(BUN, `module ${name}`);
  for (const [name, subflow] of Object.entries(subflows))
    for (const [feature, of] of requirementsOf(subflow)) add(feature, `${of} of the workflow ${name}`);
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** What the tools in an agent's options ask for beyond those of the library by their names. */
function toolFeatures(options: { readonly [name: string]: Json }): ReadonlySet<string> {
  const found = new Set<string>();
  if (hasAlways(options.approval)) found.add(TOOL_APPROVAL);
  for (const tool of toolsIn(options)) {
    if (Object.hasOwn(tool, "module")) found.add(AGENT_TOOLS);
    if (Object.hasOwn(tool, "settings")) found.add(MADE_TOOLS);
    if (tool.approval === "always") found.add(TOOL_APPROVAL);
  }
  return found;
}

const hasAlways = (approval: Json | undefined): boolean =>
  typeof approval === "object" && approval !== null && Object.values(approval).includes("always");

/** Tools wherever they stand in options. */
function* toolsIn(options: Json): Iterable<{ readonly [name: string]: Json }> {
  if (typeof options !== "object" || options === null) return;
  if (Object.hasOwn(options, "tool")) yield options as { readonly [name: string]: Json };
  for (const value of Object.values(options as { readonly [name: string]: Json })) yield* toolsIn(value);
}

/** Options with the module of every tool that has one put in place by `as`: its digest, say. */
export function withToolModules(options: Json, as: (module: string) => Json): Json {
  if (Array.isArray(options)) return options.map((item: Json) => withToolModules(item, as));
  if (typeof options !== "object" || options === null) return options;
  const isTool = Object.hasOwn(options, "tool");
  return Object.fromEntries(
    Object.entries(options as { readonly [name: string]: Json }).map(([key, value]) => [
      key,
      isTool && key === "module" && typeof value === "string" ? as(value) : withToolModules(value, as),
    ]),
  );
}
