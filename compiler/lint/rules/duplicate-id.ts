/** SM201: one id for two nodes that can be mounted at the same time. */
import type * as Core from "../../../plan/core/ast.ts";
import { printExpr } from "../../../plan/core/index.ts";
import type { Diagnostic } from "../../diagnostics.ts";
import { POISON_MARK } from "../../phases/3-evaluate/poison.ts";
import type { NodeDraft } from "../../phases/4-lower/draft.ts";
import type { Model } from "../../phases/5-analyse/model.ts";
import { problem } from "../../report.ts";
import type { Rule } from "../rule.ts";

export const duplicateId: Rule = {
  code: "SM201",
  check(model) {
    const byId = new Map<string, NodeDraft[]>();
    for (const { node, id } of model.producers) {
      // Which instances of a block's sites there are only the run knows.
      if (id.type !== "exact" || !node.id || isInBlock(model, node)) continue;
      byId.set(id.id, [...(byId.get(id.id) ?? []), node]);
    }
    return [...byId].flatMap(([id, nodes]) => clashes(model, id, nodes));
  },
};

function clashes(model: Model, id: string, nodes: readonly NodeDraft[]): Diagnostic[] {
  const facts = nodes.map((node) => factsOf(model, node));
  return nodes.flatMap((node, i) => {
    const other = nodes.findIndex((_, j) => j < i && !exclude(facts[j]!, facts[i]!));
    if (other < 0) return [];
    const first = nodes[other]!;
    return [
      problem(
        "SM201",
        model.placeIn(node.span, id),
        `Two nodes that can run at the same time have the id \`${id}\`.`,
        {
          hint: "Give each its own id, or put them into branches that exclude one another.",
          related: [{ span: model.placeIn(first.span, id), message: "the other one" }],
        },
      ),
    ];
  });
}

function isInBlock(model: Model, node: NodeDraft): boolean {
  for (
    let at: NodeDraft | undefined = node;
    at;
    at = at.parent === undefined ? undefined : model.nodes.get(at.parent)
  )
    if (at.kind === "block") return true;
  return false;
}

/** Conditions under which a node is mounted. */
interface Facts {
  /** Text → whether it must hold. */
  readonly certain: Map<string, boolean>;
  /** Of each of these, one must hold: what is left of `!(a && b)` or `a || b`. */
  readonly choices: (readonly Facts[])[];
}

const noFacts = (): Facts => ({ certain: new Map(), choices: [] });

function factsOf(model: Model, node: NodeDraft): Facts {
  const facts = noFacts();
  for (
    let at: NodeDraft | undefined = node;
    at;
    at = at.parent === undefined ? undefined : model.nodes.get(at.parent)
  ) {
    if (at.if) assume(facts, at.if, true);
    if (at.else) assume(facts, at.else, false);
  }
  return facts;
}

function assume(facts: Facts, test: Core.Expr, holds: boolean): void {
  if (test.type === "Unary" && test.op === "!") assume(facts, test.arg, !holds);
  else if (test.type === "Logical" && test.op === (holds ? "&&" : "||")) {
    assume(facts, test.left, holds);
    assume(facts, test.right, holds);
  } else if (test.type === "Binary" && (test.op === "!==" || test.op === "!="))
    assume(facts, { ...test, op: test.op === "!==" ? "===" : "==" }, !holds);
  else {
    facts.certain.set(printExpr(test), holds);
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

const EQUAL_TO = /^(.*) === ('[^']*'|-?[\d.]+|true|false|null)$/s;

/**
 * Whether no run can fulfil both: one needs what the other denies, or both compare one value with different literals, or
 * every way to fulfil one is shut out by the other.
 */
function exclude(a: Facts, b: Facts): boolean {
  // What was reported may exclude anything.
  if ([...a.certain.keys(), ...b.certain.keys()].some((text) => text.includes(POISON_MARK))) return true;
  for (const [text, holds] of a.certain) {
    const other = b.certain.get(text);
    if (other !== undefined && other !== holds) return true;
    const [, left, literal] = (holds && EQUAL_TO.exec(text)) || [];
    if (left === undefined) continue;
    for (const [text2, holds2] of b.certain) {
      const [, left2, literal2] = (holds2 && EQUAL_TO.exec(text2)) || [];
      if (left2 === left && literal2 !== literal) return true;
    }
  }
  return (
    a.choices.some((ways) => ways.every((way) => exclude(way, b))) ||
    b.choices.some((ways) => ways.every((way) => exclude(a, way)))
  );
}
