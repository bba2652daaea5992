import * as z from "zod";
import type { Json } from "../../../plan/types.ts";
import { formatIssues, jsonSchemaOf, parseWith } from "../../../plan/zod/index.ts";
import type { Tool, ToolCall } from "../registry.ts";

/** A tool whose input is checked before it does anything. */
export function builtin<Shape extends z.ZodRawShape>(
  about: Pick<Tool, "name" | "description" | "afterCrash"> & { readonly input: Shape },
  work: (input: z.output<z.ZodObject<Shape>>, call: ToolCall) => Promise<string>,
): Tool {
  const { input, ...rest } = about;
  const schema = z.strictObject(input);
  return {
    ...rest,
    inputSchema: jsonSchemaOf(schema, "asked") as { readonly [key: string]: Json },
    execute: async (call) => {
      const parsed = parseWith(schema, call.input);
      if (!parsed.ok)
        throw new Error(`The input of ${rest.name} is not right:\n${formatIssues(parsed.issues)}`);
      return work(parsed.value as z.output<typeof schema>, call);
    },
  };
}

/** A path as every file tool takes it. */
export const pathOf = (what: string): z.ZodString =>
  z.string().min(1).describe(`${what}: relative to the project, or absolute within it`);
