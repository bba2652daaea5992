/** Nodes that run a workflow as a run of its own: the name of that run, and what it waits for. */
import { createHash } from "node:crypto";
import type { Json } from "../../plan/types.ts";
import type { ChildQuestion } from "../executors/executor.ts";
import { showAddress } from "../store/rules.ts";
import type { TaskRecord } from "../store/store.ts";
import type { TaskEntry } from "./states.ts";

/**
 * The child run's name within its parent: the node's address, as far as it can name a directory. A node that has had its row
 * and is done once more gets another run; one that failed goes on with the one it has.
 */
export function childName({ address, rounds }: TaskEntry): string {
  const shown = showAddress(address);
  const readable = shown
    .replace(/[^A-Za-z0-9._@=,-]+/g, "-")
    .replace(/^[^A-Za-z0-9]+/, "")
    .slice(0, 60);
  const hash = createHash("sha256").update(shown).digest("hex").slice(0, 8);
  const name = readable === shown ? shown : `${readable}-${hash}`;
  return rounds === 0 ? name : `${name}~${rounds + 1}`;
}

/** What the child run of a node that waits for it is asking people; empty of any other node. */
export function childQuestions({ kind, state, reason }: Pick<TaskRecord, "kind" | "state" | "reason">) {
  if (kind !== "subflow" || state !== "waiting") return [];
  const { left = [] } = (reason ?? {}) as { readonly left?: Json };
  return left as unknown as readonly ChildQuestion[];
}

/** Whether no attempt holds the child run of a node, which is not at its end: it was left, or is to be tried again. */
export const isLetGo = ({ kind, state }: Pick<TaskRecord, "kind" | "state">): boolean =>
  kind === "subflow" && state === "waiting";

/** Whether a node waits for a child run that was left. */
export const isLeft = (entry: TaskEntry): boolean => isLetGo(entry) && entry.nextAt === null;
