/** Tools that an agent under test calls before it answers: they run for real, as those of the agent in the plan. */
import type { Json } from "../plan/types.ts";
import {
  type AttemptContext,
  type AttemptResult,
  createExecutors,
  type TaskRequest,
} from "../runtime/executors/index.ts";

/** One call of a tool; without `input` it is `{}`. */
export interface ToolUse {
  readonly name: string;
  readonly input?: Json | undefined;
}

/** By node id, as `answers`. */
export type Tools = { readonly [node: string]: readonly ToolUse[] };

/** What a tool said to an agent. */
export interface ToolSaid {
  readonly name: string;
  readonly ok: boolean;
  readonly output: Json;
}

/** Calls tools in the place of an agent; not ok where people are asked first, or the plan has no such tools. */
export async function useTools(
  uses: readonly ToolUse[],
  request: Extract<TaskRequest, { readonly kind: "agent" }>,
  context: AttemptContext,
): Promise<AttemptResult> {
  const tools = uses.map(({ name, input = {} }) => ({ name, input }));
  const script = { answers: [{ node: context.address.nodeId, tools, reply: "" }], approvals: [] };
  const executors = createExecutors({ script });
  try {
    const { cache: _, ...asked } = request;
    return await executors.get("agent").execute({ ...asked, schema: null }, context);
  } finally {
    await executors.close();
  }
}
