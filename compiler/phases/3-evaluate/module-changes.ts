/**
 * What is changed while a module is loaded: `LIST.push(x)`, `const size = LIST.push(x)`, `const alias = LIST` and a write
 * through it. Read off the syntax alone: no name has a value yet.
 */
import type * as Core from "../../../plan/core/ast.ts";
import type * as Surface from "../../surface.ts";
import type { SourceModule, Stmt } from "../../surface.ts";
import { type Doubt, doubtsOf, keptBy } from "./doubts.ts";
import { isBuiltinMethod, MUTATORS } from "./methods.ts";
import { defaultsOf, mentionedNames } from "./names.ts";
import { patternNames } from "./shape.ts";
import type { SyntaxEnvironments } from "./syntax-environment.ts";
import type { WriteAnalysis } from "./writes.ts";

export interface Change {
  readonly stmt: Stmt;
  /** What changes it, if that is what runs: nothing says so for certain. */
  readonly doubt?: Doubt;
}

/**
 * Names of the module's top level, imported ones too → what changes what they stand for, in source order. What functions
 * of other files change of those files stands under `path#name`.
 */
export type Changes = ReadonlyMap<string, readonly Change[]>;

export function changesOf(module: SourceModule, syntax: SyntaxEnvironments): Changes {
  const analysis = syntax.analysis(module);
  const certain = new Map<string, Set<Stmt>>();
  for (const stmt of module.body)
    for (const name of changedBy(stmt, analysis)) {
      const known = certain.get(name) ?? new Set();
      certain.set(name, known.add(stmt));
    }
  const reaches = reachesOf(module, analysis, syntax);
  spread(certain, reaches);
  const result = new Map<string, Map<Stmt, Change>>();
  for (const [name, stmts] of certain) result.set(name, new Map([...stmts].map((stmt) => [stmt, { stmt }])));
  for (const stmt of module.body)
    for (const [name, doubt] of doubtsOf(stmt, module, syntax, reaches)) {
      const known = result.get(name) ?? new Map<Stmt, Change>();
      if (!known.has(stmt)) known.set(stmt, { stmt, doubt });
      result.set(name, known);
    }
  const order = new Map(module.body.map((stmt, n) => [stmt, n]));
  return new Map(
    [...result].map(([name, changes]) => [
      name,
      [...changes.values()].sort((a, b) => order.get(a.stmt)! - order.get(b.stmt)!),
    ]),
  );
}

function changedBy(stmt: Stmt, analysis: WriteAnalysis): Iterable<string> {
  if (stmt.type === "Func" || stmt.type === "Class") return [];
  // A labelled loop, say: it may change whatever it names.
  if (stmt.type === "Foreign") return stmt.free;
  if (stmt.type === "ExprStmt" && isDisplayName(stmt.expr)) return [];
  if (stmt.type !== "Declare") return analysis.effects(stmt).writes;
  const own = new Set(stmt.decls.flatMap((decl) => patternNames(decl.target)));
  const parts = stmt.decls.flatMap(({ target, init }) => [...(init ? [init] : []), ...defaultsOf(target)]);
  return parts.flatMap((part) => [...analysis.effects(whileLoading(part)).writes]).filter((x) => !own.has(x));
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
      return NOTHING;
    // What is written in an element is evaluated, its component is not called.
    case "Element":
      return strip({
        type: "Array",
        elements: [
          ...typed.props.map((prop) => (prop.type === "Spread" ? prop.arg : prop.value)),
          ...typed.children.map((child) => (child.type === "Spread" ? child.arg : child)),
        ],
      });
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

/** What a name reaches: what it stands for itself, and what is only held by it. */
export interface Reach {
  readonly same: Set<string>;
  readonly held: Set<string>;
}

export type Reaches = ReadonlyMap<string, Reach>;

/** What is changed through one name is changed for those that stand for the same, or that it holds. */
function spread(result: Map<string, Set<Stmt>>, reaches: Reaches): void {
  for (let grew = result.size > 0; grew; ) {
    grew = false;
    for (const [name, stmts] of [...result]) {
      const reach = reaches.get(name);
      if (!reach) continue;
      const add = (root: string, all: Iterable<Stmt>): void => {
        const known = result.get(root) ?? new Set();
        const before = known.size;
        for (const stmt of all) known.add(stmt);
        if (known.size > before) grew = true;
        if (known.size > 0) result.set(root, known);
      };
      for (const root of reach.same) add(root, stmts);
      // `copy.push(x)` leaves what `copy` was made of as it is; `copy[0].x = 1` does not.
      for (const root of reach.held)
        add(
          root,
          [...stmts].filter((stmt) => storedIn(stmt)?.name !== name),
        );
    }
  }
}

function reachesOf(module: SourceModule, analysis: WriteAnalysis, syntax: SyntaxEnvironments): Reaches {
  const reaches = new Map<string, Reach>();
  const of = (name: string): Reach => {
    const reach = reaches.get(name) ?? { same: new Set(), held: new Set() };
    reaches.set(name, reach);
    return reach;
  };
  const own = new Set(
    module.body.flatMap((stmt) =>
      stmt.type === "Declare" ? stmt.decls.flatMap(({ target }) => patternNames(target)) : [],
    ),
  );
  for (const stmt of module.body) {
    const store = storedIn(stmt);
    for (const value of store?.values ?? [])
      for (const root of analysis.origin(whileLoading(value)).roots) of(store!.name).held.add(root);
    if (stmt.type === "ExprStmt" && stmt.expr.type === "Assign" && stmt.expr.target.type === "Name") {
      const { roots, fresh } = analysis.origin(whileLoading(stmt.expr.value));
      for (const root of roots) of(stmt.expr.target.name)[fresh ? "held" : "same"].add(root);
    }
    // `put(TABLE, LIST)`, `Object.assign(TABLE, { LIST })`
    if (stmt.type === "ExprStmt" && stmt.expr.type === "Call" && !store)
      for (const [into, from] of analysis.effects(stmt).flows) if (own.has(into)) of(into).held.add(from);
    // `queue.take(LIST)` of a class may keep it.
    const method = stmt.type === "ExprStmt" && stmt.expr.type === "Call" && !store ? stmt.expr : undefined;
    if (method?.callee.type === "Member" && method.callee.object.type === "Name")
      if (own.has(method.callee.object.name) && !analysis.callee(method.callee))
        for (const name of mentionedNames(method.args))
          if (own.has(name)) of(method.callee.object.name).held.add(name);
    if (stmt.type !== "Declare") continue;
    for (const { target, init } of stmt.decls) {
      if (!init || init.type === "Arrow" || init.type === "Func") continue;
      for (const name of patternNames(target))
        for (const root of keptBy(init, module, syntax)) of(name).held.add(root);
      const { roots, fresh } = analysis.origin(whileLoading(init));
      for (const name of patternNames(target))
        for (const root of roots) of(name)[fresh && target.type === "Name" ? "held" : "same"].add(root);
    }
  }
  return reaches;
}

/** `list.push(x)`, `const n = list.push(x)`, `table.key = x`: a statement that changes what a name stands for, and nothing that it holds. */
function storedIn(
  stmt: Stmt,
): { readonly name: string; readonly values: readonly Surface.Expr[] } | undefined {
  const [decl, ...more] = stmt.type === "Declare" ? stmt.decls : [];
  const expr = stmt.type === "ExprStmt" ? stmt.expr : more.length === 0 ? decl?.init : undefined;
  const change = expr?.type === "Assign" ? expr.target : expr?.type === "Call" ? expr.callee : undefined;
  if (change?.type !== "Member" || change.object.type !== "Name") return undefined;
  const { name } = change.object;
  if (expr?.type === "Assign") return { name, values: [expr.value] };
  if (expr?.type !== "Call" || !MUTATORS.has(String(change.property))) return undefined;
  return { name, values: expr.args.map((arg) => (arg.type === "Spread" ? arg.arg : arg)) };
}
