/** `<TryCatchFinally>` and `<Saga>`: containers whose children are parts with a role. */
import type { Json, Role } from "../../../plan/types.ts";
import { inline } from "../3-evaluate/calls.ts";
import { call, literal, memberOf, nameOf } from "../3-evaluate/core.ts";
import { reify } from "../3-evaluate/reify.ts";
import { truth } from "../3-evaluate/shape.ts";
import { Bail, report } from "../3-evaluate/state.ts";
import { type ElementValue, residual, toJson, type Value } from "../3-evaluate/value.ts";
import type { Field, NodeDraft } from "./draft.ts";
import { isNothing, keyFromId, plainField } from "./fields.ts";
import { idOf } from "./library.ts";
import { lowerChildren } from "./nodes.ts";
import { addNode, type Lowering, type Place, within } from "./place.ts";
import { propSpan, unknownProp } from "./props.ts";
import { isWord, wordsOf } from "./words.ts";

/** What a step of a saga has, as an object of `steps` and as an element. */
export const STEP_KEYS: readonly string[] = ["id", "action", "compensation", "label"];
export const STEP_PROPS: readonly string[] = ["id", "compensation", "children"];

/** One step of a saga, from `steps` or from `<Saga.Step>`. */
interface Step {
  readonly id: Value;
  readonly label: Value | undefined;
  readonly action: Value;
  readonly compensation: Value;
}

export function lowerTry(to: Lowering, element: ElementValue, place: Place): void {
  const { props } = element;
  const opened = openContainer(to, element, "try", place);
  if (!opened) return;
  const { node, inside } = opened;
  const codes = props.get("catchErrors");
  if (codes && !isNothing(codes)) node.fields.set("catchErrors", plainField(to.ev, codes));
  if (!props.has("try"))
    report(to.ev, "SM119", element.span, "<TryCatchFinally> needs 'try'", "Give it try={<Task …/>}.");
  for (const role of ["try", "catch", "finally"] as const) {
    const part = props.get(role);
    const shown = role === "catch" && part ? caught(to, element, node, part) : part;
    if (shown && !isNothing(shown)) lowerPart(to, element, inside, role, undefined, shown);
  }
}

/** What `catch` shows; as a function it is asked with the failure, which the run knows by the id of the try. */
function caught(to: Lowering, element: ElementValue, node: NodeDraft, part: Value): Value | undefined {
  if (part.type !== "Closure" && part.type !== "Code") return part;
  if (part.type === "Code" || (node.each && !node.id)) {
    refuse(
      to,
      element,
      "catch",
      part.type === "Code"
        ? "is a function that can't be read"
        : "is a function of the error, and the try has no id by which the run knows it",
      'Write <TryCatchFinally id="…" catch={(error) => <Task …/>} … />.',
    );
    return undefined;
  }
  const { id: given } = node;
  const id = given?.type === "core" ? given.expr : literal(given ? String(given.value) : node.key);
  const failure = call(memberOf(nameOf("ctx"), "failure"), id);
  return inline(to.ev, part, [residual(failure, { kind: "object", defined: true })], element.span);
}

export function lowerSaga(to: Lowering, element: ElementValue, place: Place): void {
  const opened = openContainer(to, element, "saga", place);
  if (!opened) return;
  const { node, inside } = opened;
  const onFailure = element.props.get("onFailure");
  if (onFailure && !isNothing(onFailure)) {
    const known = toJson(onFailure);
    const at = propSpan(element.syntax, "onFailure") ?? element.span;
    if (isWord(to.ev, "onFailure", known, wordsOf("onFailure"), at))
      node.fields.set("onFailure", { type: "json", value: known as Json });
  }
  for (const step of stepsOf(to, element)) {
    const id = idOf(to.ev, step.id);
    const label = step.label && !isNothing(step.label) ? plainField(to.ev, step.label) : undefined;
    lowerPart(to, element, inside, "action", id, step.action, label);
    if (!isNothing(step.compensation))
      lowerPart(to, element, inside, "compensation", id, step.compensation, label);
  }
}

function openContainer(
  to: Lowering,
  element: ElementValue,
  kind: "try" | "saga",
  place: Place,
): { readonly node: NodeDraft; readonly inside: Place } | null {
  const { props } = element;
  const skip = props.get("skipIf");
  if (skip && truth(skip) === true) return null;
  if (skip && truth(skip) === undefined && place.each) throw new Bail(`skipIf of a ${kind} in a list`);
  const at =
    skip && truth(skip) === undefined ? within(place, { test: reify(to.ev, skip), holds: false }) : place;
  const id = props.get("id");
  const field = id && !isNothing(id) ? idOf(to.ev, id) : undefined;
  const label = field ? keyFromId(field) : undefined;
  const node = addNode(to, at, kind, label ?? `${place.owner}/${kind}`, element.key, element.span);
  if (field) node.id = field;
  const inside: Place = {
    parent: node.key,
    owner: label ? node.key : place.owner,
    scope: place.scope,
    conditions: [],
    ...(place.component && { component: place.component }),
  };
  return { node, inside };
}

function lowerPart(
  to: Lowering,
  element: ElementValue,
  inside: Place,
  role: Role,
  step: Field | undefined,
  part: Value,
  label?: Field,
): void {
  const name = step ? (keyFromId(step) ?? "step") : undefined;
  const wanted = [inside.parent, name, role].filter((x) => x !== undefined).join("/");
  const node = addNode(to, inside, "sequence", wanted, undefined, element.span);
  node.fields.set("role", { type: "json", value: role });
  if (step) node.fields.set("step", step);
  if (label) node.fields.set("label", label);
  lowerChildren(to, part, { ...inside, parent: node.key });
}

function stepsOf(to: Lowering, element: ElementValue): Step[] {
  const steps = element.props.get("steps");
  if (steps && !isNothing(steps)) {
    const items = steps.type === "Array" ? steps.items : null;
    const made = items?.map((item) =>
      item.type === "Object" ? stepOf(to, element, item.props, "action") : null,
    );
    if (made?.every((x) => x !== null)) return made;
    refuse(to, element, "steps", "has to be a list of { id, action, compensation } known at build time", HOW);
    return [];
  }
  return childrenOf(element.props.get("children")).flatMap((child) => {
    const isStep =
      child.type === "Element" &&
      child.tag !== null &&
      typeof child.tag !== "string" &&
      child.tag.type === "Component" &&
      child.tag.name === "Saga.Step";
    const step = isStep ? stepOf(to, child, child.props, "children") : null;
    if (step) return [step];
    if (child.type === "Poison") return [];
    const at = child.type === "Element" ? child.span : element.span;
    report(to.ev, "SM119", at, "a saga holds steps with an id, an action and a compensation", HOW);
    return [];
  });
}

const HOW = 'Write <Saga.Step id="reserve" compensation={<Task …/>}><Task …/></Saga.Step>.';

function stepOf(
  to: Lowering,
  at: ElementValue,
  props: ReadonlyMap<string, Value>,
  action: "action" | "children",
): Step | null {
  const known = action === "action" ? STEP_KEYS : STEP_PROPS;
  const prefix = action === "action" ? "steps." : "";
  for (const [key, value] of props)
    if (!known.includes(key) && !isNothing(value))
      unknownProp(
        to.ev,
        prefix ? "Saga" : "Saga.Step",
        `${prefix}${key}`,
        known,
        propSpan(at.syntax, key) ?? at.span,
      );
  const label = action === "action" ? props.get("label") : undefined;
  const [id, does, undoes] = [props.get("id"), props.get(action), props.get("compensation")];
  return id && !isNothing(id) && does && undoes ? { id, label, action: does, compensation: undoes } : null;
}

/** Elements among children; white space stands between them. */
export function childrenOf(children: Value | undefined): Value[] {
  if (!children || isNothing(children)) return [];
  if (children.type !== "Array") return [children];
  return children.items.flatMap((item) => {
    const value = item.type === "SpreadItem" ? item.value : item;
    if (value.type === "Known" && typeof value.value === "string" && value.value.trim() === "") return [];
    return childrenOf(value);
  });
}

function refuse(to: Lowering, element: ElementValue, prop: string, why: string, instead: string): void {
  report(
    to.ev,
    "SM117",
    propSpan(element.syntax, prop) ?? element.span,
    `'${prop}' of this element ${why}`,
    instead,
  );
}
