/** The stack of a failing task in the author's own lines. */
import { SourceMap } from "node:module";
import type { Plan } from "../../../plan/types.ts";

/** Replaces places in the module's code by those of the sources it was built from; the rest stays. */
export function mappedStack(stack: string, plan: Plan, module: string): string {
  const found = plan.maps && Object.hasOwn(plan.maps, module) ? plan.maps[module] : undefined;
  if (!found) return stack;
  const map = new SourceMap({
    version: 3,
    file: "",
    sourceRoot: "",
    sourcesContent: [],
    names: [],
    ...found,
  } as never);
  return stack.replaceAll(/[\w.-]+-[0-9a-f]{16}\.mjs:(\d+):(\d+)/g, (place, line: string, column: string) => {
    const entry = map.findEntry(Number(line) - 1, Number(column) - 1);
    if (!("originalSource" in entry) || !entry.originalSource) return place;
    return `${entry.originalSource}:${entry.originalLine + 1}:${entry.originalColumn + 1}`;
  });
}
