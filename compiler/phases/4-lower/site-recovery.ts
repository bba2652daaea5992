/** `<TryCatchFinally>` and `<Saga>` inside a block. */
import type * as Core from "../../../plan/core/ast.ts";
import type { Json, NodeKind, Role } from "../../../plan/types.ts";
import type * as Surface from "../../surface.ts";
import { binary, call, conditional, literal, memberOf, nameOf } from "../3-evaluate/core.ts";
import { evaluate } from "../3-evaluate/evaluate.ts";
import { report } from "../3-evaluate/state.ts";
import { expr, type Names, type Translation } from "../3-evaluate/translate.ts";
import type { BlockWriter } from "./blocks.ts";
import type { NodeDraft } from "./draft.ts";
import { keyFromId } from "./fields.ts";
import { unknownProp } from "./props.ts";
import { STEP_KEYS, STEP_PROPS } from "./recovery.ts";
import { jsonOf, Site } from "./site.ts";
import { children, childTexts } from "./site-children.ts";
import { contained } from "./sites.ts";
import { isWord, wordsOf } from "./words.ts";

type Props = ReadonlyMap<string, Surface.Expr>;

const propsOf = (element: Surface.Element): Props =>
  new Map(element.props.flatMap((x) => (x.type === "ElementProp" ? [[x.name, x.value] as const] : [])));

export function trySite(w: BlockWriter, t: Translation, element: Surface.Element, names: Names): Core.Expr {
  const props = propsOf(element);
  const codes = props.get("catchErrors");
  return container(w, t, element, names, "try", (made) => {
    if (!props.has("try"))
      report(t.ev, "SM119", element.span, "<TryCatchFinally> needs 'try'", "Give it try={<Task …/>}.");
    const codesText = codes && expr(t, codes, names);
    if (codesText && !isNull(codesText)) made.set("catchErrors", codesText);
    return (["try", "catch", "finally"] as const).flatMap((role) => {
      const part = props.get(role);
      if (!part || isNull(part)) return [];
      const isFunction = part.type === "Arrow" || part.type === "Func";
      if (isFunction && role !== "catch") {
        report(
          t.ev,
          "SM117",
          part.span,
          `'${role}' of this element is a function: only 'catch' is given something`,
          `Give it an element: ${role}={<Task …/>}.`,
        );
        return [];
      }
      const shown = (): Core.Expr => (isFunction ? caught(t, part, names, made) : expr(t, part, names));
      return [partSite(w, t, element, names, made.node.key, role, null, shown)];
    });
  });
}

/** What a `catch` gives for the failure, once there is one. */
function caught(t: Translation, part: Surface.Expr, names: Names, made: Site): Core.Expr {
  const known = idIn(made);
  const failure = call(memberOf(nameOf("ctx"), "failure"), known);
  return conditional(
    binary("===", failure, nameOf("undefined")),
    literal(null),
    call(expr(t, part, names) as never, failure),
  );
}

/** The id of a site as the block knows it: what it hands to the site as an argument. */
function idIn({ node, args }: Site): Core.Expr {
  const { id } = node;
  if (id?.type !== "core") return literal(id ? String(id.value) : node.key);
  const { expr: given } = id;
  const handed = given.type === "Name" ? args.find(([name]) => name === given.name) : undefined;
  return handed?.[1] ?? given;
}

export function sagaSite(w: BlockWriter, t: Translation, element: Surface.Element, names: Names): Core.Expr {
  const props = propsOf(element);
  const onFailure = props.get("onFailure");
  return container(w, t, element, names, "saga", (made) => {
    const policy = onFailure && expr(t, onFailure, names);
    if (policy && !isNull(policy)) {
      const at = onFailure.span ?? element.span;
      if (isWord(t.ev, "onFailure", jsonOf(policy), wordsOf("onFailure"), at)) made.set("onFailure", policy);
    }
    return stepsOf(w, t, element, names, props).flatMap(({ id, action, compensation, label }) => {
      const part = (role: Role, does: () => Core.Expr): Core.Expr =>
        partSite(w, t, element, names, made.node.key, role, expr(t, id, names), does, label);
      return [
        part("action", action),
        ...(isNull(compensation) ? [] : [part("compensation", () => expr(t, compensation, names))]),
      ];
    });
  });
}

interface Step {
  readonly id: Surface.Expr;
  readonly action: () => Core.Expr;
  readonly compensation: Surface.Expr;
  readonly label?: Core.Expr | undefined;
}

function stepsOf(
  w: BlockWriter,
  t: Translation,
  element: Surface.Element,
  names: Names,
  props: Props,
): Step[] {
  const steps = props.get("steps");
  const bad = (span: Core.Span | undefined): [] => {
    report(
      t.ev,
      "SM117",
      span ?? element.span,
      "inside a block the steps of a saga have to be written out",
      'Write <Saga.Step id="reserve" compensation={<Task …/>}><Task …/></Saga.Step>.',
    );
    return [];
  };
  if (steps) {
    if (steps.type !== "Array") return bad(steps.span);
    return steps.elements.flatMap((item): Step[] => {
      if (item?.type !== "Object") return bad(steps.span);
      const parts = new Map(
        item.props.flatMap((x) =>
          x.type === "Property" && typeof x.key === "string" ? [[x.key, x.value] as const] : [],
        ),
      );
      const [id, action, compensation] = [parts.get("id"), parts.get("action"), parts.get("compensation")];
      if (!id || !action || !compensation || item.props.some((x) => x.type === "Spread"))
        return bad(item.span);
      for (const key of parts.keys())
        if (!STEP_KEYS.includes(key)) unknownProp(t.ev, "Saga", `steps.${key}`, STEP_KEYS, item.span);
      const label = parts.get("label");
      return [
        {
          id,
          action: () => expr(t, action, names),
          compensation,
          label: label && !isNull(label) ? expr(t, label, names) : undefined,
        },
      ];
    });
  }
  return children(element).flatMap((child): Step[] => {
    if (child.type === "Literal") return [];
    if (child.type !== "Element" || !child.tag || !isStep(t, child.tag, names)) return bad(child.span);
    const own = propsOf(child);
    const [id, compensation] = [own.get("id"), own.get("compensation")];
    if (!id || !compensation || child.props.some((x) => x.type === "Spread")) return bad(child.span);
    for (const key of own.keys())
      if (!STEP_PROPS.includes(key) && key !== "key")
        unknownProp(t.ev, "Saga.Step", key, STEP_PROPS, child.span);
    const action = (): Core.Expr => ({ type: "Array", elements: childTexts(w, t, child, names) });
    return [{ id, action, compensation }];
  });
}

const isNull = (value: Surface.Expr | Core.Expr): boolean =>
  (value.type === "Name" && value.name === "undefined") || (value.type === "Literal" && value.value === null);

/** Whether a tag is `Saga.Step`, under whatever name the file imports it. */
function isStep(t: Translation, tag: Surface.Expr, names: Names): boolean {
  let root = tag;
  while (root.type === "Member") root = root.object;
  if (root.type !== "Name" || names.get(root.name) !== undefined) return false;
  const value = evaluate(t.ev, tag, t.env);
  return value.type === "Component" && value.name === "Saga.Step";
}

/** A container with an id and `skipIf`, and what `inside` gives as its children. */
function container(
  w: BlockWriter,
  t: Translation,
  element: Surface.Element,
  names: Names,
  kind: NodeKind,
  inside: (made: Site) => Core.Expr[],
): Core.Expr {
  const props = propsOf(element);
  const [id, skip] = [props.get("id"), props.get("skipIf")];
  const text = id ? expr(t, id, names) : undefined;
  const label =
    text &&
    keyFromId(text.type === "Literal" ? { type: "json", value: text.value } : { type: "core", expr: text });
  const made = open(w, names, kind, label ?? `${w.owner}/${kind}`, element);
  if (text) made.set("id", text);
  w.parents.push(made.node.key);
  const kids: Core.Expr = { type: "Array", elements: inside(made) };
  w.parents.pop();
  return contained(w, made, kids, skip && expr(t, skip, names));
}

function partSite(
  w: BlockWriter,
  _t: Translation,
  element: Surface.Element,
  names: Names,
  owner: string,
  role: Role,
  step: Core.Expr | null,
  does: () => Core.Expr,
  label?: Core.Expr,
): Core.Expr {
  const name = step && (jsonOf(step) as Json | undefined);
  const made = open(
    w,
    names,
    "sequence",
    [owner, ...(step ? [typeof name === "string" ? name : "step"] : []), role].join("/"),
    element,
  );
  made.node.fields.set("role", { type: "json", value: role });
  if (step) made.set("step", step);
  if (label) made.set("label", label);
  w.parents.push(made.node.key);
  const kids = does();
  w.parents.pop();
  return contained(w, made, kids, undefined);
}

function open(w: BlockWriter, names: Names, kind: NodeKind, wanted: string, element: Surface.Element): Site {
  const node: NodeDraft = {
    key: w.siteKey(wanted),
    kind,
    parent: w.parentKey(),
    values: new Map(),
    guards: [],
    fields: new Map(),
    span: element.span ?? { file: 0, start: 0, end: 0 },
  };
  w.add(node);
  return new Site(node, w.local(names));
}
