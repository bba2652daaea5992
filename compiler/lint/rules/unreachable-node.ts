/** SM402: an element whose conditions contradict one another. */
import type * as Core from "../../../plan/core/ast.ts";
import { printExpr } from "../../../plan/core/index.ts";
import type { Diagnostic } from "../../diagnostics.ts";
import type { NodeDraft } from "../../phases/4-lower/draft.ts";
import { cellsOf } from "../../phases/5-analyse/cells.ts";
import {
  addFact,
  assume,
  exclude,
  type Fact,
  type Facts,
  noFacts,
} from "../../phases/5-analyse/conditions.ts";
import type { Model } from "../../phases/5-analyse/model.ts";
import { problem } from "../../report.ts";
import type { Rule } from "../rule.ts";

export const unreachableNode: Rule = {
  code: "SM402",
  ofWhole: true,
  check: (model) =>
    model.draft.nodes.flatMap((node): Diagnostic[] => {
      if (!node.if) return [];
      const own = factsOfTests(model, node, [[node.if, true]], false);
      if (exclude(plain(own, own), plain(own, own))) {
        const span = node.if.span ?? node.span;
        return [
          problem("SM402", span, "This is never mounted: its condition contradicts itself.", {
            hint: "Write || where one of the two is meant, or take it away.",
          }),
        ];
      }
      for (const at of [node, ...model.above(node)]) {
        const tests: [Core.Expr, boolean][] = [];
        if (at.if && at !== node) tests.push([at.if, true]);
        if (at.else) tests.push([at.else, false]);
        const around = factsOfTests(model, at, tests, hasLoopBetween(model, node, at));
        if (around.size === 0 || !exclude(plain(own, around), plain(around, own))) continue;
        const span = node.if.span ?? node.span;
        const other = tests[0]![0].span;
        return [
          problem("SM402", span, "This is never mounted: its condition contradicts the one around it.", {
            hint: "Move it out of the branch, or take it away.",
            related: other && other !== span ? [{ span: other, message: "the condition around it" }] : [],
          }),
        ];
      }
      return [];
    }),
};

type Told = ReadonlyMap<string, { readonly fact: Fact; readonly names: string }>;

/** Facts with what their names stand for, so that equal texts of different scopes are told apart. */
function factsOfTests(
  model: Model,
  node: NodeDraft,
  tests: readonly (readonly [Core.Expr, boolean])[],
  acrossLoop: boolean,
): Told {
  const [scope = node] = model.above(node);
  const told = new Map<string, { fact: Fact; names: string }>();
  for (const [test, holds] of tests) {
    // In another iteration the same text may read another row.
    if (acrossLoop && [...cellsOf(model, scope, test)].some((cell) => !/^(input|host)(\.|$)/.test(cell)))
      continue;
    const facts = noFacts();
    assume(facts, test, holds);
    const names = printExpr(test)
      .match(/[A-Za-z_$][\w$]*/g)!
      .map((name) => model.lookup(scope, name)?.from.key ?? "")
      .filter(Boolean)
      .join();
    for (const [text, fact] of facts.certain)
      told.set(text, { fact, names: namesIn(model, scope, text) || names });
  }
  return told;
}

function namesIn(model: Model, scope: NodeDraft, text: string): string {
  return (text.match(/[A-Za-z_$][\w$]*/g) ?? [])
    .map((name) => model.lookup(scope, name)?.from.key ?? "")
    .filter(Boolean)
    .join();
}

/** The facts of one side that mean the same on the other. */
function plain(told: Told, other: Told): Facts {
  const scopes = new Set([...other.values()].map(({ names }) => names));
  const facts = noFacts();
  for (const [text, { fact, names }] of told) if (scopes.has(names)) addFact(facts, text, fact);
  return facts;
}

function hasLoopBetween(model: Model, node: NodeDraft, above: NodeDraft): boolean {
  const chain = model.above(node);
  const end = chain.indexOf(above);
  return chain.slice(0, end + 1).some(({ kind }) => kind === "loop");
}
