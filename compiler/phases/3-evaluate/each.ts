/** `list.map(item => …)` that makes elements → an `each` with a scope of its own. */
import type * as Core from "../../../plan/core/ast.ts";
import type * as Surface from "../../surface.ts";
import { amongItems } from "./among.ts";
import { under } from "./choice.ts";
import { nameOf } from "./core.ts";
import { LocalEnvironment } from "./env.ts";
import { evaluate } from "./evaluate.ts";
import { bind } from "./patterns.ts";
import { Bail, type Evaluation, freshName, inScope, newScope } from "./state.ts";
import { runBody } from "./statements.ts";
import { type Closure, type EachValue, type Facts, residual, type Value } from "./value.ts";

/** `list`: the value that `of` is the text of, where there is one. */
export function eachOf(
  ev: Evaluation,
  of: Core.Expr,
  fn: Closure,
  span: Core.Span | undefined,
  list?: Value,
): EachValue {
  const { params, rest, body } = fn.arrow;
  if (rest) throw new Bail("a rest parameter in a list callback", span);
  const scope = newScope("each", ev.scope);
  const [item, index, all] = params;
  const as = freshName(ev, nameFor(item, "item"));
  const env = new LocalEnvironment(fn.env);
  const names: { index?: string; all?: string } = {};
  const result = inScope(ev, scope, () =>
    under(ev, null, true, () => {
      if (item)
        bind(ev, item, residual(nameOf(as), { ...itemFacts(of), ...(list && amongItems(list)) }), env);
      if (index) {
        names.index = freshName(ev, nameFor(index, "index"));
        bind(ev, index, residual(nameOf(names.index), { kind: "number", defined: true }), env);
      }
      if (all) {
        names.all = freshName(ev, nameFor(all, "all"));
        bind(ev, all, residual(nameOf(names.all), { kind: "array", defined: true }), env);
      }
      return body.type === "Block" ? runBody(ev, body.body, env, body) : evaluate(ev, body, env);
    }),
  );
  return {
    type: "Each",
    of,
    as,
    ...names,
    scope,
    body: result,
    span: span ?? { file: 0, start: 0, end: 0 },
  };
}

function nameFor(pattern: Surface.Pattern | undefined, otherwise: string): string {
  if (pattern?.type === "Name") return pattern.name;
  if (pattern?.type === "DefaultPattern") return nameFor(pattern.target, otherwise);
  return otherwise;
}

/** What is known of the members of a list, from how it is made. */
function itemFacts(of: Core.Expr): Facts {
  if (isEntries(of)) return { kind: "array", defined: true };
  if (of.type === "Array") {
    if (of.elements.length === 1 && of.elements[0]?.type === "Spread" && isEntries(of.elements[0].arg))
      return { kind: "array", defined: true };
    const literals = of.elements.map((x) => (x?.type === "Literal" ? typeof x.value : "unknown"));
    if (literals.length && literals.every((x) => x === "string")) return { kind: "string", defined: true };
    if (literals.length && literals.every((x) => x === "number")) return { kind: "number", defined: true };
  }
  return {};
}

function isEntries(expr: Core.Expr): boolean {
  return expr.type === "Call" && expr.callee.type === "Member" && expr.callee.property === "entries";
}
