/**
 * The fields of a node, in one table: what each holds, in whose scope it is evaluated, which digest covers it.
 * Validation, digests, diff and rendering read it; a new field is one line here and one in plan.schema.json.
 */
import { type CoreText, type Json, type LeafNode, type Node, type NodeKind, ROLES } from "./types.ts";

/** Which of a node's digests covers a field. `source` is an each's source: part of the plan's digest and of none of the node's (COMPILER 24). */
export type Facet = "identity" | "interface" | "behaviour" | "policy" | "source";

/** A plain name in such a field stands for this entry of the plan, exactly as the handle `agent('x')` would. */
export type Target = "agent" | "module" | "output" | "subflow";

/** What a plain (not dynamic) value must be. */
export type Plain =
  | "string"
  | "number"
  | "signed"
  | "boolean"
  | "strings"
  | "table"
  | "json"
  | "backoff"
  | readonly string[];

export type FieldShape =
  /** Core text. */
  | { readonly form: "core" }
  /** Plain, or `{ $: Core text }`. */
  | { readonly form: "dynamic"; readonly plain: Plain; readonly target?: Target }
  /** Plain only. */
  | { readonly form: "plain"; readonly plain: Plain; readonly target?: Target }
  /** Local name → plain or `{ $ }`. */
  | { readonly form: "captures" };

export type Field = FieldShape & {
  readonly facet: Facet;
  /** `outer`: the parent's scope; `own`: the node's, which holds the each item, values and args. */
  readonly scope: "outer" | "own";
  /** Kinds that may have it. */
  readonly kinds: readonly NodeKind[];
};

export const NODE_KINDS: readonly NodeKind[] = [
  "workflow",
  "sequence",
  "parallel",
  "branch",
  "loop",
  "group",
  "block",
  "worktree",
  "aspects",
  "try",
  "saga",
  "phase",
  "step",
  "effect",
  "task",
  "approval",
  "timer",
  "wait",
  "human",
  "subflow",
  "continue-as-new",
  "stop",
  "end",
];

const LEAVES: Readonly<Record<LeafNode["kind"], true>> = {
  task: true,
  approval: true,
  timer: true,
  wait: true,
  human: true,
  subflow: true,
  "continue-as-new": true,
  stop: true,
  end: true,
};

/** Kinds that hold no other nodes. */
export const LEAF_KINDS = Object.keys(LEAVES) as readonly LeafNode["kind"][];

const ALL = NODE_KINDS;
/** Leaves that can be waited for, skipped, labelled. */
const STEPS: readonly NodeKind[] = ["task", "approval", "timer", "wait", "human", "subflow"];
/** What may turn out not to be needed, or has to wait, when its turn comes. */
const TURNS: readonly NodeKind[] = [...STEPS, "stop", "end"];
const STAGES: readonly NodeKind[] = ["phase", "step"];
/** Leaves that give a row. */
const PRODUCERS: readonly NodeKind[] = ["task", "approval", "wait", "human", "subflow"];
/** Leaves that are tried, and tried again. */
const ATTEMPTS: readonly NodeKind[] = ["task", "approval", "subflow"];
const WAITS: readonly NodeKind[] = ["wait"];
const TASK: readonly NodeKind[] = ["task"];
const LOOP: readonly NodeKind[] = ["loop"];
const APPROVAL: readonly NodeKind[] = ["approval"];
const EFFECT: readonly NodeKind[] = ["effect"];

const core = (facet: Facet, kinds: readonly NodeKind[], scope: "outer" | "own" = "own"): Field => ({
  form: "core",
  facet,
  kinds,
  scope,
});
const dynamic = (facet: Facet, kinds: readonly NodeKind[], plain: Plain, target?: Target): Field => ({
  form: "dynamic",
  plain,
  ...(target && { target }),
  facet,
  kinds,
  scope: "own",
});
const fixed = (facet: Facet, kinds: readonly NodeKind[], plain: Plain, target?: Target): Field => ({
  form: "plain",
  plain,
  ...(target && { target }),
  facet,
  kinds,
  scope: "own",
});

/**
 * In reading order. `each.of`, `each.key` and `each.if` are the parts of `each`. Left out, because they are structure
 * and not fields to evaluate: kind, parent, component, values, guards, args, reads, digests.
 */
export const FIELDS = {
  if: core("behaviour", ALL, "outer"),
  else: core("behaviour", ALL, "outer"),
  "each.of": core("source", ALL, "outer"),
  "each.key": core("policy", ALL),
  "each.if": core("behaviour", ALL),
  id: dynamic("identity", ALL, "string"),
  key: dynamic("policy", ALL, "string"),
  name: dynamic("policy", ["workflow", ...STAGES], "string"),
  role: fixed("behaviour", ["sequence"], ROLES),
  step: dynamic("behaviour", ["sequence"], "string"),
  path: dynamic("behaviour", ["worktree"], "string"),
  branch: dynamic("behaviour", ["worktree"], "string"),
  baseBranch: dynamic("behaviour", ["worktree"], "string"),
  tokenBudget: dynamic("policy", ["aspects"], "json"),
  latencySlo: dynamic("policy", ["aspects"], "json"),
  costBudget: dynamic("policy", ["aspects"], "json"),
  tracking: dynamic("policy", ["aspects"], "json"),
  catchErrors: dynamic("behaviour", ["try"], "strings"),
  onFailure: fixed("policy", ["saga"], ["compensate", "compensate-and-fail", "fail"]),
  until: core("behaviour", LOOP),
  maxIterations: dynamic("policy", LOOP, "number"),
  onMaxReached: fixed("policy", LOOP, ["return-last", "fail"]),
  continueAsNewEvery: dynamic("policy", LOOP, "number"),
  maxConcurrency: dynamic("policy", ["parallel"], "number"),
  failurePolicy: fixed("policy", ["parallel"], ["fail", "fail-fast", "finish", "continue"]),
  yields: core("behaviour", ["block"]),
  output: dynamic("interface", PRODUCERS, "string", "output"),
  deps: dynamic("behaviour", TASK, "table"),
  depsOptional: dynamic("behaviour", TASK, "boolean"),
  needs: dynamic("behaviour", STEPS, "table"),
  dependsOn: dynamic("behaviour", TURNS, "strings"),
  skipIf: core("behaviour", [...TURNS, ...STAGES]),
  duration: dynamic("behaviour", ["timer"], "string"),
  at: dynamic("behaviour", ["timer"], "string"),
  every: dynamic("behaviour", ["timer"], "string"),
  event: dynamic("behaviour", WAITS, "string"),
  correlationId: dynamic("behaviour", WAITS, "string"),
  onTimeout: fixed("policy", WAITS, ["fail", "skip", "continue"]),
  state: dynamic("behaviour", ["continue-as-new"], "json"),
  reason: dynamic("behaviour", ["stop"], "string"),
  status: fixed("behaviour", ["end"], ["finished", "failed"]),
  agent: dynamic("behaviour", TASK, "strings", "agent"),
  prompt: dynamic("behaviour", ["task", "human"], "string"),
  maxAttempts: dynamic("policy", ["human"], "number"),
  maxSchemaRetries: dynamic("policy", TASK, "number"),
  module: fixed("behaviour", TASK, "string", "module"),
  captures: { form: "captures", facet: "behaviour", kinds: TASK, scope: "own" },
  payload: dynamic("behaviour", TASK, "json"),
  workflow: fixed("behaviour", ["subflow"], "string", "subflow"),
  input: dynamic("behaviour", ["subflow"], "json"),
  result: fixed("behaviour", ["subflow"], "string"),
  memory: dynamic("behaviour", TASK, "json"),
  allowTools: dynamic("behaviour", TASK, "strings"),
  needsApproval: dynamic("behaviour", TASK, "boolean"),
  sideEffect: fixed("policy", TASK, ["once"]),
  onResume: fixed("policy", TASK, ["continue", "restart", "fail"]),
  hijack: dynamic("policy", TASK, "boolean"),
  onHijackExit: fixed("policy", TASK, ["complete", "reopen"]),
  mode: fixed("behaviour", APPROVAL, ["approve", "select", "rank"]),
  title: dynamic("behaviour", APPROVAL, "string"),
  summary: dynamic("behaviour", [...APPROVAL, "end"], "json"),
  options: dynamic("behaviour", APPROVAL, "json"),
  allowedScopes: dynamic("policy", APPROVAL, "strings"),
  allowedUsers: dynamic("policy", APPROVAL, "strings"),
  autoApprove: dynamic("policy", APPROVAL, "json"),
  onDeny: fixed("policy", APPROVAL, ["fail", "continue", "skip"]),
  label: dynamic("policy", [...STEPS, "sequence"], "string"),
  meta: dynamic("policy", STEPS, "json"),
  continueOnFail: dynamic("policy", PRODUCERS, "boolean"),
  async: dynamic("policy", PRODUCERS, "boolean"),
  priority: dynamic("policy", TASK, "signed"),
  retries: dynamic("policy", ATTEMPTS, "number"),
  retryPolicy: dynamic("policy", ATTEMPTS, "backoff"),
  timeoutMs: dynamic("policy", PRODUCERS, "number"),
  heartbeatTimeoutMs: dynamic("policy", ATTEMPTS, "number"),
  cache: dynamic("policy", ["workflow", "task", "approval", "subflow"], "json"),
  onUnmount: fixed("policy", PRODUCERS, ["finish", "cancel"]),
  onFinished: core("behaviour", STEPS),
  onError: core("behaviour", STEPS),
  onProgress: core("behaviour", TASK),
  watches: dynamic("behaviour", EFFECT, "json"),
  run: core("behaviour", EFFECT),
  cleanup: core("behaviour", EFFECT),
} as const satisfies { readonly [name: string]: Field };

export type FieldName = keyof typeof FIELDS;

/** Functions that write state. All else is evaluated to make a frame, in which nothing can be written (SEMANTICS 2). */
export const HANDLER_FIELDS = ["onFinished", "onError", "onProgress", "run", "cleanup"] as const;

export type HandlerField = (typeof HANDLER_FIELDS)[number];

export const FIELD_NAMES = Object.keys(FIELDS) as readonly FieldName[];

/** What a node has in a field; undefined where it has none. */
export function fieldOf(node: Node | Omit<Node, "digests">, name: FieldName): Json | undefined {
  const dot = name.indexOf(".");
  const value =
    dot === -1
      ? (node as { readonly [key: string]: unknown })[name]
      : (node.each as { readonly [key: string]: unknown } | undefined)?.[name.slice(dot + 1)];
  return value as Json | undefined;
}

const RANKS: ReadonlyMap<string, number> = new Map(FIELD_NAMES.map((name, rank) => [name, rank]));

/** Names of the fields that a node has, in the order of `FIELDS`: a node has few of the many that there are. */
export function fieldsIn(node: Node | Omit<Node, "digests">): readonly FieldName[] {
  const own = Object.keys(node).filter((name) => !name.includes("."));
  const each = node.each ? Object.keys(node.each).map((name) => `each.${name}`) : [];
  return ([...own, ...each] as FieldName[])
    .filter((name) => RANKS.has(name) && fieldOf(node, name) !== undefined)
    .sort((a, b) => (RANKS.get(a) as number) - (RANKS.get(b) as number));
}

/** The Core text of a dynamic value, or null where it is plain JSON. */
export function dynamicText(value: unknown): CoreText | null {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
  const keys = Object.keys(value);
  return keys.length === 1 && keys[0] === "$" ? (value as { readonly $: CoreText }).$ : null;
}

/** Core text as one string. */
export function coreText(text: CoreText): string {
  return typeof text === "string" ? text : text.join("\n");
}

/** Nodes whose address is made of their key when they have no explicit id (DESIGN §6, Identity). */
export function isAddressed(kind: NodeKind): boolean {
  return kind === "loop" || kind === "effect" || kind === "phase" || kind === "step" || isLeaf(kind);
}

/** Whether nodes of a kind hold no others. */
export function isLeaf(kind: NodeKind): kind is LeafNode["kind"] {
  return Object.hasOwn(LEAVES, kind);
}
