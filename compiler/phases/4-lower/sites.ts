/** An element inside a block → a site instance, and the plan node it instantiates. */
import type * as Core from "../../../plan/core/ast.ts";
import type * as Surface from "../../surface.ts";
import { arrayOf, call, literal, memberOf, nameOf, not, objectOf, sameExpr } from "../3-evaluate/core.ts";
import { evaluate } from "../3-evaluate/evaluate.ts";
import { lose, report } from "../3-evaluate/state.ts";
import { expr, type Names, type Translation, written } from "../3-evaluate/translate.ts";
import type { ComponentValue, Value } from "../3-evaluate/value.ts";
import type { BlockWriter } from "./blocks.ts";
import type { NodeDraft } from "./draft.ts";
import { keyFromId } from "./fields.ts";
import { fieldName, KINDS, type Kind } from "./kinds.ts";
import { NOWHERE } from "./prompts/inside.ts";
import { checkPresence, fits, isOnce, propSpan, unknownProp } from "./props.ts";
import { signalRow } from "./signal-row.ts";
import { jsonOf, Site } from "./site.ts";
import { setAgent, setDeps, splitByAgent } from "./site-agent.ts";
import { splitChild } from "./site-child-forms.ts";
import { childTexts, containerChildren, taskChild, transparent } from "./site-children.ts";
import { functionOf } from "./site-code.ts";
import { handlerSite } from "./site-handler.ts";
import { isInLibrary, isPattern, patternSite } from "./site-pattern.ts";
import {
  badProp,
  checkChildren,
  checkSpread,
  holdsCode,
  isFunctionProp,
  requestSite,
  withSpreadChildren,
} from "./site-props.ts";
import { partsIn, tagParts } from "./site-tags.ts";
import { siteResult, subflowMode, subflowSite } from "./subflows.ts";
import { refuseTag, tagValue } from "./tags.ts";
import { sequence } from "./text.ts";

const NO_SPAN: Core.Span = { file: 0, start: 0, end: 0 };
const UNDEFINED: Core.Expr = { type: "Name", name: "undefined" };

export function writeSite(w: BlockWriter, t: Translation, node: Surface.Element, names: Names): Core.Expr {
  if (node.tag === null) {
    const parts = w.inside.table ? partsIn(w, t, node, names) : childTexts(w, t, node, names);
    return { type: "Array", elements: parts };
  }
  if (node.tag.type === "Literal") return sequence(tagParts(w, t, node, names, String(node.tag.value)));
  const tag = tagValue(t, node.tag, names);
  if (!tag) return component(w, t, node, names);
  switch (tag.type) {
    case "Component":
      return library(w, t, node, names, tag);
    case "Prompt": {
      const handle = written(t, tag) as Core.Call;
      const props = propsObject(w, t, node, names, (texts) => sequence(texts as Core.Expr[]));
      return props.props.length ? { ...handle, args: [...handle.args, props] } : handle;
    }
    case "Poison":
      lose(t.ev);
      return UNDEFINED;
    case "Closure": {
      const write = (): Core.Expr => component(w, t, node, names);
      return isPattern(tag) ? (patternSite(t, node, names, tag, write) ?? UNDEFINED) : write();
    }
    case "Choice":
    case "Select":
    case "Residual":
      return component(w, t, node, names);
    default:
      lose(t.ev);
      refuseTag(t.ev, tag, node.span);
      return UNDEFINED;
  }
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
    const value = w.within(NOWHERE, () => expr(t, prop.value, names));
    return [{ type: "Property", key: prop.name, value }];
  });
  // Where a component or a prompt file puts its children, only it knows.
  const kids = w.within(NOWHERE, () => childrenProp(w, t, node, names, join));
  return {
    type: "Object",
    props: kids ? [...props, { type: "Property", key: "children", value: kids }] : props,
  };
}

/** A component of the source: called when mounted, its props evaluated where the element stands. */
function component(w: BlockWriter, t: Translation, node: Surface.Element, names: Names): Core.Expr {
  w.needLaziness();
  if (!node.tag) return UNDEFINED;
  const tag = tagValue(t, node.tag, names);
  if (tag?.type === "Closure") {
    for (const prop of node.props)
      if (prop.type === "ElementProp" && functionOf(t, prop.value, names))
        w.handed.hand(tag.arrow, prop.name);
    if (node.children.some((child) => functionOf(t, child, names))) w.handed.hand(tag.arrow, "children");
  }
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
  if (isInPlace(t, element, kind)) return UNDEFINED;
  const split = tag.name === "Signal" ? signal(w, t, element, names) : splitChild(w, t, element, names, kind);
  if (split) return split;
  checkChildren(t, element, kind, tag.name);
  const given = new Map<string, Core.Expr>();
  const bindings: [string, Core.Expr][] = [];
  let wasRefused = false;
  for (const prop of element.props) {
    if (prop.type === "ElementProp") {
      if (prop.name === "children" && kind.props.children) continue;
      if (!kind.props[prop.name] && prop.name !== "key") {
        if (!(kind.refused?.[prop.name] && isUndefined(expr(t, prop.value, names))))
          unknownProp(t.ev, tag.name, prop.name, Object.keys(kind.props), prop.span);
        continue;
      }
      // Which run it is to begin is no value of the run.
      if (kind.props[prop.name] === "workflow") {
        const workflow = subflowSite(t, element, prop.value, knownValue(t, prop.value, names));
        if (workflow !== null) given.set(prop.name, literal(workflow));
        else wasRefused = true;
        continue;
      }
      const isHandler = kind.props[prop.name] === "handler";
      given.set(prop.name, isHandler ? handlerSite(t, prop, names) : expr(t, prop.value, names));
      continue;
    }
    checkSpread(t, prop, names, tag.name, Object.keys(kind.props));
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
  const present = new Set([...given].filter(([, text]) => !isUndefined(text)).map(([prop]) => prop));
  if (!wasRefused) checkPresence(t.ev, tag.name, kind, present, element.span);
  const whole = withSpreadChildren(w, element, kind);
  const write = (props: ReadonlyMap<string, Core.Expr>): Core.Expr =>
    site(w, t, whole, names, kind, tag.name, props);
  const made = (kind.props.agent && splitByAgent(w, t, whole, given, write)) ?? write(given);
  return bindings.reduceRight<Core.Expr>(
    (body, [name, init]) => call({ type: "Arrow", params: [nameOf(name)], body }, init),
    made,
  );
}

/** What a name of the source stands for, where that is known at build time and nothing of the block's own. */
function knownValue(t: Translation, written: Surface.Expr, names: Names): Value | null {
  let root = written;
  while (root.type === "Member") root = root.object;
  return root.type === "Name" && names.get(root.name) === undefined ? evaluate(t.ev, written, t.env) : null;
}

/** Whether a workflow is to stand in place: a part of the tree around it, which a block can't take over. Reported. */
function isInPlace(t: Translation, element: Surface.Element, kind: Kind): boolean {
  const mode = element.props.find((x) => x.type === "ElementProp" && x.name === "mode");
  const isInline =
    mode?.type === "ElementProp" && mode.value.type === "Literal" && mode.value.value === "inline";
  if (kind.kind !== "subflow" || !isInline) return false;
  report(
    t.ev,
    "SM117",
    mode.span,
    "a workflow can't stand in place where only the run knows the shape of the tree",
    'Let it be a run of its own: mode="childRun".',
  );
  return true;
}

/** A signal whose child is a function of its row: the wait, and what the function gives once the row is there. */
function signal(
  w: BlockWriter,
  t: Translation,
  element: Surface.Element,
  names: Names,
): Core.Expr | undefined {
  const [child] = element.children;
  const [id, schema] = ["id", "schema"].map((name) => {
    const prop = element.props.find((x) => x.type === "ElementProp" && x.name === name);
    return prop?.type === "ElementProp" ? expr(t, prop.value, names) : undefined;
  });
  if (child?.type !== "Arrow" || !id || !schema) return undefined;
  const wait = writeSite(w, t, { ...element, children: [] }, names);
  const row = signalRow(schema, id);
  const shown: Core.Expr = {
    type: "Conditional",
    test: { type: "Binary", op: "!==", left: row, right: UNDEFINED },
    then: call(expr(t, child, names), row),
    else: literal(null),
  };
  return { type: "Array", elements: [wait, shown] };
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
    span: element.span ?? NO_SPAN,
  };
  w.add(node);
  const made = new Site(node, w.local(names));
  let skip: Core.Expr | undefined;
  for (const [prop, text] of given) {
    const use = prop === "key" ? "id" : kind.props[prop];
    if (isUndefined(text)) continue;
    const field = fieldName(kind, prop);
    switch (use) {
      case "id":
        made.set(prop, text.type === "Literal" ? literal(String(text.value)) : text);
        if (prop === "id" && name === "Signal") made.set("event", text);
        break;
      case "field": {
        if (prop === "retries" && given.has("noRetry")) break;
        if (prop === "meta" && kind.props.request && given.has("request")) break;
        if (holdsCode(element, prop)) {
          badProp(t, element, prop, "holds elements or functions");
          break;
        }
        const json = jsonOf(text);
        if (json === undefined || fits(t.ev, kind, prop, json, propSpan(element, prop) ?? element.span))
          made.set(field, text);
        break;
      }
      case "answered": {
        const given = answered(text);
        if (isFunctionProp(element, prop)) {
          badProp(t, element, prop, "holds elements or functions");
          break;
        }
        const json = jsonOf(given);
        if (json === undefined || fits(t.ev, kind, prop, json, propSpan(element, prop) ?? element.span))
          made.set(field, given);
        break;
      }
      case "prompt":
        made.set(field, text.type === "Literal" ? text : call("text", w.mounted(text)));
        break;
      case "same": {
        // What the settings of a pattern bring is looked at where they are written.
        if (text.type === "Chain" && isInLibrary(t.env)) break;
        const output = given.get("output");
        if (!output || !sameExpr(output, text))
          report(
            t.ev,
            "SM117",
            propSpan(element, prop) ?? element.span,
            `'${prop}' is another schema than that of 'output', where the result is kept`,
            "Leave it out, or give 'output' that schema.",
          );
        break;
      }
      case "once":
        break;
      case "workflow": {
        const workflow = jsonOf(text);
        // A spread may bring another one, which only the run knows.
        if (typeof workflow !== "string") {
          subflowSite(t, element, element, null);
          break;
        }
        made.set("workflow", text);
        const result = siteResult(t, element, workflow, jsonOf(given.get("output") ?? literal(null)));
        if (result !== null) made.set("result", literal(result));
        break;
      }
      case "fallback":
        break;
      case "side-effect":
        if (isOnce(t.ev, jsonOf(text), propSpan(element, prop) ?? element.span))
          node.fields.set("sideEffect", { type: "json", value: "once" });
        break;
      case "literal": {
        const json = jsonOf(text);
        if (json === undefined) {
          report(
            t.ev,
            "SM117",
            element.span,
            `'${prop}' has to be known at build time`,
            "Give it a literal.",
          );
        } else if (prop === "mode" && kind.kind === "subflow")
          subflowMode(t, { syntax: element, span: element.span }, json);
        else if (prop === "mode" && (json === "decision" || json === "approve")) break;
        else if (fits(t.ev, kind, prop, json, propSpan(element, prop) ?? element.span)) made.set(prop, text);
        break;
      }
      case "table":
        made.set("output", text);
        break;
      case "tables":
        setDeps(t, element, made, text);
        break;
      case "agent":
        setAgent(t, element, made, text, given.get("fallbackAgent"));
        break;
      case "text":
        node.fields.set(prop, { type: "core", expr: text.type === "Literal" ? text : made.text(prop, text) });
        break;
      case "handler":
        node.fields.set(prop, { type: "core", expr: made.text(prop, text) });
        break;
      case "skip":
        skip = text;
        break;
      case "request":
        requestSite(w, t, element, made, text, given.get("meta"));
        break;
      case "children":
      case undefined:
        break;
      default: {
        const missing: never = use;
        return missing;
      }
    }
  }
  for (const [field, value] of Object.entries(kind.defaults ?? {}))
    if (!node.fields.has(field)) node.fields.set(field, { type: "json", value });
  const once = kind.props.noRetry ? given.get("noRetry") : undefined;
  if (once && !isUndefined(once)) made.set("retries", onlyOnce(once, given.get("retries")));
  const kids = kind.container ? containerChildren(w, t, element, names, node.key) : undefined;
  if (kids && kind.kind === "loop")
    w.loopKids.set(kids, idText && !isUndefined(idText) ? { id: idText } : { unnamed: element.span });
  if (kind.kind === "task") taskChild(w, t, element, names, made);
  return contained(w, made, kids, skip);
}

/** The instance of a site; `kids` where it holds others. */
export function contained(
  w: BlockWriter,
  made: Site,
  kids: Core.Expr | undefined,
  skip: Core.Expr | undefined,
): Core.Expr {
  const { node } = made;
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

/** `undefined` and `null` say that a prop is not given. */
const isUndefined = (text: Core.Expr): boolean =>
  (text.type === "Name" && text.name === "undefined") || (text.type === "Literal" && text.value === null);

/** `noRetry` is the stronger word, whatever `retries` says. */
function onlyOnce(once: Core.Expr, retries: Core.Expr = UNDEFINED): Core.Expr {
  if (once.type === "Literal") return once.value ? literal(0) : retries;
  return { type: "Conditional", test: once, then: literal(0), else: retries };
}

/** Functions of `ctx` among the members of an object, called where it stands. */
function answered(text: Core.Expr): Core.Expr {
  if (text.type !== "Object") return text;
  return {
    ...text,
    props: text.props.map((prop) =>
      prop.type === "Property" && prop.value.type === "Arrow"
        ? { ...prop, value: call(prop.value, nameOf("ctx")) }
        : prop,
    ),
  };
}
