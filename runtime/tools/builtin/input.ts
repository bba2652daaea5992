import * as z from "zod";
import { formatIssues, jsonSchemaOf, parseWith } from "../../../plan/zod/index.ts";
import type { Tool, ToolCall } from "../registry.ts";

/** A tool whose input is checked before it does anything. */
export function builtin<Shape extends z.ZodRawShape>(
  about: Pick<Tool, "name" | "description" | "afterCrash"> & { readonly input: Shape },
  work: (input: z.output<z.ZodObject<Shape>>, call: ToolCall) => Promise<string>,
): Tool {
  const { input, ...rest } = about;
  const schema = once(() => z.strictObject(input));
  const inputSchema = once(() => jsonSchemaOf(schema(), "asked") as Tool["inputSchema"]);
  return {
    ...rest,
    get inputSchema() {
      return inputSchema();
    },
    execute: async (call) => {
      const parsed = parseWith(schema(), call.input);
      if (!parsed.ok)
        throw new Error(`The input of ${rest.name} is not right:\n${formatIssues(parsed.issues)}`);
      return work(parsed.value as z.output<z.ZodObject<Shape>>, call);
    },
  };
}

/** Made when it is asked for: most runs call no tool, and each run has tools of its own. */
function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

/** A path as every file tool takes it. */
export const pathOf = (what: string): z.ZodString =>
  z.string().min(1).describe(`${what}: relative to the project, or absolute within it`);
