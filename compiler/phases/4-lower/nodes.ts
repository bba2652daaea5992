/**
 * Elements → plan nodes. Only nodes that hold others, lists and the workflow are scopes; components, fragments and
 * conditions are transparent: their named values belong to the scope around them.
 */
import type * as Core from "../../../plan/core/ast.ts";
import { inline } from "../3-evaluate/calls.ts";
import { binary, call, literal, logical } from "../3-evaluate/core.ts";
import { mentionsPoison } from "../3-evaluate/poison.ts";
import { poisonText } from "../3-evaluate/reify.ts";
import { isStructural } from "../3-evaluate/shape.ts";
import {
  attempt,
  Bail,
  inScope,
  LIBRARY_PATH,
  lose,
  reasonOf,
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
  toJson,
  type Value,
} from "../3-evaluate/value.ts";
import { lowerBlock } from "./blocks.ts";
import type { Field } from "./draft.ts";
import { isNothing } from "./fields.ts";
import { KINDS } from "./kinds.ts";
import { lowerLibrary } from "./library.ts";
import { PATTERN_WORDS, PATTERNS } from "./patterns.ts";
import { addNode, type Condition, inPath, type Lowering, type Place, within } from "./place.ts";
import { propSpan, unknownProp } from "./props.ts";
import { refuseTag } from "./tags.ts";
import { formsOf } from "./task-forms.ts";
import { isWord } from "./words.ts";

export function lowerChildren(to: Lowering, value: Value, place: Place): void {
  switch (value.type) {
    case "Poison":
      lose(to.ev);
      return;
    case "Known":
    case "Residual":
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
      const isOne =
        single && !inScope(to.ev, value.scope, () => inPath(to, single, () => formsOf(to, single.element)));
      const isBare = value.scope.guards.length === 0 && !(single && hasScope(single.element, value));
      if (isOne && isBare) lowerElement(to, single.element, item, single.conditions);
      else inGroup(to, item, value.span, (inner) => lowerChildren(to, value.body, inner));
    }),
  );
}

/** A loop has a scope of its own, which can't hold the names of the item that it stands for. */
const hasScope = ({ tag }: ElementValue, { scope }: EachValue): boolean =>
  scope.values.size > 0 &&
  typeof tag === "object" &&
  tag?.type === "Component" &&
  KINDS[tag.name]?.kind === "loop";

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
      lowerUnknown(to, element, place);
      return;
    case "Fail":
      lowerFail(to, tag, place);
      return;
    case "Residual":
      if (!mentionsPoison(tag.expr)) throw new Bail("a component that only the run knows", element.span);
      lowerUnknown(to, element, place);
      return;
    default:
      break;
  }
  refuseTag(to.ev, tag, element.span);
  lowerUnknown(to, element, place);
}

/** An element of something that was reported: elements among its children are read, in no certain order. */
export function lowerUnknown(to: Lowering, element: ElementValue, place: Place): void {
  const { ev } = to;
  lose(ev, element.props.get("id"));
  const children = element.props.get("children");
  if (!children || !isStructural(children) || children.type === "Code" || children.type === "Closure") return;
  const at = within(place, { test: poisonText(ev), holds: true });
  const node = addNode(to, at, "parallel", `${place.owner}/unknown`, undefined, element.span);
  const known = ev.diagnostics.length;
  lowerChildren(to, children, { parent: node.key, owner: place.owner, scope: place.scope, conditions: [] });
  // Whether its children are elements or a prompt is not known.
  ev.diagnostics.push(...ev.diagnostics.splice(known).filter((d) => d.code !== "SM101"));
}

/** A component of the source: its function is read in place, when its element is mounted. */
function lowerComponent(to: Lowering, element: ElementValue, fn: Closure, place: Place): void {
  if (fn.env.module?.path !== LIBRARY_PATH) {
    lowerSource(to, element, fn, place);
    return;
  }
  const { ev } = to;
  const { file } = fn.env.module;
  if (element.span.file !== file) checkPattern(to, element, fn.name ?? "");
  const outer = to.pattern;
  to.pattern = element.span.file === file && outer ? outer : { file, span: element.span };
  const known = ev.diagnostics.length;
  const { span } = to.pattern;
  lowerSource(to, element, fn, place);
  const found = ev.diagnostics.splice(known);
  ev.diagnostics.push(...found.map((d) => (d.span?.file === file ? { ...d, span } : d)));
  if (outer) to.pattern = outer;
  else delete to.pattern;
}

/** Props of a pattern by name, before its source is read. */
function checkPattern(to: Lowering, element: ElementValue, name: string): void {
  const known = PATTERNS[name];
  if (!known) return;
  const all = [...known.wanted, ...known.others];
  for (const [prop, value] of element.props) {
    const at = propSpan(element.syntax, prop) ?? element.span;
    if (!all.includes(prop)) unknownProp(to.ev, name, prop, all, at);
    const words = PATTERN_WORDS[name]?.[prop];
    const given = words && !isNothing(value) ? toJson(value) : undefined;
    if (words && given !== undefined) isWord(to.ev, prop, given, words, at);
  }
  for (const prop of known.wanted) {
    const value = element.props.get(prop);
    if (value === undefined || (value.type === "Known" && (value.value ?? null) === null))
      report(to.ev, "SM119", element.span, `<${name}> needs '${prop}'`, `Give it ${prop}={…}.`);
  }
}

function lowerSource(to: Lowering, element: ElementValue, fn: Closure, place: Place): void {
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
      lowerBlock(to, { type: "Block", syntax: element.syntax, env: element.env, ...reasonOf(why) }, place);
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
