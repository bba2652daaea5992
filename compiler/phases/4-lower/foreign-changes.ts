/** Files that change, while they are loaded, what another file holds: `import { LIST } from "./a"; LIST.push(2);`. */
import type { Diagnostic } from "../../diagnostics.ts";
import { problem } from "../../report.ts";
import type { SourceModule, Stmt } from "../../surface.ts";
import type { Graph } from "../2-bind/bind.ts";
import { BUILD_IN_ONE, type Doubt, inDoubt } from "../3-evaluate/doubts.ts";
import { type Changes, changesOf } from "../3-evaluate/module-changes.ts";
import type { SyntaxEnvironments } from "../3-evaluate/syntax-environment.ts";
import type { Environment } from "../3-evaluate/value.ts";
import { exported } from "./exports.ts";

export interface ForeignChange {
  readonly module: SourceModule;
  readonly stmt: Stmt;
  readonly doubt: Doubt | undefined;
  /** What is changed: a name of another file's top level. */
  readonly target: { readonly module: SourceModule; readonly local: string };
}

export function foreignChanges(
  graph: Graph,
  changes: (module: SourceModule) => Changes,
): readonly ForeignChange[] {
  return graph.modules.flatMap((module) =>
    [...changes(module)].flatMap(([name, known]) => {
      const target = targetOf(graph, module, name);
      return target ? known.map(({ stmt, doubt }) => ({ module, stmt, doubt, target })) : [];
    }),
  );
}

/** Another file's declaration that a name stands for: an imported one, or `path#name` of what a function changes there. */
function targetOf(graph: Graph, module: SourceModule, name: string): ForeignChange["target"] | undefined {
  const at = name.lastIndexOf("#");
  const holder = at < 0 ? module : graph.modules.find(({ path }) => path === name.slice(0, at));
  if (!holder) return undefined;
  const local = name.slice(at + 1);
  for (const { from, names } of holder.imports)
    for (const decl of names) {
      if (decl.local !== local) continue;
      const target = graph.resolve(holder, from);
      const found =
        target.type === "source" ? exported(graph, target.module, decl.imported, new Set()) : null;
      return found && "local" in found ? found : undefined;
    }
  return holder === module ? undefined : { module: holder, local };
}

/** SM105 for each that changes what was read while the workflow was evaluated: `values` tell what was. */
export function checkForeignChanges(
  graph: Graph,
  syntax: SyntaxEnvironments,
  values: ReadonlyMap<SourceModule, Environment>,
): Diagnostic[] {
  return foreignChanges(graph, (module) => changesOf(module, syntax))
    .filter(({ target }) => values.get(target.module)?.settled?.(target.local) !== undefined)
    .map(({ module, stmt, doubt, target }) => {
      const of = `'${target.local}' of \`${target.module.path}\``;
      return doubt
        ? problem("SM105", stmt.span ?? null, inDoubt(of, doubt), { hint: BUILD_IN_ONE })
        : problem("SM105", stmt.span ?? null, `${of} is changed when \`${module.path}\` is loaded`, {
            hint: "Write its final value in its declaration.",
          });
    });
}
