/** Tools as an agent's options name them. */
import type { Json } from "./types.ts";

/** Those of the library. */
export const LIBRARY_TOOLS = ["read", "write", "edit", "grep", "bash"] as const;

/** The names under which a model knows the tools of an agent: their own, or their key in an object of tools. */
export function toolNames(tools: Json | undefined): readonly string[] {
  if (Array.isArray(tools)) return tools.map((tool: Json) => nameOf(tool) ?? "");
  if (typeof tools !== "object" || tools === null) return [];
  return Object.entries(tools as { readonly [key: string]: Json }).map(([key, tool]) => ownName(tool) ?? key);
}

/** The tools of the library among those of an agent, by the library's names. */
export function libraryTools(tools: Json | undefined): readonly string[] {
  if (typeof tools !== "object" || tools === null) return [];
  return Object.values(tools as { readonly [key: string]: Json }).flatMap((tool) => {
    const name = typeof tool === "string" ? tool : (tool as { readonly tool?: Json } | null)?.tool;
    return LIBRARY_TOOLS.find((known) => known === name) ?? [];
  });
}

function ownName(tool: Json): string | undefined {
  if (typeof tool !== "object" || tool === null || Array.isArray(tool)) return undefined;
  const { name } = tool as { readonly [field: string]: Json };
  return typeof name === "string" ? name : undefined;
}

function nameOf(tool: Json): string | undefined {
  if (typeof tool === "string") return tool;
  const own = ownName(tool);
  if (own !== undefined || typeof tool !== "object" || tool === null) return own;
  const known = (tool as { readonly [field: string]: Json }).tool;
  return typeof known === "string" ? known : undefined;
}
