/** Where nodes are lowered to, and how one is added there. */
import type * as Core from "../../../plan/core/ast.ts";
import type { Json, NodeKind } from "../../../plan/types.ts";
import { Numbered } from "../../numbered.ts";
import { under } from "../3-evaluate/choice.ts";
import { conditional, logical, not, truthOf } from "../3-evaluate/core.ts";
import { reify } from "../3-evaluate/reify.ts";
import { type Evaluation, MAX_EXPANSIONS, TooMuch } from "../3-evaluate/state.ts";
import type { EachValue, Scope, Value, WorkflowValue } from "../3-evaluate/value.ts";
import type { EachDraft, Field, NodeDraft, PlanDraft } from "./draft.ts";
import { Examples } from "./examples.ts";
import { isNothing } from "./fields.ts";

export interface Lowering {
  readonly ev: Evaluation;
  readonly tables: ReadonlyMap<string, Value>;
  readonly nodes: NodeDraft[];
  readonly keys: Numbered;
  /** How many nodes each place of the source has given, by its span. */
  readonly given: Map<string, number>;
  readonly examples: Examples;
  readonly blocks: PlanDraft["blocks"][number][];
  /** The workflow, and those that are being read in place, outermost first. */
  readonly workflows: WorkflowValue[];
  /** The element of a pattern that is being read: what its source says stands there. */
  pattern?: { readonly file: number; readonly span: Core.Span };
}

/** A lowering of which nothing is done yet. */
export const newLowering = (
  ev: Evaluation,
  tables: ReadonlyMap<string, Value>,
  workflows: readonly WorkflowValue[] = [],
): Lowering => ({
  ev,
  tables,
  nodes: [],
  keys: new Numbered(),
  given: new Map(),
  examples: new Examples(ev, tables),
  blocks: [],
  workflows: [...workflows],
});

export interface Condition {
  readonly test: Core.Expr;
  readonly holds: boolean;
}

/** Where in the tree something is lowered to. */
export interface Place {
  readonly parent: string | undefined;
  /** Nearest ancestor with a name of its own: keys of nameless nodes are built from it. */
  readonly owner: string;
  readonly scope: Scope;
  /** Conditions between the parent and here. */
  readonly conditions: readonly Condition[];
  /** The list whose items the next node stands for. */
  readonly each?: EachValue;
  readonly component?: string;
}

export const within = (place: Place, condition: Condition): Place => ({
  ...place,
  conditions: [...place.conditions, condition],
});

/** One condition as `if` or `else`; several joined in the order in which they were met. */
export function mounting(conditions: readonly Condition[]): { if?: Core.Expr; else?: Core.Expr } {
  const open = conditions.filter((x) => !(x.test.type === "Literal" && Boolean(x.test.value) === x.holds));
  const [only] = open;
  if (!only) return {};
  if (open.length === 1) {
    const test = truthOf(only.test);
    if (only.holds) return { if: test };
    return test.type === "Unary" && test.op === "!" ? { if: truthOf(test.arg) } : { else: test };
  }
  const tests = open.map((x) => (x.holds ? truthOf(x.test) : not(truthOf(x.test))));
  return { if: tests.reduce((a, b) => logical("&&", a, b)) };
}

/** What is lowered under conditions knows them. */
export function inPath<T>(to: Lowering, place: Pick<Place, "conditions">, body: () => T): T {
  const [first, ...others] = place.conditions;
  if (!first) return body();
  return under(to.ev, first.test, first.holds, () => inPath(to, { ...place, conditions: others }, body));
}

/** Adds a node at a place; a pending list becomes its `each`. */
export function addNode(
  to: Lowering,
  place: Place,
  kind: NodeKind,
  wanted: string,
  key: Value | undefined,
  span: Core.Span,
  item: readonly Condition[] = [],
): NodeDraft {
  const { each } = place;
  count(to, span);
  const node: NodeDraft = {
    key: uniqueKey(to, wanted),
    kind,
    ...(place.parent !== undefined && { parent: place.parent }),
    ...(place.component && { component: place.component }),
    ...mounting(place.conditions),
    values: each ? each.scope.values : new Map(),
    guards: [],
    fields: new Map(),
    span: placeOf(to, span),
  };
  const keyText = key && !isNothing(key) && key.type !== "Poison" ? reify(to.ev, key) : undefined;
  if (each) {
    const { if: test, else: otherwise } = mounting(item);
    const when = test ?? (otherwise ? not(otherwise) : undefined);
    const inner = keyText ?? innerKey(to, each.body);
    const draft: EachDraft = {
      of: each.of,
      as: each.as,
      ...(each.index && { index: each.index }),
      ...(each.all && { all: each.all }),
      ...(inner && { key: inner }),
      ...(when && { if: when }),
    };
    node.each = draft;
    for (const guard of each.scope.guards)
      node.guards.push({ if: guard.if, message: { type: "core", expr: guard.message } });
  } else if (keyText) node.orderKey = literalField(keyText);
  to.nodes.push(node);
  return node;
}

/** Elements that hold one another twice double with every level. */
function count(to: Lowering, span: Core.Span): void {
  const site = `${span.file}:${span.start}:${span.end}`;
  const n = (to.given.get(site) ?? 0) + 1;
  to.given.set(site, n);
  if (n > MAX_EXPANSIONS)
    throw new TooMuch(
      `This element stands in the workflow more than ${MAX_EXPANSIONS.toLocaleString("en-US")} times: each adds to the plan.`,
      placeOf(to, span),
    );
}

/** A place in the source of a pattern is that of the element that stands for it. */
export const placeOf = (to: Lowering, span: Core.Span): Core.Span =>
  to.pattern && span.file === to.pattern.file ? to.pattern.span : span;

const literalField = (expr: Core.Expr): Field =>
  expr.type === "Literal" ? { type: "json", value: expr.value as Json } : { type: "core", expr };

/** The key of an item, from the elements that it may become. */
function innerKey(to: Lowering, body: Value): Core.Expr | undefined {
  switch (body.type) {
    case "Element":
      return body.key && !isNothing(body.key) && body.key.type !== "Poison"
        ? reify(to.ev, body.key)
        : undefined;
    case "Choice": {
      const then = innerKey(to, body.then);
      const otherwise = innerKey(to, body.else);
      return then && otherwise ? conditional(body.test, then, otherwise) : (then ?? otherwise);
    }
    default:
      return undefined;
  }
}

export function uniqueKey(to: Lowering, wanted: string): string {
  return to.keys.take(wanted.slice(0, 80) || "node", "#");
}
