/** Which earlier result a task may take instead of being done: a key over all that its result depends on. */
import { digestJson } from "../../plan/canonical.ts";
import type { Json, SubflowNode, TaskNode } from "../../plan/types.ts";
import type { CacheEntry, TaskRequest } from "../executors/executor.ts";
import type { Cell } from "../values/cell.ts";
import { toJson } from "../values/json.ts";
import type { Leaf } from "./leaf.ts";

export interface CachePolicy {
  /** What the result depends on, as the author says; without it, all that the task is given. */
  readonly by?: Json;
  readonly version?: Json;
  /** Instead of all that is known of the task. */
  readonly key?: Json;
  readonly ttlMs?: number;
  /** Default `workflow`. */
  readonly scope?: Json;
}

/** A request with where an equal result may be found, as the policy says. */
export function withCache(leaf: Leaf, request: TaskRequest, policy: CachePolicy | null): TaskRequest {
  const { node } = leaf;
  if (policy === null || (node.kind !== "task" && node.kind !== "subflow") || request.kind === "static")
    return request;
  const { plan } = leaf.world.index;
  const { by, version = null, key, ttlMs, scope } = policy;
  const around = scope === "run" ? leaf.world.facts.runId : scope === "global" ? null : plan.workflow.name;
  const schema = request.schema === null ? null : (plan.schemas[request.schema]?.semantic ?? null);
  const about: Json =
    key !== undefined
      ? { key, schema }
      : by !== undefined
        ? { task: node.digests.behaviour, by, schema }
        : { task: node.digests.behaviour, given: given(request), schema };
  const cache: CacheEntry = {
    key: digestJson({ around, version, about }),
    ttlMs: typeof ttlMs === "number" ? ttlMs : null,
  };
  return { ...request, cache };
}

/** All that an attempt is given. */
function given(request: Exclude<TaskRequest, { readonly kind: "static" }>): Json {
  switch (request.kind) {
    case "agent":
      return { agents: request.agents, prompt: request.prompt };
    case "compute":
      return { captures: request.captures, ctx: withoutRun(request.ctx) };
    case "subflow":
      return { input: request.input };
    default:
      return request satisfies never;
  }
}

/** What tells one run from another is no input of the task. */
function withoutRun(ctx: Json): Json {
  if (typeof ctx !== "object" || ctx === null || Array.isArray(ctx)) return ctx;
  const { runId: _, now: __, ...rest } = ctx as { readonly [name: string]: Json };
  return rest;
}

/**
 * Null where the task is done anew: it has no `cache`, or acts on the world.
 * @throws Pending, CoreError
 */
export function cachePolicyOf(leaf: Leaf, node: TaskNode | SubflowNode, reader: Cell): CachePolicy | null {
  const { plan } = leaf.world.index;
  if (node.kind === "task" && node.sideEffect === "once") return null;
  const own = leaf.scope.field(node.cache, reader);
  if (own === false) return null;
  if (typeof own === "object" && own !== null) return toJson(own, `cache of ${leaf.plan.key}`) as CachePolicy;
  const root = plan.nodes[plan.root];
  const all = own === true || (root?.kind === "workflow" && leaf.scope.field(root.cache, reader));
  return all ? {} : null;
}
