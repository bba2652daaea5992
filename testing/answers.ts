/** What a test says in the place of agents, code and people. */
import type { Json } from "../plan/types.ts";
import { fitsWildcard } from "../plan/wildcard.ts";
import type { Address } from "../runtime/index.ts";
import { nodeNames } from "../runtime/interpreter/run-id.ts";

/** One question of the run. */
export interface Call extends Address {
  /** The run that asks: `test`, or the run of one of its Subflows, `test:ID`. */
  readonly runId: string;
  readonly attempt: number;
  /** Agents in order of preference; empty for code. */
  readonly agents: readonly string[];
  /** What an agent is asked; "" for code. */
  readonly prompt: string;
  /** What code has captured, by name; null for agents. */
  readonly captures: Json;
  readonly signal: AbortSignal;
}

/** A value, or a function of the question that gives one; what it throws fails the attempt, to be retried as its policy says. */
export type Answer = Json | ((call: Call) => Json | Promise<Json>);

/**
 * By node id, or `id@iteration`; `*` stands for any characters; `buy:quote` is the node `quote` of the run that `buy` holds. The
 * first that fits answers.
 */
export type Answers = { readonly [node: string]: Answer };

/** A failure with a code of the author's, which may not be worth another try. */
export class TaskFailure extends Error {
  readonly code: string;
  readonly retryable: boolean;

  constructor(code: string, message: string, { retryable = false }: { readonly retryable?: boolean } = {}) {
    super(message);
    this.name = "TaskFailure";
    this.code = code;
    this.retryable = retryable;
  }
}

/** The entry that is meant for a node's address in a run. */
export function entryFor<T>(
  entries: { readonly [node: string]: T },
  runId: string,
  { nodeId, iteration }: Address,
): T | undefined {
  const names = nodeNames(runId, nodeId);
  for (const [pattern, entry] of Object.entries(entries)) {
    const [, id = pattern, at] = /^(.*)@(\d+)$/.exec(pattern) ?? [];
    if (at !== undefined && Number(at) !== iteration) continue;
    if (names.some((name) => fitsWildcard(id, name))) return entry;
  }
  return undefined;
}
