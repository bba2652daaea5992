/**
 * Elements → plan nodes. Only nodes that hold others, lists and the workflow are scopes; components, fragments and
 * conditions are transparent: their named values belong to the scope around them.
 */
import type * as Core from "../../../plan/core/ast.ts";
import type { Json, NodeKind } from "../../../plan/types.ts";
import { inline } from "../3-evaluate/calls.ts";
import { under } from "../3-evaluate/choice.ts";
import { binary, call, conditional, literal, logical, not, truthOf } from "../3-evaluate/core.ts";
import { eachOf } from "../3-evaluate/each.ts";
import { reify } from "../3-evaluate/reify.ts";
import { isStructural, truth } from "../3-evaluate/shape.ts";
import {
  attempt,
  Bail,
  type Evaluation,
  inScope,
  newScope,
  report,
  underCondition,
} from "../3-evaluate/state.ts";
import {
  type Closure,
  type EachValue,
  type ElementValue,
  type FailValue,
  object,
  type Scope,
  type Value,
} from "../3-evaluate/value.ts";
import { lowerBlock } from "./blocks.ts";
import type { EachDraft, Field, NodeDraft, PlanDraft } from "./draft.ts";
import { isNothing, keyFromId, plainField } from "./fields.ts";
import { KINDS } from "./kinds.ts";
import { taskFields } from "./tasks.ts";

export interface Lowering {
  readonly ev: Evaluation;
  readonly tables: ReadonlyMap<string, Value>;
  readonly nodes: NodeDraft[];
  readonly keys: Set<string>;
  readonly blocks: PlanDraft["blocks"][number][];
}

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

export function lowerChildren(to: Lowering, value: Value, place: Place): void {
  switch (value.type) {
    case "Known":
    case "Residual":
    case "Poison":
    case "Table":
    case "Instance":
    case "Schema":
      return;
    case "Array":
      for (const item of value.items)
        lowerChildren(to, item.type === "SpreadItem" ? item.value : item, place);
      return;
    case "Choice":
      lowerChildren(to, value.then, within(place, { test: value.test, holds: true }));
      lowerChildren(to, value.else, within(place, { test: value.test, holds: false }));
      return;
    case "Select":
      lowerSelect(to, value, place);
      return;
    case "Each":
      lowerEach(to, value, place);
      return;
    case "Element":
      lowerElement(to, value, place);
      return;
    case "Block":
      lowerBlock(to, value, place);
      return;
    case "Fail":
      lowerFail(to, value, place);
      return;
    case "Object":
    case "Closure":
    case "Code":
    case "Class":
    case "Component":
    case "External":
    case "Prompt":
    case "Namespace":
    case "Native":
    case "Workflow":
      report(
        to.ev,
        "SM101",
        place.parent ? (to.nodes.find((n) => n.key === place.parent)?.span ?? null) : null,
        `a ${value.type.toLowerCase()} stands where an element belongs`,
        "Children of this node are elements, lists of elements, or conditions around them.",
      );
      return;
    default: {
      const missing: never = value;
      throw new Error(String(missing));
    }
  }
}

const within = (place: Place, condition: Condition): Place => ({
  ...place,
  conditions: [...place.conditions, condition],
});

function lowerSelect(to: Lowering, value: Extract<Value, { type: "Select" }>, place: Place): void {
  const isCase = (key: string): Core.Expr => {
    const numeric = /^(0|[1-9]\d*)$/.test(key);
    return binary("===", numeric ? call("String", value.key) : value.key, literal(key));
  };
  for (const one of value.cases) {
    if (isStructural(one.value) || one.value.type === "Fail")
      lowerChildren(to, one.value, within(place, { test: isCase(one.key), holds: true }));
  }
  if (isStructural(value.other) || value.other.type === "Fail") {
    const any = value.cases.map((x) => isCase(x.key)).reduce((a, b) => logical("||", a, b));
    lowerChildren(to, value.other, within(place, { test: any, holds: false }));
  }
}

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

/** A throw that can be reached: it fails the run where it is mounted. */
function lowerFail(to: Lowering, value: FailValue, place: Place): void {
  const node = addNode(to, place, "group", `${place.owner}/throw`, undefined, { file: 0, start: 0, end: 0 });
  const message: Field =
    value.message.type === "Literal"
      ? { type: "json", value: String(value.message.value) }
      : { type: "core", expr: value.message };
  node.guards.push({ if: literal(true), message });
}

function lowerEach(to: Lowering, value: EachValue, place: Place): void {
  if (place.each) {
    inGroup(to, place, value.span, (inner) => lowerEach(to, value, inner));
    return;
  }
  const single = soleElement(value.body);
  const item: Place = { ...place, scope: value.scope, each: value };
  inPath(to, place, () =>
    underCondition(to.ev, () => {
      if (single && value.scope.guards.length === 0)
        lowerElement(to, single.element, item, single.conditions);
      else inGroup(to, item, value.span, (inner) => lowerChildren(to, value.body, inner));
    }),
  );
}

/** An item's one element and the conditions in front of it; its node can be the `each` itself. */
function soleElement(
  body: Value,
): { readonly element: ElementValue; readonly conditions: readonly Condition[] } | undefined {
  if (body.type === "Element") {
    const { tag } = body;
    const isNode = typeof tag === "object" && tag?.type === "Component" && tag.name in KINDS;
    return isNode ? { element: body, conditions: [] } : undefined;
  }
  if (body.type !== "Choice") return undefined;
  const empty = (value: Value): boolean => value.type === "Known" || value.type === "Residual";
  const inner = empty(body.else)
    ? soleElement(body.then)
    : empty(body.then)
      ? soleElement(body.else)
      : undefined;
  if (!inner) return undefined;
  const holds = empty(body.else);
  return { element: inner.element, conditions: [{ test: body.test, holds }, ...inner.conditions] };
}

/** A transparent node that carries a list, a guard or a shared condition for what is lowered into it. */
function inGroup(to: Lowering, place: Place, span: Core.Span, body: (inner: Place) => void): void {
  const node = addNode(
    to,
    place,
    "group",
    `${place.owner}/${place.each ? "each" : "group"}`,
    undefined,
    span,
  );
  const inner: Place = {
    parent: node.key,
    owner: place.owner,
    scope: place.scope,
    conditions: [],
    ...(place.component && { component: place.component }),
  };
  body(inner);
}

/** What is lowered under conditions knows them. */
function inPath<T>(to: Lowering, place: Place, body: () => T): T {
  const [first, ...others] = place.conditions;
  if (!first) return body();
  return under(to.ev, first.test, first.holds, () => inPath(to, { ...place, conditions: others }, body));
}

export function lowerElement(
  to: Lowering,
  element: ElementValue,
  place: Place,
  item: readonly Condition[] = [],
): void {
  inPath(to, place, () => lowerTag(to, element, place, item));
}

function lowerTag(to: Lowering, element: ElementValue, place: Place, item: readonly Condition[]): void {
  const { tag } = element;
  if (tag === null) {
    const children = element.props.get("children");
    if (children) lowerChildren(to, children, place);
    return;
  }
  if (typeof tag === "string") {
    report(
      to.ev,
      "SM101",
      element.span,
      `<${tag}> stands outside a prompt`,
      "Put markup into a task with an agent; group nodes with <Sequence> or <Parallel>.",
    );
    return;
  }
  switch (tag.type) {
    case "Component":
      lowerLibrary(to, element, tag.name, place, item);
      return;
    case "Closure":
      lowerComponent(to, element, tag, place);
      return;
    case "Known":
      if ((tag.value ?? null) === null) return;
      break;
    case "Poison":
      return;
    case "Fail":
      lowerFail(to, tag, place);
      return;
    case "Residual":
      throw new Bail("a component that only the run knows", element.span);
    default:
      break;
  }
  report(
    to.ev,
    "SM101",
    element.span,
    `this element's component is a ${tag.type.toLowerCase()}, which no plan can hold`,
    "Use a component of the workflow's own files, or one of the library's.",
  );
}

/** A component of the source: its function is read in place, when its element is mounted. */
function lowerComponent(to: Lowering, element: ElementValue, fn: Closure, place: Place): void {
  const { ev } = to;
  const before = to.nodes.length;
  attempt<void>(
    ev,
    () => {
      const scope: Scope = {
        kind: "component",
        parent: place.scope,
        values: place.scope.values,
        guards: [],
      };
      const value = inScope(ev, scope, () =>
        inline(ev, fn, [element.opaque ?? object(element.props)], element.span),
      );
      ev.calls.push({ arrow: fn.arrow, conditions: ev.conditions });
      const named: Place = { ...place, component: fn.name ?? place.component ?? "component" };
      inScope(ev, place.scope, () => {
        if (scope.guards.length) guarded(to, scope, named, element.span, value);
        else lowerChildren(to, value, named);
      });
      ev.calls.pop();
    },
    (why) => {
      for (const node of to.nodes.splice(before)) to.keys.delete(node.key);
      lowerBlock(to, { type: "Block", syntax: element.syntax, env: element.env, why: why.message }, place);
    },
  );
}

function guarded(to: Lowering, scope: Scope, place: Place, span: Core.Span, value: Value): void {
  inGroup(to, place, span, (inner) => {
    const node = to.nodes.at(-1)!;
    for (const guard of scope.guards)
      node.guards.push({ if: guard.if, message: { type: "core", expr: guard.message } });
    lowerChildren(to, value, inner);
  });
}

/** A component of the library. */
function lowerLibrary(
  to: Lowering,
  element: ElementValue,
  name: string,
  place: Place,
  item: readonly Condition[],
): void {
  const { props } = element;
  if (name === "Branch" || name === "If") {
    lowerBranch(to, element, name, place);
    return;
  }
  if (name === "Each") {
    lowerEachElement(to, element, place);
    return;
  }
  const kind = KINDS[name];
  if (!kind) {
    report(
      to.ev,
      "SM117",
      element.span,
      `<${name}> is not supported in this version`,
      `It knows ${[...Object.keys(KINDS), "Branch", "If", "Each"].join(", ")}.`,
    );
    return;
  }
  const alternatives = props.get("children");
  if (!kind.container && alternatives?.type === "Choice" && holdsFunction(alternatives)) {
    for (const holds of [true, false]) {
      const children = holds ? alternatives.then : alternatives.else;
      const one = { ...element, props: new Map(props).set("children", children) };
      lowerElement(to, one, within(place, { test: alternatives.test, holds }), item);
    }
    return;
  }
  const skip = kind.container ? props.get("skipIf") : undefined;
  if (skip && truth(skip) === true) return;
  const skipped: Condition[] =
    skip && truth(skip) === undefined ? [{ test: reify(to.ev, skip), holds: false }] : [];
  const at: Place = place.each ? place : { ...place, conditions: [...place.conditions, ...skipped] };
  const id = props.get("id");
  const idField = id && !isNothing(id) ? idOf(to.ev, id) : undefined;
  const label = idField
    ? keyFromId(idField)
    : name === "Workflow"
      ? workflowKey(to, props.get("name"))
      : undefined;
  const node = addNode(
    to,
    at,
    kind.kind,
    label ?? `${place.owner}/${kind.kind}`,
    element.key,
    element.span,
    place.each ? [...item, ...skipped] : item,
  );
  if (idField) node.id = idField;
  checkProps(to, element, name);
  const scope = kind.kind === "loop" ? newScope("node", place.scope) : place.scope;
  if (kind.kind === "loop") (node as { values: NodeDraft["values"] }).values = merged(node.values, scope);
  inScope(to.ev, scope, () => {
    taskFields(to, node, element, kind, { ...place, scope });
    const children = props.get("children");
    if (!kind.container || !children) return;
    lowerChildren(to, children, {
      parent: node.key,
      owner: label ? node.key : place.owner,
      scope,
      conditions: [],
      ...(place.component && { component: place.component }),
    });
  });
}

/** A loop's own values live beside those of the list that it stands for. */
function merged(values: NodeDraft["values"], scope: Scope): NodeDraft["values"] {
  if (values.size === 0) return scope.values;
  throw new Bail("a loop as a list item with values of its own");
}

function workflowKey(_to: Lowering, name: Value | undefined): string {
  if (!name) return "workflow";
  if (name.type === "Known") return String(name.value);
  return name.type === "Residual" ? (keyFromId({ type: "core", expr: name.expr }) ?? "workflow") : "workflow";
}

function idOf(ev: Evaluation, id: Value): Field {
  if (id.type === "Known") return { type: "json", value: String(id.value) };
  return plainField(ev, id);
}

const holdsFunction = (value: Value): boolean =>
  value.type === "Closure" ||
  value.type === "Code" ||
  (value.type === "Choice" && (holdsFunction(value.then) || holdsFunction(value.else)));

/** Every prop is carried, or named in a diagnostic. */
function checkProps(to: Lowering, element: ElementValue, name: string): void {
  const kind = KINDS[name];
  for (const prop of element.props.keys()) {
    if (kind?.props[prop]) continue;
    report(
      to.ev,
      "SM117",
      propSpan(element, prop) ?? element.span,
      `<${name}> does not act on '${prop}' in this version`,
      `It knows ${Object.keys(kind?.props ?? {})
        .filter((x) => x !== "children")
        .join(", ")}.`,
    );
  }
}

function propSpan(element: ElementValue, name: string): Core.Span | undefined {
  if (element.syntax.type !== "Element") return undefined;
  const prop = element.syntax.props.find((x) => x.type === "ElementProp" && x.name === name);
  return prop?.span;
}

function lowerBranch(to: Lowering, element: ElementValue, name: "Branch" | "If", place: Place): void {
  const { props } = element;
  const known = name === "Branch" ? ["if", "then", "else"] : ["test", "then", "else", "children"];
  for (const prop of props.keys()) {
    if (!known.includes(prop)) {
      report(
        to.ev,
        "SM117",
        propSpan(element, prop) ?? element.span,
        `<${name}> does not act on '${prop}'`,
        `It knows ${known.join(", ")}.`,
      );
    }
  }
  const test = props.get(name === "Branch" ? "if" : "test");
  if (!test || test.type === "Poison") return;
  const holds = truth(test);
  const text = holds === undefined ? reify(to.ev, test) : literal(holds);
  const lowerBoth = (at: Place): void => {
    const then = props.get("then") ?? (name === "If" ? props.get("children") : undefined);
    const otherwise = props.get("else");
    if (then && holds !== false) lowerChildren(to, then, within(at, { test: text, holds: true }));
    if (otherwise && holds !== true) lowerChildren(to, otherwise, within(at, { test: text, holds: false }));
  };
  const node = addNode(to, place, "branch", `${place.owner}/branch`, element.key, element.span);
  lowerBoth({
    parent: node.key,
    owner: place.owner,
    scope: place.scope,
    conditions: [],
    ...(place.component && { component: place.component }),
  });
}

function lowerEachElement(to: Lowering, element: ElementValue, place: Place): void {
  const of = element.props.get("of");
  const children = element.props.get("children");
  if (!of || of.type === "Poison" || children?.type === "Poison") return;
  if (children?.type !== "Closure") {
    report(
      to.ev,
      "SM101",
      element.span,
      "<Each> needs a function as its child",
      "Write <Each of={list}>{(item, index) => <Task …/>}</Each>.",
    );
    return;
  }
  const value = inScope(to.ev, place.scope, () => eachOf(to.ev, reify(to.ev, of), children, element.span));
  lowerChildren(to, value, place);
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
  const node: NodeDraft = {
    key: uniqueKey(to, wanted),
    kind,
    ...(place.parent !== undefined && { parent: place.parent }),
    ...(place.component && { component: place.component }),
    ...mounting(place.conditions),
    values: each ? each.scope.values : new Map(),
    guards: [],
    fields: new Map(),
    span,
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
  const base = wanted.slice(0, 80) || "node";
  let key = base;
  for (let n = 2; to.keys.has(key); n++) key = `${base}#${n}`;
  to.keys.add(key);
  return key;
}
