/** What stands inside a site: children of containers, the child of a task, components without a node of their own. */
import type * as Core from "../../../plan/core/ast.ts";
import type * as Surface from "../../surface.ts";
import { call, literal, memberOf, nameOf, sameExpr } from "../3-evaluate/core.ts";
import { freeNames } from "../3-evaluate/names.ts";
import { lose, report } from "../3-evaluate/state.ts";
import { expr, type Names, type Translation } from "../3-evaluate/translate.ts";
import { callsCode, unlessItActs } from "./acting.ts";
import type { BlockWriter } from "./blocks.ts";
import { ASYNC_PROMPT, DEPS } from "./captures.ts";
import { SPECIAL } from "./kinds.ts";
import { KNOWN } from "./library.ts";
import { isLeftOut } from "./patterns.ts";
import { schemaText, takesSchema, withSchemaProp } from "./prompt-schema.ts";
import { unknownComponent, unknownProp } from "./props.ts";
import type { Site } from "./site.ts";
import { branchSite } from "./site-branch.ts";
import { computeSite, functionOf } from "./site-code.ts";
import { refuseSpreads } from "./site-props.ts";
import { sagaSite, trySite } from "./site-recovery.ts";
import { switchSite } from "./site-switch.ts";
import { childText } from "./site-text.ts";
import { tagValue } from "./tags.ts";
import { asText } from "./text.ts";

const UNDEFINED: Core.Expr = { type: "Name", name: "undefined" };

export function children(node: Surface.Element): readonly (Surface.Expr | Core.Spread<Surface.Extra>)[] {
  if (node.children.length) return node.children;
  const prop = node.props.find((x) => x.type === "ElementProp" && x.name === "children");
  return prop?.type === "ElementProp" ? [prop.value] : [];
}

export function childTexts(
  _w: BlockWriter,
  t: Translation,
  node: Surface.Element,
  names: Names,
): (Core.Expr | Core.Spread)[] {
  return children(node).map((child) =>
    child.type === "Spread" ? { ...child, arg: expr(t, child.arg, names) } : expr(t, child, names),
  );
}

/** Those of fragments among the children stand in their place: what holds sites sees no difference. */
function opened(element: Surface.Element): Surface.Element {
  const isFragment = (x: Surface.Expr | Core.Spread<Surface.Extra>): x is Surface.Element =>
    x.type === "Element" && x.tag === null;
  const all = children(element);
  if (!all.some(isFragment)) return element;
  return { ...element, children: all.flatMap((x) => (isFragment(x) ? children(opened(x)) : [x])) };
}

export function containerChildren(
  w: BlockWriter,
  t: Translation,
  element: Surface.Element,
  names: Names,
  key: string,
): Core.Expr {
  w.parents.push(key);
  const texts = childTexts(w, t, opened(element), names);
  w.parents.pop();
  return { type: "Array", elements: texts };
}

export function taskChild(
  w: BlockWriter,
  t: Translation,
  element: Surface.Element,
  names: Names,
  made: Site,
): void {
  const { node } = made;
  const hasAgent = node.fields.has("agent");
  const hasDeps = node.fields.has("deps");
  const written = children(element);
  const kids = hasAgent && written.length === 1 ? [schemaGiven(w, t, written[0]!, names, made)] : written;
  const [only] = kids;
  if (!only) return;
  const field = hasAgent ? "prompt" : "payload";
  const functions = kids.flatMap((x) => functionOf(t, x, names) ?? []);
  const [fn] = functions;
  if (fn && functions.length === 1) {
    const isAsync = fn.type === "Func" || fn.type === "Code";
    const isCode =
      isAsync ||
      (fn.type === "Arrow" && usesLocalCode(fn, names)) ||
      callsCode(
        fn.type === "Closure" ? fn.arrow : fn,
        fn.type === "Closure" ? fn.env : t.env,
        (name) => fn.type !== "Closure" && names.get(name) !== undefined,
      );
    if (!hasAgent && (isCode || !hasDeps)) {
      computeSite(w, t, fn, names, made, hasDeps ? DEPS : undefined);
      return;
    }
    if (isAsync) {
      report(t.ev, "SM103", spanOfFunction(fn), ASYNC_PROMPT[0], ASYNC_PROMPT[1]);
      return;
    }
    const child = kids.find((x) => functionOf(t, x, names));
    const write = (): Core.Expr => childText(w, t, child as Surface.Expr, names);
    const text = hasAgent ? write() : unlessItActs(t.ev, write);
    if (!text) {
      computeSite(w, t, fn, names, made, DEPS);
      return;
    }
    const render = made.argument("render", text);
    node.fields.set(field, { type: "core", expr: call(render, nameOf("deps")) });
    return;
  }
  if (kids.length === 1 && only.type !== "Spread") {
    if (!hasAgent) w.handed.use(only, element.span);
    const text = childText(w, t, only, names);
    made.set(field, hasAgent ? asText(text) : text);
    return;
  }
  const parts = childTexts(w, t, element, names);
  const opened = w.lazy ? [w.mounted({ type: "Array", elements: parts })] : parts;
  made.set(field, call("text", ...opened));
}

/** The only child of an agent's task, its prompt told what the output looks like. */
function schemaGiven(
  w: BlockWriter,
  t: Translation,
  child: Surface.Expr | Core.Spread<Surface.Extra>,
  names: Names,
  made: Site,
): Surface.Expr | Core.Spread<Surface.Extra> {
  const output = made.node.fields.get("output");
  // What the site is handed as an argument is the block's own text outside it.
  const given =
    output?.type === "core" ? made.args.find(([name]) => sameExpr(nameOf(name), output.expr)) : undefined;
  if (child.type === "Spread") return child;
  const schema = (): Core.Expr | null =>
    schemaText(w.to.examples, given ? { type: "core", expr: given[1] } : output);
  return withSchemaProp(child, schema, (tag) => {
    const value = tagValue(t, tag, names);
    return value === undefined || takesSchema(value);
  });
}

/** Whether a function uses one of the block that only code can run. */
const usesLocalCode = (fn: Core.Arrow<Surface.Extra>, names: Names): boolean =>
  [...freeNames(fn)].some((name) => names.owner(name)?.functions.get(name)?.type === "Func");

const spanOfFunction = (fn: NonNullable<ReturnType<typeof functionOf>>): Core.Span | undefined =>
  fn.type === "Code" ? fn.func.span : fn.type === "Closure" ? fn.arrow.span : fn.span;

/** Components without a node of their own: a fragment, a branch, a list. */
export function transparent(
  w: BlockWriter,
  t: Translation,
  element: Surface.Element,
  names: Names,
  name: string,
): Core.Expr {
  const prop = (key: string): Surface.Expr | undefined => {
    const found = element.props.find((x) => x.type === "ElementProp" && x.name === key);
    return found?.type === "ElementProp" ? found.value : undefined;
  };
  for (const x of element.props)
    if (x.type === "ElementProp" && x.name !== "key" && SPECIAL[name] && !SPECIAL[name].includes(x.name))
      unknownProp(t.ev, name, x.name, SPECIAL[name], x.span);
  if (SPECIAL[name]) {
    refuseSpreads(t, element, name);
    if (element.children.length > 0 && !SPECIAL[name].includes("children"))
      unknownProp(t.ev, name, "children", SPECIAL[name], element.span);
  }
  if (name === "Fragment") return { type: "Array", elements: childTexts(w, t, element, names) };
  if (name === "Branch" || name === "If") {
    const test = prop(name === "Branch" ? "if" : "test");
    const then = prop("then");
    const otherwise = prop("else");
    if (!test) {
      report(
        t.ev,
        "SM119",
        element.span,
        `<${name}> needs '${name === "Branch" ? "if" : "test"}'`,
        "Give it a condition.",
      );
      return UNDEFINED;
    }
    return branchSite(w, element, "branch", () => {
      const condition = expr(t, test, names);
      const kids: Core.Expr = { type: "Array", elements: childTexts(w, t, opened(element), names) };
      return {
        type: "Conditional",
        test: condition,
        then: then ? expr(t, then, names) : name === "If" ? kids : literal(null),
        else: otherwise ? expr(t, otherwise, names) : literal(null),
      };
    });
  }
  if (name === "Each") {
    const of = prop("of");
    const [child] = children(element);
    if (of && child && child.type !== "Spread")
      return call(memberOf(expr(t, of, names), "map"), expr(t, child, names));
    report(
      t.ev,
      "SM101",
      element.span,
      "<Each> needs a list and a function as its child",
      "Write <Each of={list}>{(item, index) => <Task …/>}</Each>.",
    );
    return UNDEFINED;
  }
  if (name === "Switch") return switchSite(w, t, element, names);
  if (name === "TryCatchFinally") return trySite(w, t, element, names);
  if (name === "Saga") return sagaSite(w, t, element, names);
  if (isLeftOut(t.ev, name, element.span)) return literal(null);
  lose(t.ev);
  unknownComponent(t.ev, name, element.span, KNOWN);
  return UNDEFINED;
}
