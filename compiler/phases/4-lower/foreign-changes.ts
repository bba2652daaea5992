/** Files that change, while they are loaded, what another file holds: `import { LIST } from "./a"; LIST.push(2);`. */
import type { Diagnostic } from "../../diagnostics.ts";
import { problem } from "../../report.ts";
import type { SourceModule, Stmt } from "../../surface.ts";
import type { Graph } from "../2-bind/bind.ts";
import { type Changes, changesOf } from "../3-evaluate/module-changes.ts";
import type { Environment } from "../3-evaluate/value.ts";
import { exported } from "./exports.ts";

export interface ForeignChange {
  readonly module: SourceModule;
  readonly stmt: Stmt;
  /** What is changed: a name of another file's top level. */
  readonly target: { readonly module: SourceModule; readonly local: string };
}

export function foreignChanges(
  graph: Graph,
  changes: (module: SourceModule) => Changes = changesOf,
): readonly ForeignChange[] {
  return graph.modules.flatMap((module) => {
    const changed = changes(module);
    if (changed.size === 0) return [];
    return module.imports.flatMap(({ from, names }) =>
      names.flatMap(({ local, imported }) => {
        const stmts = changed.get(local) ?? [];
        const target = stmts.length > 0 ? graph.resolve(module, from) : null;
        if (target?.type !== "source") return [];
        const found = exported(graph, target.module, imported, new Set());
        return found && "local" in found ? stmts.map((stmt) => ({ module, stmt, target: found })) : [];
      }),
    );
  });
}

/** SM105 for each that changes what was read while the workflow was evaluated: `values` tell what was. */
export function checkForeignChanges(
  graph: Graph,
  values: ReadonlyMap<SourceModule, Environment>,
): Diagnostic[] {
  return foreignChanges(graph)
    .filter(({ target }) => values.get(target.module)?.settled?.(target.local) !== undefined)
    .map(({ module, stmt, target }) =>
      problem(
        "SM105",
        stmt.span ?? null,
        `'${target.local}' of \`${target.module.path}\` is changed when \`${module.path}\` is loaded`,
        { hint: "Write its final value in its declaration." },
      ),
    );
}
