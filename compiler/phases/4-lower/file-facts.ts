/** Names of a module's top level that stand for where the file is: a function's own process could not tell. */

import type * as Surface from "../../surface.ts";
import type { SourceModule } from "../../surface.ts";
import { freeNames, mentionedNames } from "../3-evaluate/names.ts";
import { patternNames } from "../3-evaluate/shape.ts";
import { type Closure, type Code, lookup, moduleOf, type Value } from "../3-evaluate/value.ts";

/** Those that a function uses, itself or through functions of its file, with their values: they are taken along like its captures. */
export function fileFacts(fn: Closure | Code): Map<string, Value> {
  const result = new Map<string, Value>();
  const syntax = fn.type === "Closure" ? fn.arrow : fn.func;
  const module = moduleOf(fn.env);
  // Reading the text first costs little, and most files never ask.
  if (!module || !/\bimport\s*\.\s*meta\b/.test(module.text)) return result;
  const names = fn.type === "Closure" ? freeNames(syntax) : new Set(fn.func.free);
  for (const name of reached(module, names)) {
    if (!asksOfItsFile(module, name, new Set())) continue;
    const found = lookup(fn.env, name);
    const isText = found?.value.type === "Residual" || found?.value.type === "Known";
    if (found?.env.module && isText) result.set(name, found.value);
  }
  return result;
}

/** Names of the top level that are used, those within functions included. */
function reached(module: SourceModule, names: Iterable<string>): ReadonlySet<string> {
  const seen = new Set<string>();
  const open = [...names];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (seen.has(name)) continue;
    seen.add(name);
    for (const stmt of module.body) {
      if (stmt.type === "Func" && stmt.name === name) open.push(...stmt.free);
      if (stmt.type !== "Declare") continue;
      for (const { target, init } of stmt.decls)
        if (init && patternNames(target).includes(name)) open.push(...functionNames(init));
    }
  }
  return seen;
}

function functionNames(init: Surface.Expr): Iterable<string> {
  return init.type === "Func" ? init.free : mentionedNames(init);
}

/** Whether a constant is worked out from `import.meta`, by itself or through others. */
function asksOfItsFile(module: SourceModule, name: string, seen: Set<string>): boolean {
  if (seen.has(name)) return false;
  seen.add(name);
  for (const stmt of module.body) {
    if (stmt.type !== "Declare") continue;
    for (const { target, init } of stmt.decls) {
      const isCode = init?.type === "Arrow" || init?.type === "Func" || init?.type === "Class";
      if (!init || isCode || !patternNames(target).includes(name)) continue;
      const used = mentionedNames(init);
      return used.has("import.meta") || [...used].some((other) => asksOfItsFile(module, other, seen));
    }
  }
  return false;
}
