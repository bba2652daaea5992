/** What a project says about Zod as a whole, which the runner's own Zod would not know of. */
import type { Diagnostic } from "../../diagnostics.ts";
import { problem } from "../../report.ts";
import type { Expr, SourceModule, Stmt } from "../../surface.ts";
import type { Resolve } from "../3-evaluate/state.ts";

/** Statements at the top of a module that change Zod itself: `z.config(…)`, `z.globalRegistry.add(…)`. */
export function checkZodStatements(modules: readonly SourceModule[], resolve: Resolve): Diagnostic[] {
  const problems: Diagnostic[] = [];
  for (const module of modules) {
    const names = zodNames(module, resolve);
    if (names.size === 0) continue;
    for (const stmt of module.body) {
      const what = changeOf(stmt, names);
      if (what === undefined) continue;
      const [message, hint] =
        what === "config"
          ? [
              "`config()` changes every schema of the process, and the runner has a Zod of its own.",
              "Give the messages to the schemas: z.string({ error: … }); leave `config` out.",
            ]
          : [
              "A registry that is filled by a statement is not part of any schema, and the plan would not hold it.",
              "Say it at the schema: .meta({ … }), .describe(…).",
            ];
      problems.push(problem("SM601", stmt.span ?? null, message, { hint }));
    }
  }
  return problems;
}

/** Imports of `zod` where the lock file pins Zod 3: the same names, read by Zod 4. */
export async function checkZodVersion(
  modules: readonly SourceModule[],
  resolve: Resolve,
  locked: (importer: SourceModule) => Promise<string | null>,
): Promise<Diagnostic[]> {
  for (const module of modules)
    for (const decl of module.imports) {
      if (decl.from !== "zod" || resolve(module, decl.from).type !== "zod") continue;
      const version = await locked(module);
      if (version === null || !/^3\./.test(version)) return [];
      const message = `The lock file pins Zod ${version}, and the runner parses with Zod 4: defaults, records and messages differ.`;
      const hint = 'Update to Zod 4, or import from "zod/v4", which Zod 3.25 holds.';
      // Once says it for the whole project.
      return [{ ...problem("SM601", decl.span, message, { hint }), severity: "warning" }];
    }
  return [];
}

/** Local names that stand for Zod or for one of its exports. */
function zodNames(module: SourceModule, resolve: Resolve): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const decl of module.imports)
    if (resolve(module, decl.from).type === "zod")
      for (const { local, imported } of decl.names) names.set(local, imported);
  return names;
}

function changeOf(stmt: Stmt, names: ReadonlyMap<string, string>): "config" | "registry" | undefined {
  if (stmt.type !== "ExprStmt" || stmt.expr.type !== "Call") return undefined;
  const path = pathOf(stmt.expr.callee, names);
  if (path.at(-1) === "config" && path.length === 1) return stmt.expr.args.length > 0 ? "config" : undefined;
  if (path[0] === "globalRegistry") return "registry";
  const registers =
    stmt.expr.callee.type === "Member" &&
    stmt.expr.callee.property === "register" &&
    stmt.expr.args.some((arg) => arg.type !== "Spread" && pathOf(arg, names)[0] === "globalRegistry");
  return registers ? "registry" : undefined;
}

/** `z.globalRegistry.add` as its names within Zod; empty for what does not come from there. */
function pathOf(expr: Expr, names: ReadonlyMap<string, string>): readonly string[] {
  if (expr.type === "Name") {
    const imported = names.get(expr.name);
    return imported === undefined ? [] : [imported];
  }
  if (expr.type !== "Member" || typeof expr.property !== "string") return [];
  const path = pathOf(expr.object, names);
  if (path.length === 0) return [];
  const isZ = path.length === 1 && ["z", "default", "*"].includes(path[0]!);
  return isZ ? [expr.property] : [...path, expr.property];
}
