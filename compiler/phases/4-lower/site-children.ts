/** What stands inside a site: children of containers, the child of a task, components without a node of their own. */
import type * as Core from "../../../plan/core/ast.ts";
import type * as Surface from "../../surface.ts";
import { call, literal, memberOf, nameOf, objectOf, sameExpr } from "../3-evaluate/core.ts";
import { freeNames } from "../3-evaluate/names.ts";
import { report } from "../3-evaluate/state.ts";
import { expr, type Names, type Translation, written } from "../3-evaluate/translate.ts";
import { type Closure, type Code, lookup } from "../3-evaluate/value.ts";
import { callsCode, unlessItActs } from "./acting.ts";
import type { BlockWriter } from "./blocks.ts";
import { ASYNC_PROMPT, DEPS, registerModule } from "./captures.ts";
import type { Field } from "./draft.ts";
import { SPECIAL } from "./kinds.ts";
import { KNOWN } from "./library.ts";
import { isLeftOut } from "./patterns.ts";
import { schemaText, takesSchema, withSchemaProp } from "./prompt-schema.ts";
import { unknownComponent, unknownProp } from "./props.ts";
import type { Site } from "./site.ts";
import { refuseSpreads } from "./site-props.ts";
import { sagaSite, trySite } from "./site-recovery.ts";
import { childText } from "./site-text.ts";
import { tagValue } from "./tags.ts";
import { asText } from "./text.ts";

const NOWHERE: Core.Span = { file: 0, start: 0, end: 0 };
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
  const functions = kids.filter((x) => x.type === "Arrow" || x.type === "Func");
  const [fn] = functions;
  if (fn && functions.length === 1 && (fn.type === "Arrow" || fn.type === "Func")) {
    if (hasAgent || hasDeps) {
      if (fn.type === "Func" && hasAgent) {
        report(t.ev, "SM103", fn.span, ASYNC_PROMPT[0], ASYNC_PROMPT[1]);
        return;
      }
      if (
        !hasAgent &&
        (fn.type === "Func" || callsCode(fn, t.env, (name) => names.get(name) !== undefined))
      ) {
        compute(t, fn, names, made, DEPS);
        return;
      }
      const text = (): Core.Expr => childText(w, t, fn, names);
      const given = hasAgent ? text() : unlessItActs(t.ev, text);
      if (!given) {
        compute(t, fn, names, made, DEPS);
        return;
      }
      const render = made.argument("render", given);
      node.fields.set(field, { type: "core", expr: call(render, nameOf("deps")) });
      return;
    }
    compute(t, fn, names, made);
    return;
  }
  if (kids.length === 1 && only.type !== "Spread") {
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

/** A function that runs as code: what it uses of the block goes along as arguments. */
function compute(
  t: Translation,
  fn: Surface.Func | Core.Arrow<Surface.Extra>,
  names: Names,
  made: Site,
  given: ReadonlyMap<string, Field> = new Map(),
): void {
  const free = fn.type === "Func" ? new Set(fn.free) : freeNames(fn);
  const captures: string[] = [];
  made.node.captures = new Map();
  for (const name of free) {
    const as = names.get(name);
    const found = as === undefined ? lookup(t.env, name) : undefined;
    if (as === undefined && (!found || found.env.module)) continue;
    const text = as === undefined ? written(t, found!.value, fn.span) : nameOf(as);
    if (text.type === "Name" && text.name === "ctx") continue;
    captures.push(name);
    made.node.captures.set(name, made.pass(`capture_${name}`, text));
  }
  for (const [name, field] of given) {
    captures.push(name);
    made.node.captures.set(name, field);
  }
  const value: Closure | Code =
    fn.type === "Func"
      ? { type: "Code", func: fn, env: t.env }
      : { type: "Closure", arrow: fn, env: t.env, home: null };
  made.node.fields.set("module", {
    type: "json",
    value: registerModule(t.ev, value, made.node.key, captures),
  });
}

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
    const key = w.siteKey(`${w.owner}/branch`);
    w.add({
      key,
      kind: "branch",
      parent: w.parentKey(),
      values: new Map(),
      guards: [],
      fields: new Map(),
      args: [],
      span: element.span ?? NOWHERE,
    });
    const condition = expr(t, test, names);
    w.parents.push(key);
    const kids: Core.Expr = { type: "Array", elements: childTexts(w, t, opened(element), names) };
    const value: Core.Expr = {
      type: "Conditional",
      test: condition,
      then: then ? expr(t, then, names) : name === "If" ? kids : literal(null),
      else: otherwise ? expr(t, otherwise, names) : literal(null),
    };
    w.parents.pop();
    return call(
      {
        type: "Arrow",
        params: [nameOf("kids_")],
        body: w.wrapped(call("site", literal(key), objectOf([]), w.mounted(nameOf("kids_")))),
      },
      value,
    );
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
  if (name === "TryCatchFinally") return trySite(w, t, element, names);
  if (name === "Saga") return sagaSite(w, t, element, names);
  if (isLeftOut(t.ev, name, element.span)) return literal(null);
  unknownComponent(t.ev, name, element.span, KNOWN);
  return UNDEFINED;
}
