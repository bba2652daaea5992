/**
 * What is changed while a module is loaded: `LIST.push(x)`, `const size = LIST.push(x)`, `const alias = LIST` and a write
 * through it. Read off the syntax alone: no name has a value yet.
 */
import type * as Core from "../../../plan/core/ast.ts";
import type * as Surface from "../../surface.ts";
import type { SourceModule, Stmt } from "../../surface.ts";
import { isBuiltinMethod } from "./methods.ts";
import { patternNames } from "./shape.ts";
import type { Environment } from "./value.ts";
import { WriteAnalysis } from "./writes.ts";

/** Names of the module's top level, imported ones too → the statements that change what they stand for, in source order. */
export type Changes = ReadonlyMap<string, readonly Stmt[]>;

export function changesOf(module: SourceModule): Changes {
  const analysis = new WriteAnalysis(bare(module));
  for (const stmt of module.body)
    if (stmt.type === "Declare")
      for (const { target, init } of stmt.decls)
        if (target.type === "Name" && init?.type === "Arrow") analysis.functions.set(target.name, init);
  const result = new Map<string, Set<Stmt>>();
  for (const stmt of module.body)
    for (const name of changedBy(stmt, analysis)) {
      const known = result.get(name) ?? new Set();
      result.set(name, known.add(stmt));
    }
  spread(result, module, analysis);
  const order = new Map(module.body.map((stmt, n) => [stmt, n]));
  return new Map(
    [...result].map(([name, stmts]) => [name, [...stmts].sort((a, b) => order.get(a)! - order.get(b)!)]),
  );
}

/** No name has a value yet. */
export const bare = (module: SourceModule): Environment => ({ parent: null, module, own: () => undefined });

function changedBy(stmt: Stmt, analysis: WriteAnalysis): Iterable<string> {
  if (stmt.type === "Func" || stmt.type === "Class") return [];
  if (stmt.type === "ExprStmt" && isDisplayName(stmt.expr)) return [];
  if (stmt.type !== "Declare") return analysis.effects(stmt).writes;
  const own = new Set(stmt.decls.flatMap((decl) => patternNames(decl.target)));
  const inits = stmt.decls.flatMap((decl) => (decl.init ? [decl.init] : []));
  return inits.flatMap((init) => [...analysis.effects(whileLoading(init)).writes]).filter((x) => !own.has(x));
}

/** `Button.displayName = "…"` is for a debugger. */
function isDisplayName(expr: Surface.Expr): boolean {
  return expr.type === "Assign" && expr.target.type === "Member" && expr.target.property === "displayName";
}

/** What of an expression runs while the module is loaded: no function that is only made, or handed to others. */
function whileLoading(node: Surface.Expr): Surface.Expr {
  return strip(node) as Surface.Expr;
}

const NOTHING: Core.Literal = { type: "Literal", value: null };

function strip(node: unknown): unknown {
  if (typeof node !== "object" || node === null) return node;
  if (Array.isArray(node)) return node.map(strip);
  const typed = node as Surface.Expr;
  switch (typed.type) {
    case "Arrow":
    case "Func":
    case "Class":
    case "Element":
      return NOTHING;
    case "Call": {
      const { callee } = typed;
      // `(() => { … })()` and callbacks of the language's own methods do run.
      const isRun = callee.type === "Member" && isBuiltinMethod(String(callee.property));
      const kept = (part: unknown): unknown => ((part as Surface.Expr).type === "Arrow" ? part : strip(part));
      return {
        ...typed,
        callee: kept(callee),
        args: typed.args.map((arg) => (isRun ? kept(arg) : strip(arg))),
      };
    }
    default:
      return Object.fromEntries(
        Object.entries(node).map(([key, part]) => [key, key === "span" ? part : strip(part)]),
      );
  }
}

/** What is changed through one name is changed for those that stand for the same. */
function spread(result: Map<string, Set<Stmt>>, module: SourceModule, analysis: WriteAnalysis): void {
  const roots = new Map<string, ReadonlySet<string>>();
  for (const stmt of module.body)
    if (stmt.type === "Declare")
      for (const { target, init } of stmt.decls)
        if (init && init.type !== "Arrow")
          for (const name of patternNames(target)) roots.set(name, analysis.origin(whileLoading(init)).roots);
  for (let grew = result.size > 0; grew; ) {
    grew = false;
    for (const [name, stmts] of [...result])
      for (const root of roots.get(name) ?? []) {
        const known = result.get(root) ?? new Set();
        const before = known.size;
        for (const stmt of stmts) known.add(stmt);
        if (known.size > before) grew = true;
        result.set(root, known);
      }
  }
}
