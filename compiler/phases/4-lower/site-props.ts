/** Props of elements inside a block: what the plan can't hold is named there as it is elsewhere. */
import type * as Core from "../../../plan/core/ast.ts";
import type * as Surface from "../../surface.ts";
import { memberOf } from "../3-evaluate/core.ts";
import { evaluate } from "../3-evaluate/evaluate.ts";
import { report } from "../3-evaluate/state.ts";
import type { Names, Translation } from "../3-evaluate/translate.ts";
import type { BlockWriter } from "./blocks.ts";
import { isNothing } from "./fields.ts";
import type { Kind } from "./kinds.ts";
import { propSpan, unknownProp } from "./props.ts";
import type { Site } from "./site.ts";

const isNull = (text: Core.Expr): boolean =>
  (text.type === "Name" && text.name === "undefined") || (text.type === "Literal" && text.value === null);

/** SM117 for a value that no field holds. */
export function badProp(t: Translation, element: Surface.Element, prop: string, why: string): void {
  const at = propSpan(element, prop.split(".")[0] as string) ?? element.span;
  report(t.ev, "SM117", at, `'${prop}' ${why}`, "Give it a literal, or a value derived from ctx.");
}

/** Whether a prop is written with an element or a function as a part of its value. */
export function holdsCode(element: Surface.Element, prop: string): boolean {
  const found = element.props.find((x) => x.type === "ElementProp" && x.name === prop);
  return found?.type === "ElementProp" && isCode(found.value);
}

/** Whether a prop is a function or an element itself. */
export function isFunctionProp(element: Surface.Element, prop: string): boolean {
  const found = element.props.find((x) => x.type === "ElementProp" && x.name === prop);
  return (
    found?.type === "ElementProp" &&
    (found.value.type === "Arrow" || found.value.type === "Func" || found.value.type === "Element")
  );
}

/** Whether a value is written with an element or a function as a part of it. */
export function isCode(value: Surface.Expr): boolean {
  switch (value.type) {
    case "Element":
    case "Arrow":
    case "Func":
      return true;
    case "Array":
      return value.elements.some((x) => x && x.type !== "Spread" && isCode(x));
    case "Object":
      return value.props.some((x) => x.type === "Property" && isCode(x.value));
    case "Conditional":
      return isCode(value.then) || isCode(value.else);
    default:
      return false;
  }
}

/** Children of a component that has no use for them. */
export function checkChildren(t: Translation, element: Surface.Element, kind: Kind, name: string): void {
  if (kind.props.children || element.children.length === 0) return;
  if (name === "Signal")
    report(
      t.ev,
      "SM117",
      element.span,
      "the child of a <Signal> has to be a function of what was sent",
      "Write <Signal …>{(data) => <Task …/>}</Signal>.",
    );
  else unknownProp(t.ev, name, "children", Object.keys(kind.props), element.span);
}

/** Props that a spread surely brings: those of an object that is known at build time. */
export function checkSpread(
  t: Translation,
  spread: Core.Spread<Surface.Extra>,
  names: Names,
  component: string,
  known: readonly string[],
): void {
  const wrong = (key: string): void => {
    if (key !== "key" && key !== "children" && !known.includes(key))
      unknownProp(t.ev, component, key, known, spread.span ?? spread.arg.span);
  };
  const { arg } = spread;
  if (arg.type === "Object") {
    for (const prop of arg.props)
      if (prop.type === "Property" && typeof prop.key === "string") wrong(prop.key);
    return;
  }
  let root: Surface.Expr = arg;
  while (root.type === "Member") root = root.object;
  if (root.type !== "Name" || names.get(root.name) !== undefined) return;
  const value = evaluate(t.ev, arg, t.env);
  if (value.type !== "Object") return;
  for (const [key, member] of value.props) if (!isNothing(member)) wrong(key);
}

/** An element without children of its own has those that a spread brings. */
export function withSpreadChildren(w: BlockWriter, element: Surface.Element, kind: Kind): Surface.Element {
  if (!kind.props.children || element.children.length > 0) return element;
  if (element.props.some((x) => x.type === "ElementProp" && x.name === "children")) return element;
  const last = element.props.findLast((x) => x.type === "Spread");
  if (last?.type !== "Spread" || !(kind.container || w.writtenKeys().has("children"))) return element;
  const { arg } = last;
  const child: Surface.Expr = {
    type: "Chain",
    expr: { type: "Member", object: arg, property: "children", optional: true },
  } as Surface.Expr;
  return { ...element, children: [child] };
}

/** `request` of an approval: its title, its summary, and what it says about itself below the node's own meta. */
export function requestSite(
  w: BlockWriter,
  t: Translation,
  element: Surface.Element,
  made: Site,
  request: Core.Expr,
  meta: Core.Expr | undefined,
): void {
  const written = objectsOf(request);
  const parts = ["title", "summary", "metadata"];
  for (const one of written)
    for (const prop of one.props)
      if (prop.type === "Property" && typeof prop.key === "string" && !parts.includes(prop.key))
        badProp(t, element, `request.${prop.key}`, "is not acted on in this version");
  for (const name of ["title", "summary"]) {
    const value = partOf(request, name);
    if (value && !isNull(value)) made.set(name, value);
  }
  const known = request.type === "Object" && isPlain(request);
  const own = known || w.writtenKeys().has("metadata") ? partOf(request, "metadata") : undefined;
  const metadata = own && !isNull(own) ? own : undefined;
  const given = meta && !isNull(meta) ? meta : undefined;
  if (metadata && given)
    made.set("meta", { type: "Object", props: [metadata, given].map((arg) => ({ type: "Spread", arg })) });
  else if (metadata ?? given) made.set("meta", (metadata ?? given) as Core.Expr);
}

/** The object literals that an expression may give. */
function objectsOf(text: Core.Expr): Core.ObjectExpr[] {
  if (text.type === "Object") return [text];
  return text.type === "Conditional" ? [...objectsOf(text.then), ...objectsOf(text.else)] : [];
}

const isPlain = (text: Core.ObjectExpr): boolean =>
  text.props.every((x) => x.type === "Property" && typeof x.key === "string");

/** A member of an object: what is written there, or a read of it where a spread may bring it. */
function partOf(text: Core.Expr, name: string): Core.Expr | undefined {
  if (text.type !== "Object" || !isPlain(text)) return memberOf(text, name);
  const found = text.props.findLast((x) => x.type === "Property" && x.key === name);
  return found?.type === "Property" ? found.value : undefined;
}

/** SM107 for spreads on components whose props the compiler has to see one by one. */
export function refuseSpreads(t: Translation, element: Surface.Element, name: string): void {
  for (const prop of element.props)
    if (prop.type === "Spread")
      report(
        t.ev,
        "SM107",
        prop.span ?? prop.arg.span,
        "the props that this spread brings are not known at build time",
        `Name the props of <${name}> one by one inside a block.`,
      );
}
