/**
 * The names of the authoring package. It may stand under one of the project's own: a fork, or an alias of the package
 * manager. The package that makes a file's JSX and that the file takes `createSmithers` from can be no other.
 */
import type { SourceModule } from "../../surface.ts";

/** `smithers`, its older name, and every subpath of either. */
export const isAuthoring = (specifier: string): boolean => /^smithers(-orchestrator)?(\/|$)/.test(specifier);

/** The name under which the module has the authoring package, where it is not one of its usual names. */
export function authoringPackage(module: SourceModule, configured: string | null): string | null {
  const maker = module.imports.find(({ names }) =>
    names.some(({ imported }) => imported === "createSmithers"),
  );
  if (!maker || maker.from.startsWith(".")) return null;
  const source = /@jsxImportSource\s+([^\s*]+)/.exec(module.text)?.[1] ?? configured;
  return maker.from === source ? source : null;
}

/** The specifier under the package's usual name; null for one that belongs to none of the names. */
export function ownName(specifier: string, names: ReadonlySet<string>): string | null {
  for (const name of names)
    if (specifier === name || specifier.startsWith(`${name}/`))
      return `smithers-orchestrator${specifier.slice(name.length)}`;
  return null;
}
