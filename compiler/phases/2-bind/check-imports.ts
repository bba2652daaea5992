/** Whether the names that a module imports are exported where they are imported from. */
import type { Diagnostic } from "../../diagnostics.ts";
import { problem } from "../../report.ts";
import { nearest } from "../../suggest.ts";
import type { SourceModule, Span } from "../../surface.ts";
import type { Resolve } from "../3-evaluate/state.ts";

export function checkImports(modules: readonly SourceModule[], resolve: Resolve): Diagnostic[] {
  const problems: Diagnostic[] = [];
  for (const module of modules) {
    for (const decl of module.imports) {
      const target = resolve(module, decl.from);
      if (target.type !== "source" && target.type !== "prompt") continue;
      for (const { imported, span } of decl.names) {
        if (imported === "*" || exportsName(target.module, imported, resolve, new Set())) continue;
        problems.push(notExported(target.module, imported, span, namesOf(target.module, resolve, new Set())));
      }
    }
  }
  return problems;
}

/** Names that nothing uses as a value: what they name has to exist all the same, be it a type. */
export function checkErased(
  modules: readonly SourceModule[],
  target: (importer: SourceModule, specifier: string, at: Span) => SourceModule | null,
): Diagnostic[] {
  const problems: Diagnostic[] = [];
  for (const module of modules)
    for (const decl of module.erased) {
      const found = target(module, decl.from, decl.span);
      if (!found || found.stars.length > 0) continue;
      for (const { imported, span } of decl.names)
        if (imported !== "*" && !found.exports.has(imported) && !found.types.has(imported))
          problems.push(notExported(found, imported, span, [...found.exports.keys(), ...found.types]));
    }
  return problems;
}

function notExported(target: SourceModule, name: string, span: Span, known: readonly string[]): Diagnostic {
  const near = nearest(name, known);
  return problem(
    "SM104",
    span,
    name === "default"
      ? `\`${target.path}\` has no default export.`
      : `\`${target.path}\` exports no \`${name}\`.`,
    near ? { hint: `Did you mean \`${near}\`?` } : {},
  );
}

/** Re-exports that lead back to themselves: no declaration is ever reached. */
export function checkCircles(modules: readonly SourceModule[], resolve: Resolve): Diagnostic[] {
  const problems: Diagnostic[] = [];
  for (const module of modules)
    for (const [name, target] of module.exports) {
      if (!("from" in target) || !isCircle(module, name, resolve)) continue;
      const span = { file: module.file, start: 0, end: 0 };
      problems.push(
        problem("SM104", span, `The export \`${name}\` of \`${module.path}\` leads back to itself.`),
      );
    }
  return problems;
}

function isCircle(start: SourceModule, name: string, resolve: Resolve): boolean {
  const seen = new Set<string>();
  let module = start;
  let wanted = name;
  for (;;) {
    const key = `${module.path}#${wanted}`;
    if (seen.has(key)) return true;
    seen.add(key);
    const target = module.exports.get(wanted);
    if (!target || !("from" in target)) return false;
    const next = resolve(module, target.from);
    if (next.type !== "source") return false;
    module = next.module;
    wanted = target.name;
  }
}

/** Re-exports count without a look at their source: a type may be passed on like that. A star from a package may hold anything. */
function exportsName(module: SourceModule, name: string, resolve: Resolve, seen: Set<SourceModule>): boolean {
  if (module.exports.has(name)) return true;
  if (name === "default" || seen.has(module)) return false;
  seen.add(module);
  return module.stars.some((from) => {
    const target = resolve(module, from);
    return target.type === "source" ? exportsName(target.module, name, resolve, seen) : true;
  });
}

function namesOf(module: SourceModule, resolve: Resolve, seen: Set<SourceModule>): string[] {
  if (seen.has(module)) return [];
  seen.add(module);
  return [
    ...module.exports.keys(),
    ...module.stars.flatMap((from) => {
      const target = resolve(module, from);
      return target.type === "source" ? namesOf(target.module, resolve, seen) : [];
    }),
  ];
}
