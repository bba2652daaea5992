/** Small drafts for tests: everything a plan needs but what the test is about. */
import type { DraftNode, PlanDraft } from "../plan/draft.ts";
import { IR_VERSION, PLAN_KIND } from "../plan/types.ts";

export const TEXT_SCHEMA = {
  zod: "z.object({ text: z.string() })",
  jsonSchema: {
    type: "object",
    properties: { text: { type: "string" } },
    required: ["text"],
    additionalProperties: false,
  },
};

/** A draft whose root is the first node; the rest is empty unless given. */
export function draftOf(
  nodes: { readonly [key: string]: DraftNode },
  rest: Partial<PlanDraft> = {},
): PlanDraft {
  return {
    kind: PLAN_KIND,
    irVersion: IR_VERSION,
    requires: [],
    workflow: { name: "w" },
    input: null,
    schemas: { out: TEXT_SCHEMA },
    constants: {},
    agents: { writer: { kind: "anthropic", model: "claude-sonnet-4-5", options: {} } },
    prompts: {},
    functions: {},
    modules: {},
    root: Object.keys(nodes)[0]!,
    nodes,
    capabilities: { net: [], env: [], exec: [], fs: [], host: [] },
    toolchain: { smithers: "0.1.0" },
    sources: { "workflow.tsx": `sha256:${"0".repeat(64)}` },
    spans: "",
    ...rest,
  };
}

/** A workflow with one agent task whose prompt is the given Core text. */
export function promptDraft(
  prompt: string,
  rest: Partial<PlanDraft> = {},
  task: Partial<DraftNode> = {},
): PlanDraft {
  return draftOf(
    {
      root: { kind: "workflow" },
      a: {
        kind: "task",
        parent: "root",
        id: "a",
        output: "out",
        agent: "writer",
        prompt: { $: prompt },
        ...task,
      } as DraftNode,
    },
    rest,
  );
}
