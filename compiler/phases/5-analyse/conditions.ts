/** Under which conditions nodes are mounted, and which of them exclude one another. */
import type * as Core from "../../../plan/core/ast.ts";
import { printExpr } from "../../../plan/core/index.ts";
import { POISON_MARK } from "../3-evaluate/poison.ts";
import type { NodeDraft } from "../4-lower/draft.ts";
import { contradict } from "./claims.ts";
import type { Model } from "./model.ts";

export interface Fact {
  readonly test: Core.Expr;
  /** Whether the test must come out true. */
  readonly holds: boolean;
}

/** Conditions under which a node is mounted. */
export interface Facts {
  /** By the test's text. */
  readonly certain: Map<string, Fact>;
  /** Of each of these, one must hold: what is left of `!(a && b)` or `a || b`. */
  readonly choices: (readonly Facts[])[];
}

export const noFacts = (): Facts => ({ certain: new Map(), choices: [] });

export function factsOf(model: Model, node: NodeDraft): Facts {
  const facts = noFacts();
  for (const at of [node, ...model.above(node)]) {
    if (at.if) assume(facts, at.if, true);
    if (at.else) assume(facts, at.else, false);
  }
  return facts;
}

export function assume(facts: Facts, test: Core.Expr, holds: boolean): void {
  if (test.type === "Unary" && test.op === "!") assume(facts, test.arg, !holds);
  else if (test.type === "Logical" && test.op === (holds ? "&&" : "||")) {
    assume(facts, test.left, holds);
    assume(facts, test.right, holds);
  } else if (test.type === "Binary" && (test.op === "!==" || test.op === "!="))
    assume(facts, { ...test, op: test.op === "!==" ? "===" : "==" }, !holds);
  else {
    facts.certain.set(printExpr(test), { test, holds });
    if (test.type === "Logical" && test.op === (holds ? "||" : "&&"))
      facts.choices.push(
        [test.left, test.right].map((part) => {
          const alternative = noFacts();
          assume(alternative, part, holds);
          return alternative;
        }),
      );
  }
}

/**
 * Whether no run can fulfil both: one needs what the other denies, or both claim of one value what no value fulfils
 * (`n > 0` and `n === 0`), or every way to fulfil one is shut out by the other.
 */
export function exclude(a: Facts, b: Facts): boolean {
  // What was reported may exclude anything.
  if ([...a.certain.keys(), ...b.certain.keys()].some((text) => text.includes(POISON_MARK))) return true;
  for (const [text, { test, holds }] of a.certain) {
    const other = b.certain.get(text);
    if (other && other.holds !== holds) return true;
    for (const fact of b.certain.values()) if (contradict(test, holds, fact.test, fact.holds)) return true;
  }
  return (
    a.choices.some((ways) => ways.every((way) => exclude(way, b))) ||
    b.choices.some((ways) => ways.every((way) => exclude(a, way)))
  );
}

/** Whether a node is mounted by a block, which alone decides when and how often. */
export function isInBlock(model: Model, node: NodeDraft): boolean {
  return node.kind === "block" || model.above(node).some(({ kind }) => kind === "block");
}
