/** An author's tool: its function is a module of the plan and runs in a compute process (SEMANTICS 49). */
import * as z from "zod";
import type { Json, Plan } from "../../plan/types.ts";
import { buildZod, formatIssues, jsonSchemaOf, PlanEnv, parseWith } from "../../plan/zod/index.ts";
import { type ComputeExecutor, encodeCapture } from "../executors/compute/index.ts";
import type { AfterCrash, Tool } from "./registry.ts";

/** As the compiler writes it. */
export const toolWithCode = z.object({
  name: z.string(),
  description: z.string().default(""),
  /** What it takes, as schemas of the plan are written. Without one: any object. */
  inputSchema: z.object({ zod: z.union([z.string(), z.array(z.string())]) }).optional(),
  module: z.string(),
  approval: z.enum(["always", "never"]).optional(),
  /** Whether it acts on the world; `once`: it must not do so twice. */
  sideEffect: z.union([z.boolean(), z.literal("once")]).optional(),
  /** Whether it may be done again with the same input. */
  idempotent: z.boolean().optional(),
  /** How long one call may take, milliseconds. */
  timeoutMs: z.number().positive().optional(),
});

type ToolWithCode = z.infer<typeof toolWithCode>;

/** @throws ZodBuildError */
export function moduleTool(given: ToolWithCode, plan: Plan, compute: ComputeExecutor): Tool {
  const { name, description, module, approval, timeoutMs = TIMEOUT_MS } = given;
  const schema = given.inputSchema
    ? buildZod(given.inputSchema.zod, { env: new PlanEnv(plan) })
    : z.looseObject({});
  return {
    name,
    description,
    inputSchema: jsonSchemaOf(schema, "asked") as { readonly [key: string]: Json },
    afterCrash: afterCrash(given),
    approval: approval === "always" ? approval : undefined,
    execute: async ({ id, input, signal, context, idempotencyKey }) => {
      const parsed = parseWith(schema, input);
      if (!parsed.ok) throw new Error(`The input of ${name} is not right:\n${formatIssues(parsed.issues)}`);
      const { runId, address } = context;
      const limit = AbortSignal.timeout(timeoutMs);
      const result = await compute.run(
        {
          module,
          captures: encodeCapture(parsed.value),
          ctx: { runId, iteration: address.iteration },
          call: { toolCallId: id, idempotencyKey },
        },
        { ...context, signal: AbortSignal.any([signal, limit]) },
      );
      if (result.ok) return result.raw;
      if (limit.aborted) throw new Error(`No end after ${timeoutMs} ms: it was ended.`);
      throw new Error(result.error.message);
    },
  };
}

function afterCrash({ sideEffect, idempotent }: ToolWithCode): AfterCrash {
  if (sideEffect === "once" || (sideEffect === true && idempotent === false)) return "ask";
  return idempotent === true || sideEffect === false ? "repeat" : "tell";
}

const TIMEOUT_MS = 600_000;
