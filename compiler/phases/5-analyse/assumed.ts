/**
 * What conditions say of values: which of them are not `undefined` and not `null` where a condition holds. Values are
 * told by paths that are the same under whatever names and with or without `?.`: `ctx.input.note`.
 */
import type * as Core from "../../../plan/core/ast.ts";
import { printExpr } from "../../../plan/core/index.ts";
import { itemFacts } from "./items.ts";
import { Narrowed } from "./narrowed.ts";
import { MAX_DEPTH, pathOf, type Standing, without } from "./paths.ts";
import { outputRead } from "./reads.ts";
import type { Type } from "./types.ts";

/** What a value is known not to be. */
type Excluded = "undefined" | "null" | "both";
type Fact = readonly [path: string, not: Excluded];

/** Behind the path of a list: it has items. */
const SOME = "#some";
const REORDERS: ReadonlySet<string> = new Set(["toSorted", "toReversed"]);

/** Facts that hold together, and what was worked out under them. */
export class Assumed {
  readonly #facts: ReadonlyMap<string, Excluded>;
  /** Whether what runs before makes sure of a row, or of a row of a table. */
  readonly isThere: (expr: Core.Expr) => boolean;
  /** Steps that may still be taken; beyond them nothing is said. Shared by all that is derived. */
  readonly budget: { left: number };
  readonly values = new Map<Core.Expr, Type | null>();
  /** Which alternatives of unions values are. */
  readonly narrowed: Narrowed;

  constructor(
    isThere: (expr: Core.Expr) => boolean,
    budget: { left: number },
    facts: ReadonlyMap<string, Excluded> = new Map(),
    narrowed: Narrowed = Narrowed.nothing,
  ) {
    this.isThere = isThere;
    this.budget = budget;
    this.#facts = facts;
    this.narrowed = narrowed;
  }

  /** The same where `test` counts as true (or as false) as well. */
  where(at: Standing, test: Core.Expr, truth: boolean): Assumed {
    return this.#and(factsIn(at, test, truth, 0), this.narrowed.where(at, test, truth));
  }

  /** The same where `expr` is neither `undefined` nor `null`, or certainly one of them. */
  given(at: Standing, expr: Core.Expr): Assumed {
    return this.#and(present(at, expr, "both"));
  }

  /** The same for the parameter of a callback, whose list lets only some items through. */
  ofItems(at: Standing, list: Core.Expr, param: Core.Pattern): Assumed {
    const facts = itemFacts<Excluded>(at, list, param, factsIn, ["both"]);
    return this.#and(facts, this.narrowed.ofItems(at, list, param));
  }

  /** The same where names stand for something else than before. */
  hiding(names: readonly string[]): Assumed {
    const facts = without([...this.#facts], names);
    const narrowed = this.narrowed.hiding(names);
    if (facts.length === this.#facts.size && narrowed === this.narrowed) return this;
    return new Assumed(this.isThere, this.budget, new Map(facts), narrowed);
  }

  #and(more: readonly Fact[], narrowed = this.narrowed): Assumed {
    if (more.length === 0 && narrowed === this.narrowed) return this;
    const facts = new Map(this.#facts);
    for (const [path, not] of more) {
      const known = facts.get(path);
      facts.set(path, known === undefined || known === not ? not : "both");
    }
    return new Assumed(this.isThere, this.budget, facts, narrowed);
  }

  /** A type without what the value of `expr` is known not to be. */
  narrow(at: Standing, expr: Core.Expr, whole: Type | null): Type | null {
    const type = this.narrowed.narrow(at, expr, whole);
    if (!type?.alternatives.some(({ kind }) => kind === "undefined" || kind === "null")) return type;
    const path = pathOf(at, expr);
    const not = path === null ? undefined : this.#facts.get(path);
    const isThere = this.isThere(expr) || this.#isOneOfSome(at, expr);
    if (not === undefined && !isThere) return type;
    const gone = (kind: string): boolean =>
      (kind === "undefined" && (isThere || not !== "null")) ||
      (kind === "null" && not !== undefined && not !== "undefined");
    return { ...type, alternatives: type.alternatives.filter(({ kind }) => !gone(kind)) };
  }

  /** `list.at(-1)`, `list[0]` of a list that has items. */
  #isOneOfSome(at: Standing, expr: Core.Expr): boolean {
    const list = endOf(expr);
    if (!list) return false;
    const path = pathOf(at, list);
    return (path !== null && this.#facts.has(path + SOME)) || this.isThere(sourceOf(at, list));
  }
}

/** The list whose items another has, in whatever order: `ctx.outputs.t` of `const rows = ctx.outputs.t ?? []`. */
function sourceOf(at: Standing, list: Core.Expr, depth = 0): Core.Expr {
  if (depth > MAX_DEPTH) return list;
  if (list.type === "Chain") return sourceOf(at, list.expr, depth + 1);
  if (list.type === "Logical" && list.op !== "&&") return sourceOf(at, list.left, depth + 1);
  if (list.type === "Call" && list.callee.type === "Member" && REORDERS.has(String(list.callee.property)))
    return sourceOf(at, list.callee.object, depth + 1);
  if (list.type !== "Name" || at.names.get(list.name) !== undefined) return list;
  const meaning = at.model.lookup(at.node, list.name);
  if (!meaning || typeof meaning.expr === "string") return list;
  return sourceOf({ ...at, node: meaning.from }, meaning.expr, depth + 1);
}

/** The list whose first or last item an expression takes. */
function endOf(expr: Core.Expr): Core.Expr | null {
  if (expr.type === "Chain") return endOf(expr.expr);
  if (expr.type === "Member") {
    const { property } = expr;
    if (typeof property === "string") return null;
    const isFirst = property.type === "Literal" && property.value === 0;
    const isLast = property.type === "Binary" && property.op === "-";
    return isFirst || isLast ? expr.object : null;
  }
  if (expr.type !== "Call" || expr.callee.type !== "Member" || expr.callee.property !== "at") return null;
  const [index] = expr.args;
  const text = index && index.type !== "Spread" ? printExpr(index) : "0";
  return text === "0" || text === "-1" ? expr.callee.object : null;
}

/** A value that is there, and with it all that it is read from. */
function present(at: Standing, expr: Core.Expr, not: Excluded): Fact[] {
  const path = pathOf(at, expr);
  const own: Fact[] = path === null ? [] : [[path, not]];
  return [...own, ...(not === "null" ? [] : sources(at, expr, 0))];
}

/** What must be there for a value to be anything but undefined. */
function sources(at: Standing, expr: Core.Expr, depth: number): Fact[] {
  if (depth > MAX_DEPTH) return [];
  const around = (of: Core.Expr): Fact[] => {
    const path = pathOf(at, of);
    const own: Fact[] = path === null ? [] : [[path, "both"]];
    const list = endOf(of);
    const some = list && pathOf(at, list);
    return [...own, ...(some ? [[some + SOME, "both"] as const] : []), ...sources(at, of, depth + 1)];
  };
  switch (expr.type) {
    case "Chain":
      return sources(at, expr.expr, depth + 1);
    case "Member":
      return around(expr.object);
    case "Call":
      return expr.callee.type === "Member" && !outputRead(expr) ? around(expr.callee.object) : [];
    case "Logical":
      // `row?.text ?? ""` may be there without the row; `row && row.text` may not.
      return expr.op === "&&" ? around(expr.right) : [];
    case "Name": {
      if (at.names.get(expr.name) !== undefined) return [];
      const meaning = at.model.lookup(at.node, expr.name);
      if (!meaning || typeof meaning.expr === "string" || meaning.expr.type === "Arrow") return [];
      return sources({ ...at, node: meaning.from }, meaning.expr, depth + 1);
    }
    default:
      return [];
  }
}

function factsIn(at: Standing, test: Core.Expr, truth: boolean, depth: number): Fact[] {
  if (depth > MAX_DEPTH) return [];
  const into = (part: Core.Expr, holds: boolean): Fact[] => factsIn(at, part, holds, depth + 1);
  switch (test.type) {
    case "Unary":
      return test.op === "!" ? into(test.arg, !truth) : [];
    case "Logical": {
      if (test.op === (truth ? "&&" : "||")) return [...into(test.left, truth), ...into(test.right, truth)];
      if (truth && test.op !== "&&" && isFalsy(test.right)) return into(test.left, true);
      if (test.op === "??") return [];
      const right = new Set(into(test.right, truth).map(([path, not]) => `${not} ${path}`));
      return into(test.left, truth).filter(([path, not]) => right.has(`${not} ${path}`));
    }
    case "Binary":
      return compared(at, test, truth);
    case "Conditional":
      if (truth && isFalsy(test.else)) return [...into(test.test, true), ...into(test.then, true)];
      if (truth && isFalsy(test.then)) return [...into(test.test, false), ...into(test.else, true)];
      return [];
    case "Name": {
      const own = truth ? present(at, test, "both") : [];
      if (at.names.get(test.name) !== undefined) return own;
      const meaning = at.model.lookup(at.node, test.name);
      if (!meaning || typeof meaning.expr === "string" || meaning.expr.type === "Arrow") return own;
      return [...own, ...factsIn({ ...at, node: meaning.from }, meaning.expr, truth, depth + 1)];
    }
    case "Call": {
      const [first] = test.args;
      const isPlain = test.callee.type === "Name" ? test.callee.name === "Boolean" : isArrayTest(test.callee);
      if (isPlain && first && first.type !== "Spread")
        return [...into(first, truth), ...(truth ? present(at, first, "both") : [])];
      if (!truth) return [];
      const { callee } = test;
      const isSome =
        callee.type === "Member" && (callee.property === "some" || callee.property === "includes");
      return [...present(at, test, "both"), ...(isSome ? hasItems(at, callee.object) : [])];
    }
    case "Member":
    case "Chain": {
      if (!truth) return [];
      const inner = test.type === "Chain" ? test.expr : test;
      if (test.type === "Chain" && inner.type === "Call") return into(inner, true);
      const isLength = inner.type === "Member" && inner.property === "length";
      return [...present(at, test, "both"), ...(isLength ? hasItems(at, inner.object) : [])];
    }
    default:
      return [];
  }
}

function hasItems(at: Standing, list: Core.Expr): Fact[] {
  const path = pathOf(at, list);
  return path === null ? [] : [[path + SOME, "both"]];
}

const isArrayTest = (callee: Core.Expr): boolean =>
  callee.type === "Member" &&
  callee.property === "isArray" &&
  callee.object.type === "Name" &&
  callee.object.name === "Array";

function compared(at: Standing, test: Core.Binary, truth: boolean): Fact[] {
  const { op, left, right } = test;
  const equal = op === "===" || op === "==";
  const unequal = op === "!==" || op === "!=";
  const nothing = nothingOf(left) ?? nothingOf(right);
  if (nothing && (equal || unequal)) {
    if (truth === equal) return [];
    return present(at, nothingOf(left) ? right : left, op.length === 2 ? "both" : nothing);
  }
  const facts = standIn(at, test, truth);
  if (equal || unequal) {
    if (truth === equal) return [...facts, ...side(at, left, right), ...side(at, right, left)];
    return isZero(right) ? [...facts, ...some(at, left)] : facts;
  }
  if (op !== "<" && op !== "<=" && op !== ">" && op !== ">=") return facts;
  if (!truth) return [...facts, ...sized(at, op, left, right)];
  return [
    ...facts,
    ...side(at, left, right),
    ...side(at, right, left),
    ...(op === ">" || (op === ">=" && !isZero(right)) ? some(at, left) : []),
    ...(op === "<" || (op === "<=" && !isZero(left)) ? some(at, right) : []),
  ];
}

const isZero = (expr: Core.Expr): boolean => expr.type === "Literal" && expr.value === 0;

/** `list.length < 1` and `list.length <= 0` that do not hold. */
function sized(at: Standing, op: Core.Binary["op"], left: Core.Expr, right: Core.Expr): Fact[] {
  if (right.type !== "Literal") return [];
  return (op === "<" && right.value === 1) || (op === "<=" && right.value === 0) ? some(at, left) : [];
}

function some(at: Standing, length: Core.Expr): Fact[] {
  const bare = length.type === "Logical" && length.op !== "&&" ? length.left : length;
  const inner = bare.type === "Chain" ? bare.expr : bare;
  return inner.type === "Member" && inner.property === "length"
    ? [...hasItems(at, inner.object), ...present(at, inner.object, "both")]
    : [];
}

/** A side of a comparison that would not hold for `undefined`. */
function side(at: Standing, expr: Core.Expr, other: Core.Expr): Fact[] {
  if (expr.type === "Unary" && expr.op === "typeof")
    return other.type === "Literal" && other.value !== "undefined" ? present(at, expr.arg, "undefined") : [];
  if (expr.type === "Logical" && expr.op !== "&&") return [];
  return isFixed(other) ? present(at, expr, "both") : [];
}

/** `(row?.count ?? 0) > 0` needs the row: what stands in for it would not do. */
function standIn(at: Standing, { op, left, right }: Core.Binary, truth: boolean): Fact[] {
  if (left.type !== "Logical" || left.op === "&&") return [];
  if (left.right.type !== "Literal" || right.type !== "Literal") return [];
  const answer = answerOf(op, left.right.value, right.value);
  return answer === null || answer === truth ? [] : present(at, left.left, "both");
}

type Plain = Core.Literal["value"];

function answerOf(op: Core.Binary["op"], left: Plain, right: Plain): boolean | null {
  if (op === "===" || op === "==") return left === right;
  if (op === "!==" || op === "!=") return left !== right;
  if (typeof left !== "number" || typeof right !== "number") return null;
  if (op === "<") return left < right;
  if (op === "<=") return left <= right;
  if (op === ">") return left > right;
  return op === ">=" ? left >= right : null;
}

/** Whether a value is there: nothing equals or exceeds it that is not. */
const isFixed = (expr: Core.Expr): boolean =>
  (expr.type === "Literal" && expr.value !== null) || expr.type === "Template" || expr.type === "Binary";

function nothingOf(expr: Core.Expr): "undefined" | "null" | null {
  if (expr.type === "Name" && expr.name === "undefined") return "undefined";
  return expr.type === "Literal" && expr.value === null ? "null" : null;
}

const isFalsy = (expr: Core.Expr): boolean =>
  nothingOf(expr) !== null || (expr.type === "Literal" && !expr.value);
