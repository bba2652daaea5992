/** What holds wherever an expression, or a part of some code, is evaluated at all. */
import type * as Core from "../../../plan/core/ast.ts";
import type { NodeDraft } from "../4-lower/draft.ts";
import type { Model, Placed } from "./model.ts";
import { Names } from "./names.ts";
import { Narrowed } from "./narrowed.ts";
import type { Standing } from "./paths.ts";

const OWN: ReadonlySet<string> = new Set(["until", "skipIf"]);

/** What the conditions say under which a node is mounted. Conditions themselves are judged alone: SM402 compares them. */
export function conditionsOf(model: Model, { node, role }: Placed): Narrowed {
  if (role.type === "if" || role.type === "else" || role.type === "each.if") return Narrowed.nothing;
  if (role.type === "field" && OWN.has(role.name)) return Narrowed.nothing;
  return [node, ...model.above(node)].reverse().reduce((known, at) => {
    const around = standing(model, model.above(at)[0] ?? at);
    const own = standing(model, at);
    let now = known;
    if (at.if) now = now.where(around, at.if, true);
    if (at.else) now = now.where(around, at.else, false);
    // The source of a list is evaluated before there are items.
    if (at.each && !(at === node && role.type === "each")) {
      const { as, index, all, of } = at.each;
      now = now.hiding([as, index ?? as, all ?? as]).ofItems(around, of, { type: "Name", name: as });
      if (at.each.if) now = now.where(own, at.each.if, true);
    }
    if (at.kind === "loop") now = now.inLoop();
    for (const guard of at.guards) if (at !== node) now = now.where(own, guard.if, false);
    return now;
  }, Narrowed.nothing);
}

function standing(model: Model, node: NodeDraft): Standing {
  return { model, node, names: new Names(new Set()) };
}

/** Whether what follows a statement is never reached from its end. */
export function endsHere(stmt: Core.Stmt | null | undefined): boolean {
  switch (stmt?.type) {
    case "Return":
    case "Throw":
    case "Break":
    case "Continue":
      return true;
    case "Block":
      return endsHere(stmt.body.at(-1));
    case "If":
      return endsHere(stmt.then) && endsHere(stmt.else);
    default:
      return false;
  }
}

/** The test under which the statements of a case are reached, and its answer; undefined where they may be fallen into. */
export function reachedBy(node: Core.Switch, body: readonly Core.Stmt[]): [Core.Expr, boolean] | undefined {
  const n = node.cases.findIndex((one) => one.body === body);
  let first = n;
  // `case "a": case "b":`
  while (first > 0 && node.cases[first - 1]!.body.length === 0) first--;
  if (first > 0 && !endsHere(node.cases[first - 1]!.body.at(-1))) return undefined;
  const group = node.cases.slice(first, n + 1);
  const isDefault = group.some(({ test }) => !test);
  const tests = isDefault ? node.cases.filter((one) => !group.includes(one)) : group;
  const [one, ...more] = tests.flatMap(({ test }): Core.Expr[] =>
    test ? [{ type: "Binary", op: "===", left: node.value, right: test }] : [],
  );
  if (!one) return undefined;
  const any = more.reduce<Core.Expr>((left, right) => ({ type: "Logical", op: "||", left, right }), one);
  return [any, !isDefault];
}
