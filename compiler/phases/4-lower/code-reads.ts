/**
 * What a function that runs as code reads of `ctx`. It gets a snapshot (DESIGN §4, Modules), so every row it can ask
 * for must be named here; where a read can't be told, all rows are.
 */
import type * as Core from "../../../plan/core/ast.ts";
import { printExpr, readsOf } from "../../../plan/core/index.ts";
import type * as Surface from "../../surface.ts";
import { evaluate } from "../3-evaluate/evaluate.ts";
import { freeNames } from "../3-evaluate/names.ts";
import { reify } from "../3-evaluate/reify.ts";
import type { Evaluation } from "../3-evaluate/state.ts";
import { type Closure, type Code, type Environment, lookup, lookupLocal } from "../3-evaluate/value.ts";
import type { Field, NodeDraft } from "./draft.ts";

interface CodeReads {
  /** Cells as plan/core/reads.ts names them, sorted. */
  readonly cells: readonly string[];
  /** `ctx.output(…)` reads that every call of the function makes: without them it can't run. */
  readonly waits: readonly Core.Expr[];
}

function codeReads(ev: Evaluation, fn: Closure | Code): CodeReads {
  const reader = new CodeReader(ev);
  reader.function(fn, true);
  return { cells: [...reader.cells].sort(), waits: [...reader.waits.values()] };
}

/**
 * Notes what a node's function reads. What it surely reads with `ctx.output` is taken along, so that the task waits for it.
 */
export function noteReads(
  ev: Evaluation,
  node: NodeDraft,
  fn: Closure | Code,
  captures: Map<string, Field>,
): void {
  const { cells, waits } = codeReads(ev, fn);
  for (const [i, expr] of waits.entries()) captures.set(`$output${i}`, { type: "core", expr });
  node.codeReads = cells;
}

/** Reads one function and the local ones it calls. */
class CodeReader {
  readonly cells = new Set<string>();
  /** By their own text, so that the same read is waited for once. */
  readonly waits = new Map<string, Core.Expr>();
  readonly #ev: Evaluation;
  readonly #seen = new Set<object>();

  constructor(ev: Evaluation) {
    this.#ev = ev;
  }

  function(fn: Closure | Code, always: boolean): void {
    const syntax = fn.type === "Closure" ? fn.arrow : fn.func;
    if (this.#seen.has(syntax)) return;
    this.#seen.add(syntax);
    const own = boundNames(syntax);
    const names = fn.type === "Closure" ? freeNames(syntax) : new Set(fn.func.free);
    for (const name of names) {
      const value = lookupLocal(fn.env, name)?.value;
      if (value?.type === "Closure" || value?.type === "Code") this.function(value, false);
    }
    const isCtx = (node: unknown): boolean => {
      if (!isNode(node) || node.type !== "Name" || own.has(node.name)) return false;
      const value = lookupLocal(fn.env, node.name)?.value;
      return value?.type === "Residual" && value.expr.type === "Name" && value.expr.name === "ctx";
    };
    this.#visit(syntax.body, { env: fn.env, own, isCtx }, always);
  }

  /** `always`: the part runs at every call of the function, before anything can have returned. */
  #visit(node: unknown, at: Place, always: boolean): void {
    if (Array.isArray(node)) {
      let still = always;
      for (const item of node) {
        this.#visit(item, at, still);
        // After a statement that may leave the function nothing is sure any more.
        still &&= !mayLeave(item);
      }
      return;
    }
    if (!isNode(node)) {
      if (typeof node === "object" && node !== null)
        for (const part of Object.values(node)) this.#visit(part, at, false);
      return;
    }
    const read = this.#ctxRead(node, at);
    if (read) {
      for (const cell of read.cells) this.cells.add(cell);
      if (always && read.wait) this.waits.set(printExpr(read.wait), read.wait);
      // Arguments may hold reads of their own.
      if (node.type === "Call") this.#visit(node.args, at, false);
      return;
    }
    if (at.isCtx(node)) {
      this.cells.add("ctx");
      return;
    }
    switch (node.type) {
      case "Foreign":
        if (node.parts) this.#visit(node.parts, at, always);
        else if (node.free.some((name) => at.isCtx({ type: "Name", name }))) this.cells.add("ctx");
        return;
      case "Conditional":
      case "If":
        this.#visit(node.test, at, always);
        this.#visit([node.then, node.else], at, false);
        return;
      case "Logical":
        this.#visit(node.left, at, always);
        this.#visit(node.right, at, false);
        return;
      case "Block":
        this.#visit(node.body, at, always);
        return;
      case "Declare":
        for (const { init } of node.decls) this.#visit(init, at, always);
        for (const { target } of node.decls) this.#visit(target, at, false);
        return;
      case "ExprStmt":
        this.#visit(node.expr, at, always);
        return;
      case "Return":
        this.#visit(node.value, at, always);
        return;
      case "Member":
      case "Call":
      case "New":
      case "Object":
      case "Property":
      case "Array":
      case "Template":
      case "Binary":
      case "Unary":
      case "Comma":
        for (const [field, part] of Object.entries(node)) if (field !== "span") this.#visit(part, at, always);
        return;
      default:
        // Loops, `try`, inner functions, optional chains' later links and the rest: read, but not surely.
        for (const [field, part] of Object.entries(node)) if (field !== "span") this.#visit(part, at, false);
    }
  }

  /** A read of `ctx` by member or call, with what is known of its arguments. */
  #ctxRead(node: Node, at: Place): { cells: readonly string[]; wait: Core.Expr | null } | null {
    if (
      node.type === "Call" &&
      isNode(node.callee) &&
      node.callee.type === "Member" &&
      at.isCtx(node.callee.object)
    ) {
      const { property } = node.callee;
      if (typeof property !== "string" || !ROW_READS.has(property))
        return { cells: cellsOf(node), wait: null };
      const known = this.#evaluated(node, at);
      if (known) return { cells: readsOf(known), wait: property === "output" ? known : null };
      const table = this.#table(node.args[0], at);
      return { cells: [table === null ? "outputs.*" : `outputs.${table}`], wait: null };
    }
    // `ctx.state.get('phase')` is one read; `ctx.state.set('phase', …)` is none.
    if (
      node.type === "Call" &&
      isNode(node.callee) &&
      node.callee.type === "Member" &&
      isNode(node.callee.object) &&
      node.callee.object.type === "Member" &&
      (node.callee.object.property === "state" || node.callee.object.property === "vol") &&
      at.isCtx(node.callee.object.object)
    )
      return { cells: cellsOf(node), wait: null };
    if (node.type !== "Member") return null;
    // `ctx.outputs.review` is one read, not one of `ctx.outputs`.
    if (isNode(node.object) && node.object.type === "Member" && at.isCtx(node.object.object))
      return { cells: cellsOf(node), wait: null };
    return at.isCtx(node.object) ? { cells: cellsOf(node), wait: null } : null;
  }

  /** The whole call as Core, where it uses nothing of the function's own. */
  #evaluated(node: Extract<Node, { type: "Call" }>, at: Place): Core.Expr | null {
    if (![...freeNames(node)].every((name) => !at.own.has(name) && lookup(at.env, name))) return null;
    const value = evaluate(this.#ev, node, at.env);
    return value.type === "Residual" ? reify(this.#ev, value) : null;
  }

  #table(arg: unknown, at: Place): string | null {
    if (!isNode(arg)) return null;
    if (arg.type === "Literal") return typeof arg.value === "string" ? arg.value : null;
    if (arg.type !== "Member" && arg.type !== "Name") return null;
    if (![...freeNames(arg)].every((name) => !at.own.has(name) && lookup(at.env, name))) return null;
    const value = evaluate(this.#ev, arg, at.env);
    if (value.type === "Table") return value.name;
    return value.type === "Known" && typeof value.value === "string" ? value.value : null;
  }
}

interface Place {
  readonly env: Environment;
  /** Names that the function binds anywhere in it. */
  readonly own: ReadonlySet<string>;
  readonly isCtx: (node: unknown) => boolean;
}

const ROW_READS: ReadonlySet<string> = new Set(["output", "outputMaybe", "latest", "iterationCount"]);

type Node = Surface.Expr | Surface.Stmt | Core.Property<Surface.Extra>;

function isNode(node: unknown): node is Node {
  return typeof node === "object" && node !== null && "type" in node;
}

/** Parts that Core can't hold count as unknown. */
function cellsOf(node: Node): readonly string[] {
  const known = (part: unknown): unknown => {
    if (typeof part !== "object" || part === null) return part;
    if (Array.isArray(part)) return part.map(known);
    if ("type" in part && FOREIGN.has(part.type)) return { type: "Name", name: "unknown" };
    return Object.fromEntries(Object.entries(part).map(([field, value]) => [field, known(value)]));
  };
  return readsOf(known(node) as Core.Expr).filter((cell) => !cell.startsWith("name:"));
}

const FOREIGN: ReadonlySet<unknown> = new Set(["Element", "Func", "Class", "Construct", "Foreign"]);

function mayLeave(node: unknown): boolean {
  if (typeof node !== "object" || node === null) return false;
  if (Array.isArray(node)) return node.some(mayLeave);
  if ("type" in node) {
    if (node.type === "Return" || node.type === "Throw") return true;
    if (node.type === "Arrow" || node.type === "Func") return false;
  }
  return Object.values(node).some(mayLeave);
}

/** All names bound anywhere in a function, its parameters included. */
function boundNames(syntax: Core.Arrow<Surface.Extra> | Surface.Func): Set<string> {
  const bound = new Set<string>();
  const pattern = (node: unknown): void => {
    if (!isNode(node)) {
      if (typeof node === "object" && node !== null) for (const part of Object.values(node)) pattern(part);
    } else if (node.type === "Name") bound.add(node.name);
    else for (const [field, part] of Object.entries(node)) if (field !== "span") pattern(part);
  };
  const visit = (node: unknown): void => {
    if (typeof node !== "object" || node === null) return;
    if (isNode(node)) {
      if (node.type === "Arrow" || node.type === "Func") {
        for (const param of node.params) pattern(param);
        if (node.rest) pattern(node.rest);
      } else if (node.type === "Declare") for (const { target } of node.decls) pattern(target);
      else if (node.type === "ForOf" && node.kind) pattern(node.target);
      else if (node.type === "Try" && node.param) pattern(node.param);
    }
    for (const part of Object.values(node)) visit(part);
  };
  visit(syntax);
  return bound;
}
