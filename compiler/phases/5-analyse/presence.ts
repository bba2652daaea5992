/**
 * Reads of rows that may not be there yet, and what conditions say of them. A row is "known" where a condition that
 * holds could not hold without it.
 */
import type * as Core from "../../../plan/core/ast.ts";
import { printExpr } from "../../../plan/core/index.ts";
import type { NodeDraft } from "../4-lower/draft.ts";
import type { Model } from "./model.ts";
import { type OutputRead, outputRead } from "./reads.ts";

export interface Unguarded {
  readonly read: OutputRead;
  readonly member: Core.Member;
}

type Known = ReadonlySet<string>;

const MAX_DEPTH = 100;

/** What the conditions around a node say is there; with `own`, also those of the node itself. */
export function knownAround(model: Model, node: NodeDraft, own: boolean): Known {
  const walker = new Walker(model, () => {});
  const known = new Set<string>();
  const [parent] = model.above(node);
  for (const at of [...(own ? [node] : []), ...model.above(node)]) {
    const scope = model.above(at)[0] ?? parent ?? at;
    if (at.if) for (const key of walker.holds(scope, at.if, true)) known.add(key);
    if (at.else) for (const key of walker.holds(scope, at.else, false)) known.add(key);
    if (at.each?.if && at !== node) for (const key of walker.holds(at, at.each.if, true)) known.add(key);
  }
  return known;
}

/** Members of rows that are read although nothing says that the row is there. Functions are not looked into. */
export function unguardedIn(model: Model, scope: NodeDraft, expr: Core.Expr, known: Known): Unguarded[] {
  const found: Unguarded[] = [];
  new Walker(model, (one) => found.push(one)).check(scope, expr, known);
  return found;
}

class Walker {
  readonly #model: Model;
  readonly #report: (found: Unguarded) => void;
  readonly #followed = new Set<Core.Expr>();
  #depth = 0;

  constructor(model: Model, report: (found: Unguarded) => void) {
    this.#model = model;
    this.#report = report;
  }

  check(scope: NodeDraft, expr: Core.Expr, known: Known): void {
    if (this.#depth > MAX_DEPTH) return;
    this.#depth++;
    this.#check(scope, expr, known);
    this.#depth--;
  }

  #check(scope: NodeDraft, expr: Core.Expr, known: Known): void {
    const each = (...parts: readonly (Core.Expr | Core.Spread | null)[]): void => {
      for (const part of parts) if (part) this.check(scope, part.type === "Spread" ? part.arg : part, known);
    };
    switch (expr.type) {
      case "Logical": {
        this.check(scope, expr.left, known);
        const more = expr.op === "??" ? known : both(known, this.holds(scope, expr.left, expr.op === "&&"));
        this.check(scope, expr.right, more);
        return;
      }
      case "Conditional":
        this.check(scope, expr.test, known);
        this.check(scope, expr.then, both(known, this.holds(scope, expr.test, true)));
        this.check(scope, expr.else, both(known, this.holds(scope, expr.test, false)));
        return;
      case "Member": {
        const read = this.#rowOf(scope, expr.object);
        if (read && !expr.optional && !known.has(printExpr(read.call))) this.#report({ read, member: expr });
        each(expr.object, typeof expr.property === "string" ? null : expr.property);
        return;
      }
      case "Name": {
        const meaning = this.#model.lookup(scope, expr.name);
        if (!meaning || typeof meaning.expr === "string" || meaning.expr.type === "Arrow") return;
        if (this.#followed.has(meaning.expr)) return;
        this.#followed.add(meaning.expr);
        this.check(meaning.from, meaning.expr, known);
        return;
      }
      case "Call":
        each(expr.callee, ...expr.args);
        return;
      case "Chain":
        each(expr.expr);
        return;
      case "Template":
        each(...expr.exprs);
        return;
      case "Unary":
        each(expr.arg);
        return;
      case "Binary":
        each(expr.left, expr.right);
        return;
      case "Array":
        each(...expr.elements);
        return;
      case "Object":
        for (const prop of expr.props) each(prop.type === "Spread" ? prop.arg : prop.value);
        return;
      case "New":
        each(...expr.args);
        return;
      case "Comma":
      case "Assign":
      case "Update":
      case "Arrow":
      case "Literal":
      case "Regex":
        return;
      default:
        expr satisfies never;
    }
  }

  /** The rows without which an expression could not count as true (or as false). */
  holds(scope: NodeDraft, expr: Core.Expr, truth: boolean): string[] {
    if (this.#depth > MAX_DEPTH) return [];
    this.#depth++;
    const found = this.#holds(scope, expr, truth);
    this.#depth--;
    return found;
  }

  #holds(scope: NodeDraft, expr: Core.Expr, truth: boolean): string[] {
    switch (expr.type) {
      case "Unary":
        return expr.op === "!" ? this.holds(scope, expr.arg, !truth) : [];
      case "Logical":
        if (expr.op === (truth ? "&&" : "||"))
          return [...this.holds(scope, expr.left, truth), ...this.holds(scope, expr.right, truth)];
        // `row?.ok ?? false` holds only where the row is.
        if (truth && isFalse(expr.right)) return this.holds(scope, expr.left, true);
        return expr.op === "&&" || expr.op === "||" ? this.#shared(scope, expr, truth) : [];
      case "Binary":
        return this.#compared(scope, expr, truth);
      case "Name": {
        const read = this.#rowOf(scope, expr);
        if (read) return truth ? [printExpr(read.call)] : [];
        const meaning = this.#model.lookup(scope, expr.name);
        if (!meaning || typeof meaning.expr === "string") return [];
        return this.holds(meaning.from, meaning.expr, truth);
      }
      case "Conditional":
        if (truth && isFalse(expr.else))
          return [...this.holds(scope, expr.test, true), ...this.holds(scope, expr.then, true)];
        if (truth && isFalse(expr.then))
          return [...this.holds(scope, expr.test, false), ...this.holds(scope, expr.else, true)];
        return [];
      default:
        return truth ? this.#needed(scope, expr) : [];
    }
  }

  /** What both sides of an alternative have in common. */
  #shared(scope: NodeDraft, expr: Core.Logical, truth: boolean): string[] {
    const right = new Set(this.holds(scope, expr.right, truth));
    return this.holds(scope, expr.left, truth).filter((key) => right.has(key));
  }

  #compared(scope: NodeDraft, { op, left, right }: Core.Binary, truth: boolean): string[] {
    const none = isNothing(left) || isNothing(right);
    const other = isNothing(left) ? right : left;
    const sides = (): string[] => [...this.#needed(scope, left), ...this.#needed(scope, right)];
    switch (op) {
      case "===":
      case "==":
        if (none) return truth ? [] : this.#needed(scope, other);
        return truth ? sides() : [];
      case "!==":
      case "!=":
        if (none) return truth ? this.#needed(scope, other) : [];
        return truth ? [] : sides();
      case "<":
      case "<=":
      case ">":
      case ">=":
        return truth ? sides() : [];
      default:
        return [];
    }
  }

  /** The rows without which a value would be undefined. */
  #needed(scope: NodeDraft, expr: Core.Expr): string[] {
    if (this.#depth > MAX_DEPTH) return [];
    const read = this.#rowOf(scope, expr);
    if (read) return [printExpr(read.call)];
    switch (expr.type) {
      case "Chain":
        return this.#needed(scope, expr.expr);
      case "Member":
        return this.#needed(scope, expr.object);
      case "Call": {
        const [first] = expr.args;
        if (expr.callee.type === "Name" && expr.callee.name === "Boolean" && first && first.type !== "Spread")
          return this.holds(scope, first, true);
        return expr.callee.type === "Member" ? this.#needed(scope, expr.callee.object) : [];
      }
      case "Unary":
        return expr.op === "typeof" ? this.#needed(scope, expr.arg) : [];
      case "Logical":
        // `row?.count ?? 0` may be there without the row.
        return expr.op === "&&" ? this.#needed(scope, expr.right) : [];
      case "Name": {
        const meaning = this.#model.lookup(scope, expr.name);
        if (!meaning || typeof meaning.expr === "string" || meaning.expr.type === "Arrow") return [];
        this.#depth++;
        const found = this.#needed(meaning.from, meaning.expr);
        this.#depth--;
        return found;
      }
      default:
        return [];
    }
  }

  /** The read that an expression is, itself or by name, where it may give nothing. */
  #rowOf(scope: NodeDraft, expr: Core.Expr): OutputRead | null {
    const read = outputRead(expr);
    if (read) return read.method === "outputMaybe" || read.method === "latest" ? read : null;
    if (expr.type !== "Name") return null;
    const meaning = this.#model.lookup(scope, expr.name);
    if (!meaning || typeof meaning.expr === "string" || meaning.expr.type === "Name") return null;
    return this.#rowOf(meaning.from, meaning.expr);
  }
}

function both(known: Known, more: readonly string[]): Known {
  return more.length === 0 ? known : new Set([...known, ...more]);
}

const isNothing = (expr: Core.Expr): boolean =>
  (expr.type === "Name" && expr.name === "undefined") || (expr.type === "Literal" && expr.value === null);

/** A value that never counts as true. */
const isFalse = (expr: Core.Expr): boolean => isNothing(expr) || (expr.type === "Literal" && !expr.value);
