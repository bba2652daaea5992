/**
 * Cuts the statements of a function into pure ones and regions that mutate (COMPILER 3 to 8, 12). A region runs from
 * the first declaration of what it writes to the last possible write, and stays one piece of Core text.
 */
import type * as Core from "../../../plan/core/ast.ts";
import type * as Surface from "../../surface.ts";
import { isBuiltinMethod } from "./methods.ts";
import { holdsArrow, lastMentions, mentionedNames, retainedArrows } from "./names.ts";
import type { Origin } from "./origin.ts";
import { patternNames } from "./shape.ts";
import { Bail, type Evaluation, report } from "./state.ts";
import { stateWritesIn } from "./state-writes.ts";
import { type Environment, lookup } from "./value.ts";
import { type SharedWrite, WriteAnalysis } from "./writes.ts";

export type Segment =
  | { readonly type: "pure"; readonly stmt: Surface.Stmt }
  | {
      readonly type: "region";
      readonly stmts: readonly Surface.Stmt[];
      /** Names that later statements use. */
      readonly liveOut: readonly string[];
      /** Holds a `return`, so that what follows belongs to it. */
      readonly exits: boolean;
      readonly span: Core.Span | undefined;
    };

export function segments(ev: Evaluation, stmts: readonly Surface.Stmt[], env: Environment): Segment[] {
  const ranges = new Map(join(stmts, regionsOf(ev, stmts, env)).map((range) => [range.from, range]));
  const last = lastMentions(stmts);
  const result: Segment[] = [];
  for (let n = 0; n < stmts.length; ) {
    const range = ranges.get(n);
    if (!range) {
      result.push({ type: "pure", stmt: stmts[n]! });
      n++;
      continue;
    }
    const inside = stmts.slice(range.from, range.to + 1);
    const declared = inside.flatMap(declaredBy);
    result.push({
      type: "region",
      stmts: inside,
      liveOut: declared.filter((name) => (last.get(name) ?? -1) > range.to),
      exits: inside.some(exits),
      span: inside[0]?.span,
    });
    n = range.to + 1;
  }
  return result;
}

interface Range {
  readonly from: number;
  readonly to: number;
}

function regionsOf(ev: Evaluation, stmts: readonly Surface.Stmt[], env: Environment): Range[] {
  const analysis = new WriteAnalysis(env);
  const declaredAt = new Map<string, number>();
  stmts.forEach((stmt, n) => {
    for (const name of declaredBy(stmt)) declaredAt.set(name, n);
    if (stmt.type === "Declare") {
      for (const decl of stmt.decls)
        if (decl.target.type === "Name" && decl.init?.type === "Arrow")
          analysis.functions.set(decl.target.name, decl.init);
    }
  });
  for (const stmt of stmts) {
    if (stmt.type !== "Declare") continue;
    for (const decl of stmt.decls)
      if (holdsArrow(decl.init) || mayMakeClosures(decl.init, analysis))
        for (const name of patternNames(decl.target)) {
          analysis.functionHolders.add(name);
          if (decl.init?.type === "Object") analysis.tables.add(name);
        }
  }
  for (const stmt of stmts) {
    if (stmt.type !== "Declare") continue;
    for (const decl of stmt.decls) {
      const whole = analysis.origin(decl.init);
      const origin: Origin =
        decl.target.type === "Name" ? whole : { roots: whole.roots, shared: whole.shared };
      for (const name of patternNames(decl.target))
        analysis.origins.set(name, {
          // what comes from the run alone is frozen: writing it is an error, not a region
          roots: stmt.kind === "const" && origin.shared ? origin.roots : new Set([name, ...origin.roots]),
          shared: origin.shared,
          ...(origin.fresh && { fresh: true as const }),
        });
    }
  }
  const classes = new Classes();
  const effects = stmts.map((stmt) => analysis.effects(stmt));
  /** What calling something that hangs on a name may write. */
  const carried = carriedWrites(stmts, analysis);
  for (const effect of effects) {
    for (const [name, written] of effect.carries)
      carried.set(name, new Set([...(carried.get(name) ?? []), written]));
  }
  for (const effect of effects) for (const [a, b] of effect.aliases) classes.union(a, b);
  for (const [name, origin] of analysis.origins) for (const root of origin.roots) classes.union(name, root);
  const flows = effects.flatMap((effect) => effect.flows);
  for (const [name, origin] of analysis.origins)
    for (const root of origin.roots) if (root !== name) flows.push([name, root]);
  spreadCarried(carried, flows);
  const ranges: Range[] = [];
  const toState = stateWritesIn(ev, stmts, env);
  const first = new Map<string, number>();
  for (const [name, at] of declaredAt) {
    const of = classes.find(name);
    first.set(of, Math.min(first.get(of) ?? at, at));
  }
  stmts.forEach((stmt, n) => {
    const effect = effects[n]!;
    for (const write of effect.shared)
      if (!toState.has(write.span?.start ?? -1)) sharedWrite(ev, write, stmt);
    const writes = new Set(effect.writes);
    const mentioned = mentionedNames(stmt);
    for (const name of mentioned) for (const written of carried.get(name) ?? []) writes.add(written);
    for (const name of writes) outerWrite(ev, analysis, name, declaredAt, stmt);
    const starts = [...writes].map((name) => first.get(classes.find(name))).filter((x) => x !== undefined);
    const from = Math.min(...starts, n);
    const declaresOnly =
      stmt.type === "Declare" && from === n && effect.writes.size === 0 && starts.length === 0;
    if (starts.length && !(declaresOnly || (from === n && isPlainDeclaration(stmt, writes))))
      ranges.push({ from, to: n });
    else if (alwaysRegion(stmt)) ranges.push({ from: n, to: n });
  });
  return ranges;
}

/** `const add = x => list.push(x)` writes nothing by itself. */
function isPlainDeclaration(stmt: Surface.Stmt, writes: ReadonlySet<string>): boolean {
  return (
    stmt.type === "Declare" &&
    writes.size > 0 &&
    stmt.decls.every((decl) => decl.init === undefined || decl.init.type === "Arrow")
  );
}

/** Local functions, and objects that hold functions, by name → what calling them writes outside of them. */
function carriedWrites(
  stmts: readonly Surface.Stmt[],
  analysis: WriteAnalysis,
): Map<string, ReadonlySet<string>> {
  const result = new Map<string, Set<string>>();
  for (const stmt of stmts) {
    if (stmt.type !== "Declare") continue;
    for (const decl of stmt.decls) {
      const writes = new Set<string>();
      for (const arrow of retainedArrows(decl.init))
        for (const name of analysis.summary(arrow).captured) writes.add(name);
      if (mayMakeClosures(decl.init, analysis))
        for (const name of analysis.effects(decl.init).writes) writes.add(name);
      if (writes.size) for (const name of patternNames(decl.target)) result.set(name, writes);
    }
  }
  return result;
}

/** An object that took in a function, or that which carries one, carries it as well. */
function spreadCarried(
  carried: Map<string, ReadonlySet<string>>,
  flows: readonly (readonly [string, string])[],
): void {
  for (let grew = carried.size > 0; grew; ) {
    grew = false;
    for (const [into, from] of flows) {
      const known = carried.get(into);
      const all = new Set([...(known ?? []), ...(carried.get(from) ?? [])]);
      if (all.size === (known?.size ?? 0)) continue;
      carried.set(into, all);
      grew = true;
    }
  }
}

/** A call of a function of the source: what it writes may be written again by what it returns. */
function mayMakeClosures(node: Surface.Expr | undefined, analysis: WriteAnalysis): node is Surface.Expr {
  if (node?.type !== "Call") return false;
  const { callee } = node;
  const fn = analysis.callee(callee);
  if (fn) return analysis.makesClosures(fn);
  if (callee.type !== "Member") return true;
  return typeof callee.property !== "string" || !isBuiltinMethod(callee.property);
}

/** A write to something that neither the list nor anything in it declares. */
function outerWrite(
  ev: Evaluation,
  { env, abroad }: WriteAnalysis,
  written: string,
  declaredAt: ReadonlyMap<string, number>,
  stmt: Surface.Stmt,
): void {
  if (declaredAt.has(written)) return;
  const elsewhere = abroad.get(written);
  const name = elsewhere?.name ?? written;
  const found = lookup(elsewhere?.env ?? env, name);
  if (!found) return;
  if (found.env.module) {
    report(
      ev,
      "SM105",
      stmt.span,
      `'${name}' belongs to the module and is changed while the workflow is rendered`,
      "Keep it in a local variable of the workflow function, or build a new value instead.",
    );
    return;
  }
  throw new Bail(`'${name}' is written in a nested function or block`, stmt.span);
}

function sharedWrite(ev: Evaluation, write: SharedWrite, stmt: Surface.Stmt): void {
  const fix: Record<string, string> = {
    sort: "Use toSorted(), which gives a new array.",
    reverse: "Use toReversed(), which gives a new array.",
    splice: "Use toSpliced(), which gives a new array.",
    push: "Build a new array: [...list, item].",
  };
  report(
    ev,
    "SM105",
    write.span ?? stmt.span,
    `this changes a value that others read (${write.method}); rows, inputs and named values are frozen`,
    fix[write.method] ?? "Copy it first: [...list] or { ...object }.",
  );
}

/** Kinds of statements that are left whole wherever they stand. */
function alwaysRegion(stmt: Surface.Stmt): boolean {
  switch (stmt.type) {
    case "Try":
    case "ForOf":
    case "For":
    case "While":
    case "DoWhile":
    case "ExprStmt":
      return true;
    default:
      return false;
  }
}

function join(stmts: readonly Surface.Stmt[], ranges: readonly Range[]): Range[] {
  const sorted = [...ranges].sort((a, b) => a.from - b.from);
  const result: Range[] = [];
  for (const range of sorted) {
    const last = result.at(-1);
    if (last && range.from <= last.to) {
      result[result.length - 1] = { from: last.from, to: Math.max(last.to, range.to) };
    } else result.push(range);
  }
  return result
    .map((range) =>
      stmts.slice(range.from, range.to + 1).some(exits) ? { from: range.from, to: stmts.length - 1 } : range,
    )
    .filter((range, n, all) => n === 0 || all[n - 1]!.to < range.from);
}

function declaredBy(stmt: Surface.Stmt): string[] {
  if (stmt.type === "Declare") return stmt.decls.flatMap((decl) => patternNames(decl.target));
  return [];
}

/** Whether a statement can leave the function it stands in. */
export function exits(node: unknown): boolean {
  if (typeof node !== "object" || node === null) return false;
  if (Array.isArray(node)) return node.some(exits);
  if ("type" in node) {
    if (node.type === "Return") return true;
    if (node.type === "Arrow" || node.type === "Func" || node.type === "Class") return false;
  }
  return Object.entries(node).some(([key, part]) => key !== "span" && exits(part));
}

class Classes {
  readonly #parents = new Map<string, string>();
  find(name: string): string {
    let at = name;
    for (;;) {
      const parent = this.#parents.get(at);
      if (parent === undefined) return at;
      // Long chains are halved on the way, so that many names of one class stay cheap.
      const above = this.#parents.get(parent);
      if (above !== undefined) this.#parents.set(at, above);
      at = parent;
    }
  }
  union(a: string, b: string): void {
    const [x, y] = [this.find(a), this.find(b)];
    if (x !== y) this.#parents.set(x, y);
  }
}
