/** Names of a module's top level that stand for where the file is: a function's own process could not tell. */

import type { SourceModule } from "../../surface.ts";
import { freeNames, mentionedNames } from "../3-evaluate/names.ts";
import { patternNames } from "../3-evaluate/shape.ts";
import { type Closure, type Code, type Environment, lookup, type Value } from "../3-evaluate/value.ts";

/** Those that a function uses directly, with their values: they are taken along like its captures. */
export function fileFacts(fn: Closure | Code): Map<string, Value> {
  const result = new Map<string, Value>();
  const syntax = fn.type === "Closure" ? fn.arrow : fn.func;
  const module = moduleOf(fn.env);
  // Reading the text first costs little, and most files never ask.
  if (!module || !/\bimport\s*\.\s*meta\b/.test(module.text)) return result;
  const names = fn.type === "Closure" ? freeNames(syntax) : new Set(fn.func.free);
  for (const name of names) {
    if (!asksOfItsFile(module, name, new Set())) continue;
    const found = lookup(fn.env, name);
    if (found?.env.module) result.set(name, found.value);
  }
  return result;
}

function moduleOf(env: Environment): SourceModule | null {
  for (let at: Environment | null = env; at; at = at.parent) if (at.module) return at.module;
  return null;
}

/** Whether a constant is worked out from `import.meta`, by itself or through others. */
function asksOfItsFile(module: SourceModule, name: string, seen: Set<string>): boolean {
  if (seen.has(name)) return false;
  seen.add(name);
  for (const stmt of module.body) {
    if (stmt.type !== "Declare") continue;
    for (const { target, init } of stmt.decls) {
      if (!init || init.type === "Arrow" || !patternNames(target).includes(name)) continue;
      const used = mentionedNames(init);
      return used.has("import.meta") || [...used].some((other) => asksOfItsFile(module, other, seen));
    }
  }
  return false;
}
