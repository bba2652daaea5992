/**
 * The fields of a node, in one table: what each holds, in whose scope it is evaluated, which digest covers it.
 * Validation, digests, diff and rendering read it; a new field is one line here and one in plan.schema.json.
 */
import type { CoreText, Json, Node, NodeKind } from "./types.ts";

/** Which of a node's digests covers a field. `source` is an each's source: part of the plan's digest and of none of the node's (COMPILER 24). */
export type Facet = "identity" | "interface" | "behaviour" | "policy" | "source";

/** A plain name in such a field stands for this entry of the plan, exactly as the handle `agent('x')` would. */
export type Target = "agent" | "module" | "output";

/** What a plain (not dynamic) value must be. */
export type Plain =
  | "string"
  | "number"
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
  "task",
  "approval",
];

const ALL = NODE_KINDS;
const PRODUCERS: readonly NodeKind[] = ["task", "approval"];
const TASK: readonly NodeKind[] = ["task"];
const LOOP: readonly NodeKind[] = ["loop"];
const APPROVAL: readonly NodeKind[] = ["approval"];

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
  name: dynamic("policy", ["workflow"], "string"),
  until: core("behaviour", LOOP),
  maxIterations: dynamic("policy", LOOP, "number"),
  onMaxReached: fixed("policy", LOOP, ["return-last", "fail"]),
  maxConcurrency: dynamic("policy", ["parallel"], "number"),
  yields: core("behaviour", ["block"]),
  output: dynamic("interface", PRODUCERS, "string", "output"),
  deps: dynamic("behaviour", TASK, "table"),
  needs: dynamic("behaviour", TASK, "table"),
  dependsOn: dynamic("behaviour", PRODUCERS, "strings"),
  skipIf: core("behaviour", PRODUCERS),
  agent: dynamic("behaviour", TASK, "strings", "agent"),
  prompt: dynamic("behaviour", TASK, "string"),
  maxSchemaRetries: dynamic("policy", TASK, "number"),
  module: fixed("behaviour", TASK, "string", "module"),
  captures: { form: "captures", facet: "behaviour", kinds: TASK, scope: "own" },
  payload: dynamic("behaviour", TASK, "json"),
  title: dynamic("behaviour", APPROVAL, "string"),
  summary: dynamic("behaviour", APPROVAL, "string"),
  onDeny: fixed("policy", APPROVAL, ["fail", "continue", "skip"]),
  label: dynamic("policy", PRODUCERS, "string"),
  meta: dynamic("policy", PRODUCERS, "json"),
  continueOnFail: dynamic("policy", PRODUCERS, "boolean"),
  retries: dynamic("policy", PRODUCERS, "number"),
  retryPolicy: dynamic("policy", PRODUCERS, "backoff"),
  timeoutMs: dynamic("policy", PRODUCERS, "number"),
  heartbeatTimeoutMs: dynamic("policy", PRODUCERS, "number"),
  onUnmount: fixed("policy", PRODUCERS, ["finish", "cancel"]),
} as const satisfies { readonly [name: string]: Field };

export type FieldName = keyof typeof FIELDS;

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
  return kind === "task" || kind === "approval" || kind === "loop";
}
