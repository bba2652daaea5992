/** SM118: an expression that nothing of the run can change and that no evaluation brings to an end within the limits of Core. */
import type * as Core from "../../../plan/core/ast.ts";
import { compileExpr, freeNames } from "../../../plan/core/index.ts";
import { CoreError, type Env, type Value } from "../../../plan/core/values.ts";
import { eachChild } from "../../../plan/core/walk.ts";
import type { Diagnostic } from "../../diagnostics.ts";
import { firstSpan } from "../../phases/3-evaluate/core.ts";
import type { Model } from "../../phases/5-analyse/model.ts";
import { problem } from "../../report.ts";
import type { Span } from "../../surface.ts";
import type { Rule } from "../rule.ts";

/** Each costs a whole evaluation: who has this many has one reason for them. */
const MOST = 4;

export const beyondLimits: Rule = {
  code: "SM118",
  check(model) {
    const { constants, functions } = model.draft;
    const known = new Map<string, Core.Expr>([...constants, ...functions]);
    const closed = closedNames(known);
    const values = new Map<string, Value>();
    const failed = new Set<string>();
    const env: Env = {
      name(name) {
        const expr = known.get(name);
        if (!expr) return undefined;
        if (failed.has(name)) throw new CoreError("FORBIDDEN", `${name} was reported`);
        if (!values.has(name)) values.set(name, compileExpr(expr).evaluate(env));
        return values.get(name);
      },
    };
    const found = endless(model).map(({ loop, span }) => tooMuch(loop.span ?? span, "This loop has no end."));
    const hasEndless = found.length > 0;
    for (const { name, expr, span } of computed(model)) {
      if (found.length >= MOST) break;
      if ([...freeNames(expr)].some((used) => !closed.has(used))) continue;
      const why = limitOf(expr, env);
      if (why === null) continue;
      if (name !== undefined) failed.add(name);
      // The loop that was named is why.
      if (hasEndless && why.endsWith("steps")) continue;
      const at = firstSpan(expr) ?? span;
      found.push(tooMuch(at, `This can't be evaluated within the limits of a plan: ${why}.`));
    }
    return found;
  },
};

function tooMuch(span: Span | null, what: string): Diagnostic {
  return problem("SM118", span, what, {
    hint: "Bound the loop or the recursion, or compute it in a compute task, which has limits of its own.",
  });
}

/** What is evaluated when a frame asks for it: named constants, and what stands in nodes. */
interface Computed {
  /** Of a named constant. */
  readonly name?: string;
  readonly expr: Core.Expr;
  readonly span: Span;
}

function computed(model: Model): Computed[] {
  const [root] = model.draft.nodes;
  return [
    ...[...model.draft.constants].map(([name, expr]) => ({ name, expr, span: root!.span })),
    ...model.exprs.map(({ expr, node }) => ({ expr, span: node.span })),
  ].filter(({ expr }) => expr.type !== "Literal" && expr.type !== "Name");
}

/** Names of constants and functions that depend on nothing but one another. */
function closedNames(known: ReadonlyMap<string, Core.Expr>): ReadonlySet<string> {
  const free = new Map([...known].map(([name, expr]) => [name, freeNames(expr)]));
  const closed = new Set(known.keys());
  for (let before = -1; before !== closed.size; ) {
    before = closed.size;
    for (const name of closed) if (free.get(name)!.some((x) => !closed.has(x))) closed.delete(name);
  }
  return closed;
}

/** What the evaluation ran out of; null where it comes to an end, or fails for another reason. */
function limitOf(expr: Core.Expr, env: Env): string | null {
  try {
    compileExpr(expr).evaluate(env);
    return null;
  } catch (error) {
    if (!(error instanceof CoreError)) throw error;
    return error.code === "LIMIT" ? error.message : null;
  }
}

/** Loops whose condition always holds and that nothing leaves. */
function endless(model: Model): { readonly loop: Core.Node; readonly span: Span }[] {
  const found: { loop: Core.Node; span: Span }[] = [];
  const visit = (node: Core.Node, span: Span): void => {
    const isLoop = node.type === "While" || node.type === "DoWhile" || node.type === "For";
    if (isLoop && isTrue(node.test) && !leaves(node.body, true)) found.push({ loop: node, span });
    eachChild(node, (child) => visit(child, span));
  };
  const [root] = model.draft.nodes;
  for (const arrow of model.draft.functions.values()) visit(arrow, root!.span);
  for (const { expr, span } of computed(model)) visit(expr, span);
  return found;
}

const isTrue = (test: Core.Expr | undefined): boolean =>
  test === undefined || (test.type === "Literal" && Boolean(test.value));

/** Whether something in a loop's body can end the loop. `own`: a `break` here is the loop's. */
function leaves(node: Core.Node, own: boolean): boolean {
  switch (node.type) {
    case "Return":
    case "Throw":
      return true;
    case "Break":
      return own;
    case "Arrow":
      return false;
    default: {
      const isOther = ["While", "DoWhile", "For", "ForOf", "Switch"].includes(node.type);
      let found = false;
      eachChild(node, (child) => {
        found ||= leaves(child, own && !isOther);
      });
      return found;
    }
  }
}
