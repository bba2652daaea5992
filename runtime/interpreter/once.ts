/**
 * Tasks that act on the world and must not do so twice (SEMANTICS 34): an attempt whose outcome nobody knows is not
 * repeated by itself; a person says what became of it.
 */
import type { Json } from "../../plan/types.ts";
import type { TaskError } from "../executors/executor.ts";
import type { Leaf } from "./leaf.ts";
import type { Ask } from "./people.ts";
import type { PlanIndex } from "./plan-index.ts";

/** What a person says of an attempt that nobody knows the outcome of. */
export type Resolution =
  /** It was done, and gave this row. */
  | { readonly resolved: "done"; readonly row: Json }
  /** It was not done, and is to be. */
  | { readonly resolved: "retry" }
  /** It was not done, and is not to be. */
  | { readonly resolved: "failed" };

export const UNCERTAIN = "UNCERTAIN";

export function isOnce({ nodes }: PlanIndex, node: string): boolean {
  const { node: plan } = nodes.get(node) ?? {};
  return plan?.kind === "task" && plan.sideEffect === "once";
}

/** Whether an error leaves open what was done: it came of the way there and back, or of the end of the process. */
export const leavesOpen = ({ code, retryable }: TaskError): boolean =>
  retryable || ["CANCELLED", "TIMEOUT", "HEARTBEAT_TIMEOUT", "EXIT"].includes(code);

/** What people are asked of such an attempt. */
export const askedOf = (message: string): Ask => ({
  asks: "resolution",
  title: "Nobody knows whether it was done",
  summary: message,
});

/** @returns null where it is no resolution */
export function resolutionOf(said: Json): Resolution | null {
  const { resolved, row = null } = (said ?? {}) as { readonly resolved?: Json; readonly row?: Json };
  if (resolved === "done") return { resolved, row };
  return resolved === "retry" || resolved === "failed" ? { resolved } : null;
}

/** The policy of retries has nothing to say here. */
export const repeats = (leaf: Leaf | undefined): boolean =>
  !(leaf?.node.kind === "task" && leaf.node.sideEffect === "once");
