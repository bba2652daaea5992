/** Under which conditions nodes are mounted, and which of them exclude one another. */
import type * as Core from "../../../plan/core/ast.ts";
import { printExpr } from "../../../plan/core/index.ts";
import { POISON_MARK } from "../3-evaluate/poison.ts";
import type { NodeDraft } from "../4-lower/draft.ts";
import { type Claim, claimOf, contradict, isOfFew, isOfRange } from "./claims.ts";
import type { Model } from "./model.ts";

export interface Fact {
  readonly test: Core.Expr;
  /** Whether the test must come out true. */
  readonly holds: boolean;
}

/** Claims of one value: those of few values can contradict any other, those of a range one another. */
interface Claims {
  readonly all: Claim[];
  readonly few: Claim[];
  readonly ranges: Claim[];
}

/** Conditions under which a node is mounted. */
export interface Facts {
  /** By the test's text. */
  readonly certain: Map<string, Fact>;
  /** What these claim, by the text of what it is claimed of. */
  readonly claims: Map<string, Claims>;
  /** One of them was reported: it may exclude anything. */
  isPoisoned: boolean;
  /** Of each of these, one must hold: what is left of `!(a && b)` or `a || b`. */
  readonly choices: (readonly Facts[])[];
}

export const noFacts = (): Facts => ({
  certain: new Map(),
  claims: new Map(),
  isPoisoned: false,
  choices: [],
});

export function addFact(facts: Facts, text: string, fact: Fact): void {
  facts.certain.set(text, fact);
  facts.isPoisoned ||= text.includes(POISON_MARK);
  const claim = claimOf(fact.test, fact.holds);
  const claims = facts.claims.get(claim.of) ?? { all: [], few: [], ranges: [] };
  facts.claims.set(claim.of, claims);
  claims.all.push(claim);
  if (isOfFew(claim)) claims.few.push(claim);
  if (isOfRange(claim)) claims.ranges.push(claim);
}

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
    addFact(facts, printExpr(test), { test, holds });
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
  if (a.isPoisoned || b.isPoisoned) return true;
  const [small, large] = a.certain.size < b.certain.size ? [a, b] : [b, a];
  for (const [text, { holds }] of small.certain) {
    const other = large.certain.get(text);
    if (other && other.holds !== holds) return true;
  }
  for (const [of, one] of small.claims) {
    const two = large.claims.get(of);
    if (two && (anyOf(one.few, two.all) || anyOf(two.few, one.all) || anyOf(one.ranges, two.ranges)))
      return true;
  }
  return (
    a.choices.some((ways) => ways.every((way) => exclude(way, b))) ||
    b.choices.some((ways) => ways.every((way) => exclude(a, way)))
  );
}

const anyOf = (claims: readonly Claim[], others: readonly Claim[]): boolean =>
  claims.some((claim) => others.some((other) => contradict(claim, other)));

/** Whether a node is mounted by a block, which alone decides when and how often. */
export function isInBlock(model: Model, node: NodeDraft): boolean {
  return node.kind === "block" || model.above(node).some(({ kind }) => kind === "block");
}
