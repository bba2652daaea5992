/** What the tests of this folder hand to tools. */
import type { Json } from "../../plan/types.ts";
import type { AttemptContext } from "../executors/executor.ts";
import { testContext, testPlan } from "../executors/testing.ts";
import type { Tool } from "./registry.ts";

/** Calls a tool in a directory; what it refuses is its message after `!`. */
export async function callTool(
  tool: Tool,
  cwd: string,
  input: Json,
  options: Partial<Pick<AttemptContext, "signal">> = {},
): Promise<string> {
  const context = testContext(testPlan({}), { cwd, ...options });
  const { signal } = context;
  try {
    return String(await tool.execute({ id: "t1", input, cwd, signal, context, idempotencyKey: "" }));
  } catch (error) {
    return `!${error instanceof Error ? error.message : String(error)}`;
  }
}
