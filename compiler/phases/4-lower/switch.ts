/** `<Switch>`: a branch whose alternatives are exclusive, since no two cases have the same value. */
import type * as Core from "../../../plan/core/ast.ts";
import type { Json } from "../../../plan/types.ts";
import { binary, call, literal, logical, nameOf } from "../3-evaluate/core.ts";
import { reify } from "../3-evaluate/reify.ts";
import { type Evaluation, report } from "../3-evaluate/state.ts";
import { type ElementValue, toJson, type Value } from "../3-evaluate/value.ts";
import { isNothing } from "./fields.ts";
import { lowerChildren } from "./nodes.ts";
import { addNode, type Lowering, type Place, within } from "./place.ts";
import { propSpan, unknownProp } from "./props.ts";
import { childrenOf } from "./recovery.ts";

/** What a case is for: a value that can be compared at build time. */
export type CaseValue = string | number | boolean | null | undefined;

/** Values of a case, and how they are compared: as they are, or as the names of an object's members are. */
export interface CaseTest {
  readonly values: readonly CaseValue[];
  readonly byName: boolean;
}

interface Case extends CaseTest {
  readonly content: Value;
}

export const HOW =
  'Write <Switch on={value}><Case when="a"><Task …/></Case><Default><Task …/></Default></Switch>.';
export const CASE_PROPS: readonly string[] = ["when", "children"];
export const DEFAULT_PROPS: readonly string[] = ["children"];

export function lowerSwitch(to: Lowering, element: ElementValue, place: Place): void {
  const { ev } = to;
  const on = element.props.get("on");
  if (!on) {
    report(ev, "SM119", element.span, "<Switch> needs 'on'", HOW);
    return;
  }
  const { cases, otherwise } = partsOf(to, element);
  const node = addNode(to, place, "branch", `${place.owner}/switch`, element.key, element.span);
  const inside: Place = {
    parent: node.key,
    owner: place.owner,
    scope: place.scope,
    conditions: [],
    ...(place.component && { component: place.component }),
  };
  if (on.type === "Known") {
    const chosen = cases.find((one) => holds(one, on.value as CaseValue));
    const content = chosen?.content ?? otherwise;
    if (content) lowerChildren(to, content, inside);
    return;
  }
  const text = reify(ev, on);
  const tests = cases.map((one) => testOf(one, text));
  for (const [n, { content }] of cases.entries())
    lowerChildren(to, content, within(inside, { test: tests[n] as Core.Expr, holds: true }));
  if (!otherwise) return;
  const any = tests.length === 0 ? literal(false) : tests.reduce((a, b) => logical("||", a, b));
  lowerChildren(to, otherwise, within(inside, { test: any, holds: false }));
}

/** Whether the value of `on` is one of a case's. */
export function testOf({ values, byName }: CaseTest, on: Core.Expr): Core.Expr {
  const tests = values.map((value): Core.Expr => {
    const isNumeric = byName && /^(0|[1-9]\d*)$/.test(String(value));
    const other = value === undefined ? nameOf("undefined") : literal(value);
    return binary("===", isNumeric ? call("String", on) : on, other);
  });
  return tests.length === 0 ? literal(false) : tests.reduce((a, b) => logical("||", a, b));
}

const holds = ({ values, byName }: CaseTest, value: CaseValue): boolean =>
  values.includes(byName && typeof value === "number" ? String(value) : value);

function partsOf(
  to: Lowering,
  element: ElementValue,
): { readonly cases: readonly Case[]; readonly otherwise: Value | undefined } {
  const { ev } = to;
  const { props } = element;
  const seen = new Set<string>();
  const cases: Case[] = [];
  let otherwise = props.get("default");
  const table = props.get("cases");
  const spanOf = (prop: string): Core.Span => propSpan(element.syntax, prop) ?? element.span;
  if (table && !isNothing(table)) {
    if (table.type === "Object")
      for (const [name, content] of table.props) cases.push({ values: [name], byName: true, content });
    else if (table.type !== "Poison")
      report(ev, "SM119", spanOf("cases"), "'cases' of <Switch> wants an object that is written out", HOW);
  }
  for (const child of childrenOf(props.get("children"))) {
    const name = nameOfTag(child);
    if (child.type !== "Element" || name === null) {
      if (child.type === "Poison") continue;
      const at = child.type === "Element" ? child.span : element.span;
      report(ev, "SM119", at, "a <Switch> holds cases and at most one default", HOW);
      continue;
    }
    const known = name === "Case" ? CASE_PROPS : DEFAULT_PROPS;
    for (const prop of child.props.keys())
      if (!known.includes(prop))
        unknownProp(ev, name, prop, known, propSpan(child.syntax, prop) ?? child.span);
    const content = child.props.get("children") ?? NOTHING;
    if (name === "Default") {
      if (otherwise) report(ev, "SM119", child.span, "a <Switch> has one default", "Leave one of them out.");
      otherwise ??= content;
      continue;
    }
    const when = child.props.get("when");
    if (!when) report(ev, "SM119", child.span, "<Case> needs 'when'", HOW);
    if (!when || when.type === "Poison") continue;
    const at = propSpan(child.syntax, "when") ?? child.span;
    const values = valuesOf(
      when.type === "Known" && when.value === undefined ? undefined : toJson(when),
      when,
    );
    if (values) cases.push({ values: fresh(ev, values, seen, at), byName: false, content });
    else report(ev, "SM119", at, WANTED, undefined);
  }
  return { cases, otherwise };
}

const NOTHING: Value = { type: "Known", value: null };

export const WANTED =
  "'when' of <Case> wants a text, a number, true, false or null, or a list of these, known at build time";

function nameOfTag(child: Value): "Case" | "Default" | null {
  if (child.type !== "Element" || typeof child.tag !== "object" || child.tag?.type !== "Component")
    return null;
  const { name } = child.tag;
  return name === "Case" || name === "Default" ? name : null;
}

function valuesOf(json: Json | undefined, given: Value): readonly CaseValue[] | null {
  if (json === undefined) return given.type === "Known" ? [undefined] : null;
  return caseValues(json);
}

/** The values that JSON stands for; null where it holds more than a case can be for. */
export function caseValues(json: Json): readonly CaseValue[] | null {
  const list = Array.isArray(json) ? (json as readonly Json[]) : [json];
  return list.every((one) => typeof one !== "object" || one === null) ? (list as readonly CaseValue[]) : null;
}

/** Those values that no case before has. SM407 for the others: the first case that has one is chosen. */
export function fresh(
  ev: Evaluation,
  values: readonly CaseValue[],
  seen: Set<string>,
  at: Core.Span | undefined,
): readonly CaseValue[] {
  return values.filter((value) => {
    const name = `${typeof value} ${String(value)}`;
    if (!seen.has(name)) {
      seen.add(name);
      return true;
    }
    const shown = value === undefined ? "undefined" : JSON.stringify(value);
    report(ev, "SM407", at, `a case before this one is for ${shown} already`, "Leave one of them out.");
    return false;
  });
}
