/** What a project says about Zod as a whole, which the runner's own Zod would not know of. */
import type * as Core from "../../../plan/core/ast.ts";
import type { Diagnostic } from "../../diagnostics.ts";
import { problem } from "../../report.ts";
import type { Expr, Extra, SourceModule, Stmt } from "../../surface.ts";
import type { Resolve } from "../3-evaluate/state.ts";

/** What changes Zod itself: `z.config(…)`, `z.globalRegistry.add(…)`. */
export function checkZodStatements(modules: readonly SourceModule[], resolve: Resolve): Diagnostic[] {
  const problems: Diagnostic[] = [];
  for (const module of modules) {
    const names = zodNames(module, resolve);
    if (names.size === 0) continue;
    for (const stmt of module.body)
      if (fillsRegistry(stmt, names)) {
        const message =
          "A registry that is filled by a statement is not part of any schema, and the plan would not hold it.";
        const hint = "Say it at the schema: .meta({ … }), .describe(…).";
        problems.push(problem("SM601", stmt.span ?? null, message, { hint }));
      }
    for (const { name, at } of settings(module.body, names)) {
      const message = `\`${name}()\` changes every schema of the process, and the runner has a Zod of its own.`;
      const hint = `Give the messages to the schemas: z.string({ error: … }); leave \`${name}\` out.`;
      problems.push(problem("SM601", at.span ?? null, message, { hint }));
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

type Call = Core.Call<Extra>;

/** Local names that stand for Zod or for one of its exports. */
function zodNames(module: SourceModule, resolve: Resolve): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const decl of module.imports)
    if (resolve(module, decl.from).type === "zod")
      for (const { local, imported } of decl.names) names.set(local, imported);
  return names;
}

/** `z.config(…)` with something to set, and what Zod 3 called it. */
const SETTERS: ReadonlySet<string> = new Set(["config", "setErrorMap"]);

/** Calls that change Zod itself, wherever they stand: the one that is made in a function takes effect as well. */
function settings(
  node: unknown,
  names: ReadonlyMap<string, string>,
  found: { readonly name: string; readonly at: Call }[] = [],
): readonly { readonly name: string; readonly at: Call }[] {
  if (typeof node !== "object" || node === null) return found;
  if (Array.isArray(node)) {
    for (const item of node) settings(item, names, found);
    return found;
  }
  if ((node as { readonly type?: string }).type === "Call") {
    const call = node as Call;
    const path = pathOf(call.callee, names);
    const name = path[0] === "core" ? path[1] : path[0];
    if (name !== undefined && SETTERS.has(name) && path.at(-1) === name && call.args.length > 0)
      found.push({ name, at: call });
  }
  for (const [key, part] of Object.entries(node)) if (key !== "span") settings(part, names, found);
  return found;
}

function fillsRegistry(stmt: Stmt, names: ReadonlyMap<string, string>): boolean {
  if (stmt.type !== "ExprStmt" || stmt.expr.type !== "Call") return false;
  if (pathOf(stmt.expr.callee, names)[0] === "globalRegistry") return true;
  return (
    stmt.expr.callee.type === "Member" &&
    stmt.expr.callee.property === "register" &&
    stmt.expr.args.some((arg) => arg.type !== "Spread" && pathOf(arg, names)[0] === "globalRegistry")
  );
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
