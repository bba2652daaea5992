/** The tools of one agent in one task, from its options in the plan. */
import * as z from "zod";
import type { Agent, Json, Plan } from "../../plan/types.ts";
import { formatIssues, ZodBuildError } from "../../plan/zod/index.ts";
import type { ComputeExecutor } from "../executors/compute/index.ts";
import { moduleTool, toolWithCode } from "./module-tool.ts";
import type { Tool, ToolRegistry } from "./registry.ts";

export type Toolbox =
  | { readonly ok: true; readonly tools: readonly Tool[] }
  /** The options name tools that there are not, or say of one what can't be kept. */
  | { readonly ok: false; readonly message: string };

export interface ToolSources {
  readonly registry: ToolRegistry;
  /** Runs the code of an author's tools. */
  readonly compute: ComputeExecutor;
}

const named = z.union([z.string(), z.object({ tool: z.string(), name: z.string().optional() })]);
const entry = z.union([toolWithCode, named]);
const always = z.enum(["always", "never"]);
const options = z.object({
  tools: z.union([z.array(entry), z.record(z.string(), entry)]).optional(),
  /** Which tools people have to agree to, by the names that the model knows. */
  approval: z.record(z.string(), always).optional(),
});

/**
 * @param allowed names of those that the task may use; undefined: all. `isOnly`: no other agent of the task may have them
 */
export function toolboxOf(
  agent: Agent,
  plan: Plan,
  { registry, compute }: ToolSources,
  allowed: { readonly names: readonly string[]; readonly isOnly: boolean } | undefined,
): Toolbox {
  const parsed = options.safeParse(agent.options satisfies { readonly [name: string]: Json });
  if (!parsed.success) {
    const issues = parsed.error.issues.map(({ path, message }) => ({
      path: `options.${path.join(".")}`,
      message,
    }));
    return { ok: false, message: formatIssues(issues) };
  }
  const { tools = [], approval = {} } = parsed.data;
  const entries = Array.isArray(tools)
    ? tools.map((one) => [null, one] as const)
    : Object.entries(tools).map(([key, one]) => [key, one] as const);
  const found: Tool[] = [];
  for (const [key, one] of entries) {
    let tool: Tool | undefined;
    if (typeof one === "object" && "module" in one) {
      try {
        tool = moduleTool(one, plan, compute);
      } catch (error) {
        if (!(error instanceof ZodBuildError)) throw error;
        return { ok: false, message: `the input of its tool ${one.name} can't be checked: ${error.message}` };
      }
    } else {
      const { tool: name, name: own } = typeof one === "string" ? { tool: one, name: undefined } : one;
      const known = registry.get(name);
      if (!known)
        return { ok: false, message: unknown("names a tool that does not exist", name, registry.names) };
      tool = { ...known, name: own ?? key ?? name };
    }
    found.push(tool);
  }
  const names = found.map(({ name }) => name);
  const strange = [...Object.keys(approval), ...(allowed?.isOnly ? allowed.names : [])].find(
    (name) => !names.includes(name),
  );
  if (strange !== undefined) return { ok: false, message: unknown("has no tool", strange, names) };
  return {
    ok: true,
    tools: found
      .filter(({ name }) => allowed?.names.includes(name) ?? true)
      .map((tool) => {
        const own = approval[tool.name];
        return own === undefined ? tool : { ...tool, approval: own === "always" ? own : undefined };
      }),
  };
}

const unknown = (what: string, name: string, known: readonly string[]): string =>
  `it ${what}: ${name} (known: ${known.length === 0 ? "none" : known.join(", ")})`;
