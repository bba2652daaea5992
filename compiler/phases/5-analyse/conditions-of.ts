/** What holds wherever an expression, or a part of some code, is evaluated at all. */
import type * as Core from "../../../plan/core/ast.ts";
import type { NodeDraft } from "../4-lower/draft.ts";
import type { Model, Placed } from "./model.ts";
import { Names } from "./names.ts";
import { Narrowed } from "./narrowed.ts";
import type { Standing } from "./paths.ts";

const OWN: ReadonlySet<string> = new Set(["until", "skipIf"]);

/** What the conditions say under which nodes are mounted, worked out once a node. */
export class Conditions {
  readonly #model: Model;
  readonly #known = new Map<NodeDraft, Narrowed>();

  constructor(model: Model) {
    this.#model = model;
  }

  /** Conditions themselves are judged alone: SM402 compares them. */
  of({ node, role }: Placed): Narrowed {
    if (role.type === "if" || role.type === "else" || role.type === "each.if") return Narrowed.nothing;
    if (role.type === "field" && OWN.has(role.name)) return Narrowed.nothing;
    // The source of a list is evaluated before there are items.
    return role.type === "each" ? this.#mounted(node) : this.#inside(node);
  }

  #mounted(node: NodeDraft): Narrowed {
    const [parent] = this.#model.above(node);
    const around = standing(this.#model, parent ?? node);
    let known = parent ? this.#inside(parent) : Narrowed.nothing;
    if (parent) {
      const own = standing(this.#model, parent);
      for (const guard of parent.guards) known = known.where(own, guard.if, false);
    }
    if (node.if) known = known.where(around, node.if, true);
    return node.else ? known.where(around, node.else, false) : known;
  }

  #inside(node: NodeDraft): Narrowed {
    const before = this.#known.get(node);
    if (before) return before;
    let known = this.#mounted(node);
    if (node.each) {
      const [parent = node] = this.#model.above(node);
      const { as, index, all, of } = node.each;
      known = known
        .hiding([as, index ?? as, all ?? as])
        .ofItems(standing(this.#model, parent), of, { type: "Name", name: as });
      if (node.each.if) known = known.where(standing(this.#model, node), node.each.if, true);
    }
    if (node.kind === "loop") known = known.inLoop();
    this.#known.set(node, known);
    return known;
  }
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
