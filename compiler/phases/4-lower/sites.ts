/** An element inside a block → a site instance, and the plan node it instantiates. */
import type * as Core from "../../../plan/core/ast.ts";
import type * as Surface from "../../surface.ts";
import { arrayOf, call, literal, memberOf, nameOf, not, objectOf } from "../3-evaluate/core.ts";
import { evaluate } from "../3-evaluate/evaluate.ts";
import { lose, report } from "../3-evaluate/state.ts";
import { expr, type Names, type Translation, written } from "../3-evaluate/translate.ts";
import type { ComponentValue, Value } from "../3-evaluate/value.ts";
import type { BlockWriter } from "./blocks.ts";
import type { NodeDraft } from "./draft.ts";
import { keyFromId } from "./fields.ts";
import { KINDS, type Kind } from "./kinds.ts";
import { agentJson, jsonOf, Site } from "./site.ts";
import { childTexts, containerChildren, taskChild, transparent } from "./site-children.ts";
import { markdownOf } from "./text.ts";

const NOWHERE: Core.Span = { file: 0, start: 0, end: 0 };
const UNDEFINED: Core.Expr = { type: "Name", name: "undefined" };

export function writeSite(w: BlockWriter, t: Translation, node: Surface.Element, names: Names): Core.Expr {
  if (node.tag === null) return { type: "Array", elements: childTexts(w, t, node, names) };
  if (node.tag.type === "Literal") return markdownText(w, t, node, names, String(node.tag.value));
  const tag = tagValue(t, node.tag, names);
  if (!tag) return component(w, t, node, names);
  switch (tag.type) {
    case "Component":
      return library(w, t, node, names, tag);
    case "Prompt": {
      const handle = written(t, tag) as Core.Call;
      const props = propsObject(w, t, node, names, (texts) => call("text", ...texts));
      return props.props.length ? { ...handle, args: [...handle.args, props] } : handle;
    }
    case "Poison":
      lose(t.ev);
      return UNDEFINED;
    case "Closure":
    case "Choice":
    case "Select":
    case "Residual":
      return component(w, t, node, names);
    default:
      report(
        t.ev,
        "SM101",
        node.span,
        `this element's component is a ${tag.type.toLowerCase()}, which no plan can hold`,
        "Use a component of the workflow's own files, or one of the library's.",
      );
      return UNDEFINED;
  }
}

/** The abstract value of a tag; undefined where the tag is a name of the block itself. */
function tagValue(t: Translation, tag: Surface.Expr, names: Names): Value | undefined {
  let root = tag;
  while (root.type === "Member") root = root.object;
  if (root.type !== "Name" || names.get(root.name) !== undefined) return undefined;
  return evaluate(t.ev, tag, t.env);
}

/** Children as the `children` prop of a component sees them. */
function childrenProp(
  w: BlockWriter,
  t: Translation,
  node: Surface.Element,
  names: Names,
  join: (texts: readonly (Core.Expr | Core.Spread)[]) => Core.Expr,
): Core.Expr | undefined {
  const texts = childTexts(w, t, node, names);
  const [only] = texts;
  if (!only) return undefined;
  return texts.length === 1 && only.type !== "Spread" ? only : join(texts);
}

function propsObject(
  w: BlockWriter,
  t: Translation,
  node: Surface.Element,
  names: Names,
  join: (texts: readonly (Core.Expr | Core.Spread)[]) => Core.Expr = arrayOf,
): Core.ObjectExpr {
  const props = node.props.flatMap((prop): (Core.Property | Core.Spread)[] => {
    if (prop.type === "Spread") return [{ ...prop, arg: expr(t, prop.arg, names) }];
    if (prop.name === "key" || prop.name === "children") return [];
    return [{ type: "Property", key: prop.name, value: expr(t, prop.value, names) }];
  });
  const kids = childrenProp(w, t, node, names, join);
  return {
    type: "Object",
    props: kids ? [...props, { type: "Property", key: "children", value: kids }] : props,
  };
}

/** A component of the source: called when mounted, its props evaluated where the element stands. */
function component(w: BlockWriter, t: Translation, node: Surface.Element, names: Names): Core.Expr {
  w.needLaziness();
  if (!node.tag) return UNDEFINED;
  const callee = expr(t, node.tag, names);
  const props = propsObject(w, t, node, names);
  const made = call(nameOf("Component"), nameOf("props_"));
  const wrapped = w.wrapped(made);
  return call(
    { type: "Arrow", params: [nameOf("Component"), nameOf("props_")], body: wrapped },
    callee,
    props,
  );
}

function markdownText(
  w: BlockWriter,
  t: Translation,
  node: Surface.Element,
  names: Names,
  tag: string,
): Core.Expr {
  const [before, after] = markdownOf(tag);
  return {
    type: "Array",
    elements: [
      ...(before ? [literal(before)] : []),
      ...childTexts(w, t, node, names),
      ...(after ? [literal(after)] : []),
    ],
  };
}

/** Props in source order, spreads opened into the props that the kind knows. */
function library(
  w: BlockWriter,
  t: Translation,
  element: Surface.Element,
  names: Names,
  tag: ComponentValue,
): Core.Expr {
  const kind = KINDS[tag.name];
  if (!kind) return transparent(w, t, element, names, tag.name);
  const split = splitChild(w, t, element, names, kind);
  if (split) return split;
  const given = new Map<string, Core.Expr>();
  const bindings: [string, Core.Expr][] = [];
  for (const prop of element.props) {
    if (prop.type === "ElementProp") {
      if (prop.name === "children") continue;
      if (!kind.props[prop.name] && prop.name !== "key") {
        report(
          t.ev,
          "SM117",
          prop.span,
          `<${tag.name}> does not act on '${prop.name}' in this version`,
          `It knows ${Object.keys(kind.props)
            .filter((x) => x !== "children")
            .join(", ")}.`,
        );
        continue;
      }
      given.set(prop.name, expr(t, prop.value, names));
      continue;
    }
    const name = `spread${bindings.length || ""}`;
    bindings.push([name, expr(t, prop.arg, names)]);
    for (const key of [...Object.keys(kind.props), "key"]) {
      if (key === "children" || !w.writtenKeys().has(key)) continue;
      const before = given.get(key);
      const member: Core.Expr = { type: "Chain", expr: { ...memberOf(nameOf(name), key), optional: true } };
      const has: Core.Expr = call(
        memberOf(nameOf("Object"), "hasOwn"),
        { type: "Logical", op: "??", left: nameOf(name), right: objectOf([]) },
        literal(key),
      );
      given.set(key, before ? { type: "Conditional", test: has, then: member, else: before } : member);
    }
  }
  const made = site(w, t, element, names, kind, tag.name, given);
  return bindings.reduceRight<Core.Expr>(
    (body, [name, init]) => call({ type: "Arrow", params: [nameOf(name)], body }, init),
    made,
  );
}

/** `{test ? () => … : {…}}` as child of a task: two sites, of which one is made. */
function splitChild(
  w: BlockWriter,
  t: Translation,
  element: Surface.Element,
  names: Names,
  kind: Kind,
): Core.Expr | undefined {
  const [only, ...more] = element.children;
  if (kind.container || more.length || only?.type !== "Conditional") return undefined;
  const isFunction = (x: Surface.Expr): boolean => x.type === "Arrow" || x.type === "Func";
  if (!isFunction(only.then) && !isFunction(only.else)) return undefined;
  return {
    type: "Conditional",
    test: expr(t, only.test, names),
    then: writeSite(w, t, { ...element, children: [only.then] }, names),
    else: writeSite(w, t, { ...element, children: [only.else] }, names),
  };
}

function site(
  w: BlockWriter,
  t: Translation,
  element: Surface.Element,
  names: Names,
  kind: Kind,
  name: string,
  given: ReadonlyMap<string, Core.Expr>,
): Core.Expr {
  const idText = given.get("id");
  const label =
    (idText &&
      keyFromId(
        idText.type === "Literal" ? { type: "json", value: idText.value } : { type: "core", expr: idText },
      )) ??
    (name === "Workflow" && given.get("name")?.type === "Literal"
      ? String((given.get("name") as Core.Literal).value)
      : undefined);
  const node: NodeDraft = {
    key: w.siteKey(label ?? `${w.owner}/${kind.kind}`),
    kind: kind.kind,
    parent: w.parentKey(),
    values: new Map(),
    guards: [],
    fields: new Map(),
    span: element.span ?? NOWHERE,
  };
  w.sites.push(node);
  const made = new Site(node, w.local(names));
  let skip: Core.Expr | undefined;
  for (const [prop, text] of given) {
    const use = prop === "key" ? "id" : kind.props[prop];
    if (text.type === "Name" && text.name === "undefined") continue;
    switch (use) {
      case "id":
        made.set(prop, text);
        break;
      case "field":
        made.set(prop, text);
        break;
      case "literal":
        if (jsonOf(text) === undefined) {
          report(
            t.ev,
            "SM117",
            element.span,
            `'${prop}' has to be known at build time`,
            "Give it a literal.",
          );
        } else made.set(prop, text);
        break;
      case "table":
        made.set("output", text);
        break;
      case "tables":
        made.set("deps", text);
        break;
      case "agent": {
        const json = agentJson(text);
        if (json !== undefined) node.fields.set("agent", { type: "json", value: json });
        else made.set("agent", text);
        break;
      }
      case "text":
        node.fields.set(prop, { type: "core", expr: text.type === "Literal" ? text : made.text(prop, text) });
        break;
      case "skip":
        skip = text;
        break;
      case "request":
        for (const part of ["title", "summary"]) {
          const value: Core.Expr =
            text.type === "Object" ? (propOf(text, part) ?? UNDEFINED) : memberOf(text, part);
          if (value !== UNDEFINED) made.set(part, value);
        }
        break;
      case "ignored":
      case "children":
      case undefined:
        break;
      default: {
        const missing: never = use;
        return missing;
      }
    }
  }
  const kids = kind.container ? containerChildren(w, t, element, names, node.key) : undefined;
  if (kind.kind === "task") taskChild(w, t, element, names, made);
  node.args = made.args.map(([arg]) => arg);
  const args = [literal(node.key), objectOf(made.args)];
  const text: Core.Expr = kids ? call("site", ...args, w.mounted(kids)) : call("site", ...args);
  const shown: Core.Expr = skip
    ? { type: "Conditional", test: not(skip), then: text, else: literal(null) }
    : text;
  return kids && w.lazy ? lazily(w, made, node, kids, skip) : shown;
}

/** A container whose children may hold components: arguments now, children when mounted. */
function lazily(
  w: BlockWriter,
  made: Site,
  node: NodeDraft,
  kids: Core.Expr,
  skip: Core.Expr | undefined,
): Core.Expr {
  const fields = made.args.map(([name]): [string, Core.Expr] => [name, memberOf(nameOf("fields_"), name)]);
  const text = call("site", literal(node.key), objectOf(fields), w.mounted(nameOf("kids_")));
  const body = w.wrapped(text);
  const element = call(
    { type: "Arrow", params: [nameOf("fields_"), nameOf("kids_")], body },
    objectOf(made.args),
    kids,
  );
  return skip ? { type: "Conditional", test: not(skip), then: element, else: literal(null) } : element;
}

function propOf(text: Core.ObjectExpr, key: string): Core.Expr | undefined {
  for (const prop of text.props) if (prop.type === "Property" && prop.key === key) return prop.value;
  return undefined;
}
