/** What stands behind an exported name, through re-exports. */
import type { SourceModule } from "../../surface.ts";
import type { Graph } from "../2-bind/bind.ts";

/** A declaration, or an import of `source` that leads out of the project's code (a package, JSON, a whole module). */
export type Exported =
  | { readonly module: SourceModule; readonly local: string }
  | { readonly source: SourceModule; readonly from: string; readonly name: string };

/** Follows re-exports to the declaration, or to the package they end in. */
export function exported(
  graph: Graph,
  module: SourceModule,
  name: string,
  seen: Set<string>,
): Exported | null {
  const key = `${module.path}#${name}`;
  if (seen.has(key)) return null;
  seen.add(key);
  const own = module.exports.get(name);
  if (own && "local" in own) {
    const via = module.imports
      .flatMap((d) => d.names.map((n) => ({ ...n, from: d.from })))
      .find((n) => n.local === own.local);
    return via ? through(graph, module, via.from, via.imported, seen) : { module, local: own.local };
  }
  if (own) return through(graph, module, own.from, own.name, seen);
  for (const from of module.stars) {
    const found = through(graph, module, from, name, seen);
    if (found) return found;
  }
  return null;
}

function through(
  graph: Graph,
  module: SourceModule,
  from: string,
  name: string,
  seen: Set<string>,
): Exported | null {
  const target = graph.resolve(module, from);
  if (target.type === "source" && name !== "*") return exported(graph, target.module, name, seen);
  return target.type === "missing" ? null : { source: module, from, name };
}
