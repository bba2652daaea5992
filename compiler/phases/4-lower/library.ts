/** Components of the library → nodes. */
import { inline } from "../3-evaluate/calls.ts";
import { binary, literal, nameOf } from "../3-evaluate/core.ts";
import { eachOf } from "../3-evaluate/each.ts";
import { reify } from "../3-evaluate/reify.ts";
import { truth } from "../3-evaluate/shape.ts";
import { Bail, type Evaluation, inScope, lose, newScope, report } from "../3-evaluate/state.ts";
import { type ElementValue, residual, type Scope, type Value } from "../3-evaluate/value.ts";
import type { Field, NodeDraft } from "./draft.ts";
import { isNothing, keyFromId, plainField, tableName } from "./fields.ts";
import { isInline, lowerInline } from "./inline-subflow.ts";
import { KINDS, type Kind, SPECIAL } from "./kinds.ts";
import { lowerChildren, lowerElement, lowerUnknown } from "./nodes.ts";
import { isLeftOut } from "./patterns.ts";
import { addNode, type Condition, inPath, type Lowering, type Place, within } from "./place.ts";
import { checkPresence, propSpan, unknownComponent, unknownProp } from "./props.ts";
import { lowerSaga, lowerTry } from "./recovery.ts";
import { signalRow } from "./signal-row.ts";
import { lowerSwitch } from "./switch.ts";
import { formsOf } from "./task-forms.ts";
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
  if (SPECIAL[name]) {
    lowerSpecial(to, element, name, place);
    return;
  }
  if (isLeftOut(to.ev, name, element.span)) return;
  const kind = KINDS[name];
  if (!kind) {
    unknownComponent(to.ev, name, element.span, KNOWN);
    lowerUnknown(to, element, place);
    return;
  }
  if (name === "Signal" && props.get("children")) {
    lowerSignal(to, element, place);
    return;
  }
  if (name === "Subflow" && isInline(element)) {
    lowerInline(to, element, place);
    return;
  }
  const forms = inScope(to.ev, place.scope, () => formsOf(to, element));
  if (forms) {
    for (const { element: one, condition } of forms) lowerElement(to, one, within(place, condition), item);
    return;
  }
  const skip = kind.props.skipIf === "skip" ? props.get("skipIf") : undefined;
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
  checkProps(to, element, name, kind);
  const scope = kind.kind === "loop" ? newScope("node", place.scope) : place.scope;
  if (kind.kind === "loop") (node as { values: NodeDraft["values"] }).values = merged(node.values, scope);
  inScope(to.ev, scope, () => {
    taskFields(to, node, element, kind, { ...place, scope });
    if (name === "Signal" && idField && !node.fields.has("event")) node.fields.set("event", idField);
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

/** A signal whose child is a function of its row: the wait, and what the function gives once the row is there. */
function lowerSignal(to: Lowering, element: ElementValue, place: Place): void {
  const { ev } = to;
  const props = new Map(element.props);
  const children = props.get("children");
  props.delete("children");
  const wait: ElementValue = { ...element, props };
  const [id, schema] = [props.get("id"), props.get("schema")];
  if (children?.type !== "Closure" || place.each) {
    if (children && children.type !== "Poison")
      report(
        ev,
        "SM117",
        propSpan(element.syntax, "children") ?? element.span,
        place.each
          ? "a <Signal> with a child can't be an item of a list by itself"
          : "the child of a <Signal> has to be a function of what was sent",
        "Write <Signal …>{(data) => <Task …/>}</Signal>, in a <Sequence> where it is an item of a list.",
      );
    lowerElement(to, wait, place);
    return;
  }
  lowerElement(to, wait, place);
  if (!id || !schema || isNothing(id) || isNothing(schema)) return;
  const table = tableName(ev, schema, to.tables, element.span);
  const row = signalRow(table, reify(ev, id));
  const there: Condition = { test: binary("!==", row, nameOf("undefined")), holds: true };
  const at = within(place, there);
  inPath(to, at, () => {
    const shown = inline(ev, children, [residual(row, { kind: "object", defined: true })], element.span);
    lowerChildren(to, shown, at);
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

export function idOf(ev: Evaluation, id: Value): Field {
  if (id.type === "Known") return { type: "json", value: String(id.value) };
  return plainField(ev, id);
}

/** Every prop is carried, or named in a diagnostic. */
function checkProps(to: Lowering, element: ElementValue, name: string, kind: Kind): void {
  const given = new Set<string>();
  for (const [prop, value] of element.props) {
    if (!isNothing(value)) given.add(prop);
    if (kind.props[prop] || (kind.refused?.[prop] && isNothing(value))) continue;
    const at = propSpan(element.syntax, prop) ?? element.span;
    unknownProp(to.ev, name, prop, Object.keys(kind.props), at);
  }
  checkPresence(to.ev, name, kind, given, element.span);
}

/** Names of everything that is lowered, for people who wrote another. */
export const KNOWN: readonly string[] = [...Object.keys(KINDS), ...Object.keys(SPECIAL)];

function lowerSpecial(to: Lowering, element: ElementValue, name: string, place: Place): void {
  for (const prop of element.props.keys()) {
    const known = SPECIAL[name] as readonly string[];
    if (!known.includes(prop))
      unknownProp(to.ev, name, prop, known, propSpan(element.syntax, prop) ?? element.span);
  }
  switch (name) {
    case "Branch":
    case "If":
      lowerBranch(to, element, name, place);
      return;
    case "Switch":
      lowerSwitch(to, element, place);
      return;
    case "Each":
      lowerEachElement(to, element, place);
      return;
    case "TryCatchFinally":
      lowerTry(to, element, place);
      return;
    case "Saga":
      lowerSaga(to, element, place);
      return;
    default:
      throw new Error(`<${name}> has no lowering`);
  }
}

function lowerBranch(to: Lowering, element: ElementValue, name: "Branch" | "If", place: Place): void {
  const { props } = element;
  const wanted = name === "Branch" ? "if" : "test";
  const test = props.get(wanted);
  if (!test) {
    report(to.ev, "SM119", element.span, `<${name}> needs '${wanted}'`, "Give it a condition.");
    return;
  }
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
  if (!of) {
    report(to.ev, "SM119", element.span, "<Each> needs 'of'", "Give it the list: of={…}.");
    return;
  }
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
  const value = inScope(to.ev, place.scope, () =>
    eachOf(to.ev, reify(to.ev, of), children, element.span, of),
  );
  lowerChildren(to, value, place);
}
