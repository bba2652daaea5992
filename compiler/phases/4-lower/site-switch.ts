/** `<Switch>` inside a block. */
import type * as Core from "../../../plan/core/ast.ts";
import type * as Surface from "../../surface.ts";
import { call, conditional, literal, nameOf } from "../3-evaluate/core.ts";
import { evaluate } from "../3-evaluate/evaluate.ts";
import { freshName, report } from "../3-evaluate/state.ts";
import { expr, type Names, type Translation } from "../3-evaluate/translate.ts";
import type { BlockWriter } from "./blocks.ts";
import { unknownProp } from "./props.ts";
import { jsonOf } from "./site.ts";
import { branchSite } from "./site-branch.ts";
import { children, childTexts } from "./site-children.ts";
import {
  CASE_PROPS,
  type CaseTest,
  caseValues,
  DEFAULT_PROPS,
  fresh,
  HOW,
  testOf,
  WANTED,
} from "./switch.ts";

const UNDEFINED: Core.Expr = { type: "Name", name: "undefined" };

interface Case extends CaseTest {
  readonly content: Core.Expr;
}

export function switchSite(
  w: BlockWriter,
  t: Translation,
  element: Surface.Element,
  names: Names,
): Core.Expr {
  const on = propOf(element, "on");
  if (!on) {
    report(t.ev, "SM119", element.span, "<Switch> needs 'on'", HOW);
    return UNDEFINED;
  }
  return branchSite(w, element, "switch", () => {
    const value = expr(t, on, names);
    const name = freshName(t.ev, "on");
    const { cases, otherwise } = partsOf(w, t, element, names);
    const chosen = cases.reduceRight<Core.Expr>(
      (rest, one) => conditional(testOf(one, nameOf(name)), one.content, rest),
      otherwise ?? literal(null),
    );
    return call({ type: "Arrow", params: [nameOf(name)], body: chosen }, value);
  });
}

function partsOf(
  w: BlockWriter,
  t: Translation,
  element: Surface.Element,
  names: Names,
): { readonly cases: readonly Case[]; readonly otherwise: Core.Expr | undefined } {
  const { ev } = t;
  const cases: Case[] = [];
  const given = propOf(element, "default");
  let otherwise = given && expr(t, given, names);
  const table = propOf(element, "cases");
  if (table) {
    const members = table.type === "Object" ? table.props.map((x) => memberOf(x)) : [null];
    if (members.some((x) => x === null))
      report(
        ev,
        "SM119",
        table.span ?? element.span,
        "'cases' of <Switch> wants an object that is written out",
        HOW,
      );
    for (const member of members)
      if (member) cases.push({ values: [member[0]], byName: true, content: expr(t, member[1], names) });
  }
  const seen = new Set<string>();
  for (const child of children(element)) {
    if (child.type === "Literal") continue;
    const tag = child.type === "Element" ? nameOfTag(t, child, names) : null;
    if (child.type !== "Element" || tag === null || child.props.some((x) => x.type === "Spread")) {
      report(ev, "SM119", child.span ?? element.span, "a <Switch> holds cases and at most one default", HOW);
      continue;
    }
    const known = tag === "Case" ? CASE_PROPS : DEFAULT_PROPS;
    for (const prop of child.props)
      if (prop.type === "ElementProp" && prop.name !== "key" && !known.includes(prop.name))
        unknownProp(ev, tag, prop.name, known, prop.span);
    const content = (): Core.Expr => ({ type: "Array", elements: childTexts(w, t, child, names) });
    if (tag === "Default") {
      if (otherwise) report(ev, "SM119", child.span, "a <Switch> has one default", "Leave one of them out.");
      otherwise ??= content();
      continue;
    }
    const when = propOf(child, "when");
    if (!when) {
      report(ev, "SM119", child.span, "<Case> needs 'when'", HOW);
      continue;
    }
    const text = expr(t, when, names);
    const json = jsonOf(text);
    const isUndefined = text.type === "Name" && text.name === "undefined";
    const values = isUndefined ? [undefined] : json === undefined ? null : caseValues(json);
    if (values) cases.push({ values: fresh(ev, values, seen, when.span), byName: false, content: content() });
    else report(ev, "SM119", when.span ?? child.span, WANTED, undefined);
  }
  return { cases, otherwise };
}

function propOf(element: Surface.Element, name: string): Surface.Expr | undefined {
  const found = element.props.find((x) => x.type === "ElementProp" && x.name === name);
  return found?.type === "ElementProp" ? found.value : undefined;
}

function memberOf(
  member: Core.ObjectExpr<Surface.Extra>["props"][number],
): readonly [string, Surface.Expr] | null {
  return member.type === "Property" && typeof member.key === "string" ? [member.key, member.value] : null;
}

/** Whether a tag is `Case` or `Default`, under whatever name the file imports it. */
function nameOfTag(t: Translation, { tag }: Surface.Element, names: Names): "Case" | "Default" | null {
  if (!tag) return null;
  let root = tag;
  while (root.type === "Member") root = root.object;
  if (root.type !== "Name" || names.get(root.name) !== undefined) return null;
  const value = evaluate(t.ev, tag, t.env);
  if (value.type !== "Component") return null;
  return value.name === "Case" || value.name === "Default" ? value.name : null;
}
