/**
 * `<Subflow mode="inline">`: the tree of another workflow, in place. It shares everything with the workflow around it but its
 * input: what it reads of `ctx.input` becomes reads of what it is given.
 */
import { CONTINUATION } from "../../../plan/continuation.ts";
import type * as Core from "../../../plan/core/ast.ts";
import { inline } from "../3-evaluate/calls.ts";
import { nameOf } from "../3-evaluate/core.ts";
import { named, reify } from "../3-evaluate/reify.ts";
import { truth } from "../3-evaluate/shape.ts";
import { inScope, newScope, report } from "../3-evaluate/state.ts";
import {
  type ElementValue,
  known,
  object,
  residual,
  type Value,
  type WorkflowValue,
} from "../3-evaluate/value.ts";
import type { Field, NodeDraft } from "./draft.ts";
import { isNothing } from "./fields.ts";
import { lowerChildren } from "./nodes.ts";
import { addNode, type Lowering, type Place } from "./place.ts";
import { propSpan } from "./props.ts";

const PROPS: ReadonlySet<string> = new Set(["id", "workflow", "input", "mode", "skipIf"]);

/** Whether the element asks for its workflow in place. */
export function isInline({ props }: ElementValue): boolean {
  const mode = props.get("mode");
  return mode?.type === "Known" && mode.value === "inline";
}

export function lowerInline(to: Lowering, element: ElementValue, place: Place): void {
  const { ev } = to;
  const { props } = element;
  const at = (prop: string): Core.Span => propSpan(element.syntax, prop) ?? element.span;
  for (const [prop, value] of props)
    if (!PROPS.has(prop) && !isNothing(value))
      report(
        ev,
        "SM117",
        at(prop),
        `'${prop}' says nothing of a workflow that stands in place: it has no run and no row of its own`,
        'Leave it out, or let it be a run: mode="childRun".',
      );
  const workflow = props.get("workflow");
  if (!workflow || workflow.type === "Poison") return;
  if (workflow.type !== "Workflow") {
    report(ev, "SM117", at("workflow"), "this is no workflow that the compiler knows");
    return;
  }
  if (workflow.tables !== to.tables) {
    report(
      ev,
      "SM117",
      at("workflow"),
      "a workflow in place writes into the tables of the one around it, and this one has others",
      'Make both with the `smithers` of one createSmithers, or let it be a run of its own: mode="childRun".',
    );
    return;
  }
  const isSame = ({ span }: WorkflowValue): boolean =>
    span.file === workflow.span.file && span.start === workflow.span.start;
  if (to.workflows.some(isSame)) {
    report(
      ev,
      "SM117",
      at("workflow"),
      "this workflow would stand in itself, without an end",
      "Go round with a <Loop>, or go on with <ContinueAsNew>.",
    );
    return;
  }
  to.workflows.push(workflow);
  try {
    lowerInPlace(to, element, place, workflow);
  } finally {
    to.workflows.pop();
  }
}

function lowerInPlace(to: Lowering, element: ElementValue, place: Place, workflow: WorkflowValue): void {
  const { ev } = to;
  const { props } = element;
  const scope = newScope("node", place.scope);
  const outer = addNode(to, place, "group", `${place.owner}/subflow`, element.key, element.span);
  const node = place.each
    ? addNode(to, inside(outer, place), "group", `${place.owner}/subflow`, undefined, element.span)
    : outer;
  (node as { values: NodeDraft["values"] }).values = scope.values;
  const [first, functions] = [to.nodes.length, new Set(ev.functions.keys())];
  inScope(ev, scope, () => {
    const own = scope.values;
    const given = named(ev, "input", residual(reify(ev, props.get("input") ?? object([]))));
    const before = own.size;
    const tree = withoutRoot(treeOf(to, workflow, element), element);
    lowerChildren(to, tree, { ...inside(node, place), scope });
    const input = given.type === "Residual" ? given.expr : reify(ev, given);
    const swap = new Swap(input);
    // What the workflow itself names stands behind what it is given.
    for (const [name, value] of [...own].slice(before)) own.set(name, swap.expr(value));
    const reads = [swap.isWhole, ...to.nodes.slice(first).map((one) => giveInput(one, input))];
    const added = [...ev.functions].filter(([name]) => !functions.has(name));
    if (reads.some((isWhole) => !isWhole) || added.some(([, fn]) => mentions(fn)))
      report(
        ev,
        "SM117",
        propSpan(element.syntax, "workflow") ?? element.span,
        "this workflow reads its input in code, or hands all of `ctx` on, so that it can't stand in place with another input",
        'Take what it needs of ctx.input while rendering, or let it be a run of its own: mode="childRun".',
      );
  });
}

function inside(node: NodeDraft, { owner, scope, component }: Place): Place {
  return { parent: node.key, owner, scope, conditions: [], ...(component && { component }) };
}

function treeOf({ ev }: Lowering, { fn }: WorkflowValue, { span }: ElementValue): Value {
  const ctx = residual(nameOf("ctx"), { kind: "object", defined: true });
  return inline(ev, { ...fn, home: ev.scope }, [ctx], span);
}

/** `<Workflow>` is the root of a run; in place it is what it does: a sequence. */
function withoutRoot(value: Value, subflow: ElementValue): Value {
  if (value.type === "Choice")
    return {
      ...value,
      then: withoutRoot(value.then, subflow),
      else: withoutRoot(value.else, subflow),
    };
  const tag = value.type === "Element" ? value.tag : null;
  if (value.type !== "Element" || typeof tag !== "object" || tag?.type !== "Component") return value;
  if (tag.name !== "Workflow") return value;
  const props = new Map<string, Value>();
  for (const prop of ["id", "skipIf"]) {
    const given = subflow.props.get(prop);
    if (given && (prop !== "skipIf" || truth(given) !== false)) props.set(prop, given);
  }
  props.set("children", value.props.get("children") ?? known(undefined));
  return { ...value, tag: { ...tag, name: "Sequence" }, props };
}

/** Puts what is given in the place of `ctx.input`. Returns whether nothing else of the node can read that. */
function giveInput(node: NodeDraft, input: Core.Expr): boolean {
  const swap = new Swap(input);
  const field = (one: Field): Field => (one.type === "core" ? { ...one, expr: swap.expr(one.expr) } : one);
  if (node.if) node.if = swap.expr(node.if);
  if (node.else) node.else = swap.expr(node.else);
  if (node.each) {
    const { of, key, if: test } = node.each;
    node.each = {
      ...node.each,
      of: swap.expr(of),
      ...(key && { key: swap.expr(key) }),
      ...(test && { if: swap.expr(test) }),
    };
  }
  if (node.id) node.id = field(node.id);
  if (node.orderKey) node.orderKey = field(node.orderKey);
  for (const [name, value] of node.values) node.values.set(name, swap.expr(value));
  for (const guard of node.guards)
    Object.assign(guard, { if: swap.expr(guard.if), message: field(guard.message) });
  for (const map of [node.fields, node.captures ?? new Map<string, Field>()])
    for (const [name, value] of map) map.set(name, field(value));
  return swap.isWhole && !(node.codeReads ?? []).some((cell) => cell === "ctx" || /^input\b/.test(cell));
}

class Swap {
  readonly #input: Core.Expr;
  /** `ctx` stands nowhere but in front of a member. */
  isWhole = true;

  constructor(input: Core.Expr) {
    this.#input = input;
  }

  expr(expr: Core.Expr): Core.Expr {
    return this.#any(expr) as Core.Expr;
  }

  #any(part: unknown): unknown {
    if (typeof part !== "object" || part === null) return part;
    if (Array.isArray(part)) return part.map((item) => this.#any(item));
    // With what a run goes on as a new one is the same everywhere in it.
    if (isContinuation(part)) return part;
    if (isInput(part)) return this.#input;
    if (isCtx(part)) {
      this.isWhole = false;
      return part;
    }
    const member = part as Partial<Core.Member>;
    if (member.type === "Member" && isCtx(member.object))
      return { ...part, property: this.#any(member.property) };
    return Object.fromEntries(
      Object.entries(part).map(([key, value]) => [key, key === "span" ? value : this.#any(value)]),
    );
  }
}

const isCtx = (part: unknown): boolean =>
  typeof part === "object" &&
  part !== null &&
  (part as Core.Name).type === "Name" &&
  (part as Core.Name).name === "ctx";

function isInput(part: object): boolean {
  const { type, object: of, property } = part as Partial<Core.Member>;
  return type === "Member" && property === "input" && isCtx(of);
}

function isContinuation(part: object): boolean {
  const { type, object: of, property } = part as Partial<Core.Member>;
  return type === "Member" && property === CONTINUATION && of !== undefined && isInput(of);
}

/** Whether a function reads `ctx.input`, or hands `ctx` on. */
function mentions(fn: Core.Arrow): boolean {
  const swap = new Swap(nameOf("undefined"));
  return JSON.stringify(swap.expr(fn)) !== JSON.stringify(fn) || !swap.isWhole;
}
