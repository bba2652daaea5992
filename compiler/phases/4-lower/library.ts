/** Components of the library → nodes. */
import type * as Core from "../../../plan/core/ast.ts";
import { literal } from "../3-evaluate/core.ts";
import { eachOf } from "../3-evaluate/each.ts";
import { reify } from "../3-evaluate/reify.ts";
import { truth } from "../3-evaluate/shape.ts";
import { Bail, type Evaluation, inScope, lose, newScope, report } from "../3-evaluate/state.ts";
import type { ElementValue, Scope, Value } from "../3-evaluate/value.ts";
import type { Field, NodeDraft } from "./draft.ts";
import { isNothing, keyFromId, plainField } from "./fields.ts";
import { KINDS } from "./kinds.ts";
import { lowerChildren, lowerElement } from "./nodes.ts";
import { addNode, type Condition, type Lowering, type Place, within } from "./place.ts";
import { taskFields } from "./tasks.ts";

/** A component of the library. */
export function lowerLibrary(
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
  if (!test) return;
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
  if (!of) return;
  if (children?.type === "Poison") {
    lose(to.ev);
    return;
  }
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
