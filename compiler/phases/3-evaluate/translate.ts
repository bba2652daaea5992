/**
 * Source → Core text, by substitution: what the source names free becomes what the plan calls it. For helpers,
 * callbacks, and blocks; nothing is evaluated. Statements are in translate-statements.ts.
 */
import type * as Core from "../../../plan/core/ast.ts";
import type * as Surface from "../../surface.ts";
import { memberOf, nameOf, objectOf } from "./core.ts";
import { evaluate } from "./evaluate.ts";
import { globalValue, impureCall, newDate, statefulCall } from "./globals.ts";
import { hostObject } from "./host-values.ts";
import { instanceIn } from "./instances.ts";
import { ACCESSORS } from "./methods.ts";
import { freeNames } from "./names.ts";
import { foreignUse } from "./node-modules.ts";
import { unknownAddress } from "./node-url.ts";
import { holdsSchema, reify } from "./reify.ts";
import { isStructural, patternNames } from "./shape.ts";
import { attempt, Bail, type Evaluation, RESERVED, report } from "./state.ts";
import { translateBlock } from "./translate-statements.ts";
import { type Closure, type Environment, lookup, residual, type Value } from "./value.ts";

/** Names bound in the text being translated → what they are called there. */
export class Names {
  readonly parent: Names | null;
  /** Functions among the names bound here that nothing else is ever assigned to. */
  readonly functions = new Map<string, Surface.Func | Core.Arrow<Surface.Extra>>();
  /** What the names bound here are at first. */
  readonly inits = new Map<string, Surface.Expr>();
  /** Names bound here that may be assigned later. */
  readonly late = new Set<string>();
  readonly #names = new Map<string, string>();
  constructor(parent: Names | null) {
    this.parent = parent;
  }
  get(name: string): string | undefined {
    return this.#names.get(name) ?? this.parent?.get(name);
  }
  /** Where a name is bound. */
  owner(name: string): Names | undefined {
    return this.#names.has(name) ? this : this.parent?.owner(name);
  }
  set(name: string, as: string): void {
    this.#names.set(name, as);
  }
  /** What all bound names are called in the text. */
  texts(into: Set<string> = new Set()): Set<string> {
    this.parent?.texts(into);
    for (const as of this.#names.values()) if (as !== "ctx") into.add(as);
    return into;
  }
}

/** Writes elements in a block; without one an element ends the translation. */
export interface ElementWriter {
  element(t: Translation, element: Surface.Element, names: Names): Core.Expr;
  /** Text of a free name that stands for something only a block can hold; undefined to leave it to `reify`. */
  value(t: Translation, value: Value, span?: Core.Span): Core.Expr | undefined;
}

export interface Translation {
  readonly ev: Evaluation;
  readonly env: Environment;
  readonly elements: ElementWriter | null;
  /** Names that substitution brought in: binders of the text must not catch them. */
  readonly introduced: Set<string>;
  readonly binders: Set<string>;
  /** Binders that have to be called otherwise. */
  readonly renamed: ReadonlySet<string>;
}

/** Runs a translation, and once more with other names for the binders that would have caught a free name. */
export function translation<T>(
  ev: Evaluation,
  env: Environment,
  elements: ElementWriter | null,
  body: (t: Translation) => T,
): T {
  const first: Translation = {
    ev,
    env,
    elements,
    introduced: new Set(),
    binders: new Set(),
    renamed: new Set(),
  };
  const result = body(first);
  const caught = [...first.binders].filter((name) => first.introduced.has(name) || RESERVED.has(name));
  if (caught.length === 0) return result;
  return body({ ...first, introduced: new Set(), binders: new Set(), renamed: new Set(caught) });
}

export function translateClosure(ev: Evaluation, closure: Closure): Core.Arrow {
  return translation(ev, closure.env, null, (t) => arrow(t, closure.arrow, new Names(null)));
}

export function bindNames(t: Translation, names: Names, pattern: Surface.Pattern): void {
  for (const name of patternNames(pattern)) {
    t.binders.add(name);
    let as = name;
    for (let n = 1; t.renamed.has(name) && (as === name || t.introduced.has(as) || RESERVED.has(as)); n++)
      as = `${name}$${n}`;
    names.set(name, as);
  }
}

function introduce(t: Translation, node: unknown): void {
  if (typeof node !== "object" || node === null) return;
  if (Array.isArray(node)) {
    for (const item of node) introduce(t, item);
    return;
  }
  const typed = node as { readonly type?: string; readonly name?: string };
  if (typed.type === "Name" && typed.name) t.introduced.add(typed.name);
  for (const [key, part] of Object.entries(node)) if (key !== "span") introduce(t, part);
}

/** What a function of a package gave back: unknown to the compiler, unless it is an agent made with `new`. */
const isForeign = (value: Value): value is Extract<Value, { type: "Instance" }> =>
  value.type === "Instance" && !value.construct;

function foreignName(value: Extract<Value, { type: "Class" | "Instance" }>): string {
  if (value.type === "Class") return value.name ?? "a class";
  return (value.callee.type === "External" ? value.callee.path.at(-1) : value.callee.name) ?? "a function";
}

/** Writes a value of the environment; remembers the names this brings in. */
export function written(t: Translation, value: Value, span?: Core.Span): Core.Expr {
  const foreign = value.type === "External" ? value : isForeign(value) ? value.callee : null;
  if (foreign?.type === "External") {
    foreignUse(t.ev, foreign, span);
    return { type: "Name", name: "undefined" };
  }
  if (value.type === "Class" || isForeign(value)) {
    const what = foreignName(value);
    report(
      t.ev,
      "SM103",
      span,
      `'${what}' is code that the compiler does not read; it can't run while the workflow is rendered`,
      "Move the call into a compute task: a function as child of a <Task> without an agent.",
    );
    return { type: "Name", name: "undefined" };
  }
  const text = t.elements?.value(t, value, span) ?? reify(t.ev, value);
  introduce(t, text);
  return text;
}

export function arrow(t: Translation, node: Core.Arrow<Surface.Extra>, outer: Names): Core.Arrow {
  const names = new Names(outer);
  for (const param of node.params) bindNames(t, names, param);
  if (node.rest) bindNames(t, names, node.rest);
  const params = node.params.map((param) => pattern(t, param, names));
  const body = node.body.type === "Block" ? translateBlock(t, node.body, names) : expr(t, node.body, names);
  const result = { type: "Arrow" as const, params, body, ...(node.span && { span: node.span }) };
  return node.rest ? { ...result, rest: pattern(t, node.rest, names) } : result;
}

export function pattern(t: Translation, node: Surface.Pattern, names: Names): Core.Pattern {
  switch (node.type) {
    case "Name": {
      const as = names.get(node.name);
      if (as !== undefined) return { ...node, name: as };
      writesOutside(t, node.name, node.span);
      return node;
    }
    case "Member":
      return expr(t, node, names) as Core.Member;
    case "DefaultPattern":
      return { ...node, target: pattern(t, node.target, names), value: expr(t, node.value, names) };
    case "ArrayPattern": {
      const elements = node.elements.map((x) => x && pattern(t, x, names));
      const { rest, ...others } = node;
      return rest ? { ...others, elements, rest: pattern(t, rest, names) } : { ...others, elements };
    }
    case "ObjectPattern": {
      const props = node.props.map((prop) => ({
        key: typeof prop.key === "string" ? prop.key : expr(t, prop.key, names),
        value: pattern(t, prop.value, names),
      }));
      const { rest, ...others } = node;
      return rest ? { ...others, props, rest: pattern(t, rest, names) } : { ...others, props };
    }
    default: {
      const missing: never = node;
      return missing;
    }
  }
}

/** A binding outside the text is assigned: a module's is an error, a function's needs a bigger block. */
function writesOutside(t: Translation, name: string, span?: Core.Span): void {
  const found = lookup(t.env, name);
  if (!found || found.env.module) {
    report(
      t.ev,
      "SM105",
      span,
      `'${name}' belongs to the module and is changed while the workflow is rendered`,
      "Keep it in a local variable of the workflow function, or derive it from ctx.",
    );
    return;
  }
  throw new Bail(`'${name}' is assigned outside its block`, span);
}

const spreads = (
  t: Translation,
  items: readonly (Surface.Expr | Core.Spread<Surface.Extra>)[],
  names: Names,
): (Core.Expr | Core.Spread)[] =>
  items.map((item) =>
    item.type === "Spread" ? { ...item, arg: expr(t, item.arg, names) } : expr(t, item, names),
  );

export function expr(t: Translation, node: Surface.Expr, names: Names): Core.Expr {
  switch (node.type) {
    case "Literal":
    case "Regex":
      return node;
    case "Name": {
      const as = names.get(node.name);
      if (as !== undefined && names.owner(node.name)?.functions.get(node.name)?.type === "Func")
        throw new Bail("a function that runs as code is used as data", node.span);
      if (as !== undefined) return { ...node, name: as };
      const found = lookup(t.env, node.name);
      return written(t, found ? found.value : globalValue(t.ev, node.name, t.env, node.span), node.span);
    }
    case "Template":
      return { ...node, exprs: node.exprs.map((x) => expr(t, x, names)) };
    case "Array":
      return {
        ...node,
        elements: node.elements.map((x) =>
          x === null ? null : x.type === "Spread" ? { ...x, arg: expr(t, x.arg, names) } : expr(t, x, names),
        ),
      };
    case "Object":
      return {
        ...node,
        props: node.props.map((prop) =>
          prop.type === "Spread"
            ? { ...prop, arg: expr(t, prop.arg, names) }
            : {
                ...prop,
                key: typeof prop.key === "string" ? prop.key : expr(t, prop.key, names),
                value: expr(t, prop.value, names),
              },
        ),
      };
    case "Arrow":
      return arrow(t, node, names);
    case "Unary":
      if (node.op === "typeof" && hostNamespace(t, node.arg, names))
        return { type: "Literal", value: "object" };
      return { ...node, arg: expr(t, node.arg, names) };
    case "Binary":
      // What an agent has is answered at build time.
      if (node.op === "in" && node.left.type === "Literal" && isAgent(t, node.right, names))
        return written(t, evaluate(t.ev, node, t.env), node.span);
      return { ...node, left: expr(t, node.left, names), right: expr(t, node.right, names) };
    case "Logical":
      return { ...node, left: expr(t, node.left, names), right: expr(t, node.right, names) };
    case "Conditional":
      return {
        ...node,
        test: expr(t, node.test, names),
        then: expr(t, node.then, names),
        else: expr(t, node.else, names),
      };
    case "Assign": {
      const target = pattern(t, node.target, names);
      writesThrough(t, node.target, names);
      return { ...node, target, value: expr(t, node.value, names) };
    }
    case "Update": {
      writesThrough(t, node.target, names);
      return { ...node, target: pattern(t, node.target, names) as Core.Name | Core.Member };
    }
    case "Call":
      return callText(t, node, names);
    case "New": {
      if (node.callee.name === "Date" && node.args.length === 0 && names.get("Date") === undefined)
        return written(t, newDate(t.ev, node.span), node.span);
      if (node.callee.name === "URL" && usesLocals(node, names))
        return written(t, unknownAddress(t.ev, "new URL", node.span), node.span);
      if (
        names.get(node.callee.name) === undefined &&
        (node.callee.name === "URL" || lookup(t.env, node.callee.name))
      )
        return written(t, instanceIn(t, node, names), node.span);
      return { ...node, args: spreads(t, node.args, names) };
    }
    case "Construct":
      return written(t, instanceIn(t, node, names), node.span);
    case "Member": {
      if (hostNamespace(t, node.object, names)) {
        // Which of the machine's facts is meant is known where the helper is called, if anywhere.
        if (typeof node.property !== "string" && usesLocals(node.property, names))
          throw new Bail("a fact of the machine under a name that only the run knows", node.span);
        return written(t, evaluate(t.ev, node, t.env), node.span);
      }
      const whole = libraryMember(t, node, names);
      if (whole) return written(t, whole, node.span);
      return {
        ...node,
        object: expr(t, node.object, names),
        property: typeof node.property === "string" ? node.property : expr(t, node.property, names),
      };
    }
    case "Chain":
      return { ...node, expr: expr(t, node.expr, names) };
    case "Comma":
      return { ...node, exprs: node.exprs.map((x) => expr(t, x, names)) };
    case "Element":
      if (!t.elements) throw new Bail("an element inside data", node.span);
      return t.elements.element(t, node, names);
    case "Func":
      throw new Bail("a function that runs as code is used as data", node.span);
    case "Class":
    case "Foreign":
      report(
        t.ev,
        "SM103",
        node.span,
        `${node.type === "Class" ? "a class" : node.what} can't be used while the workflow is rendered`,
        "Use plain functions and objects, or move it into a compute task.",
      );
      return { type: "Name", name: "undefined" };
    default: {
      const missing: never = node;
      return missing;
    }
  }
}

/** The free name at the root of a member chain. */
function freeRoot(node: Surface.Expr, names: Names): Core.Name | null {
  let at = node;
  while (at.type === "Member" || at.type === "Call" || at.type === "Chain")
    at = at.type === "Member" ? at.object : at.type === "Call" ? at.callee : at.expr;
  return at.type === "Name" && names.get(at.name) === undefined ? at : null;
}

const LIBRARY: ReadonlySet<Value["type"]> = new Set([
  "Namespace",
  "External",
  "Native",
  "Schema",
  "Class",
  "Instance",
]);

/** Members of tables, namespaces and packages are answered at build time. */
function libraryMember(t: Translation, node: Core.Member<Surface.Extra>, names: Names): Value | undefined {
  const root = freeRoot(node, names);
  if (!root) return undefined;
  const value = lookup(t.env, root.name)?.value;
  // What a call gives is a value of the run: only the call itself is answered.
  if (!value || isHost(value)) return undefined;
  if (holdsCall(node) && (value.type === "Native" || usesLocals(node, names))) return undefined;
  const chosen = node.object === root ? memberByLocalKey(t, value, node.property, names) : undefined;
  if (chosen) return chosen;
  if (usesLocals(node.object, names)) return undefined;
  if (typeof node.property !== "string" && usesLocals(node.property, names)) return undefined;
  // What a schema says of itself is known; the schema is no part of the text.
  if (holdsSchema(value) && holdsSchema(evaluate(t.ev, node.object, t.env)))
    return evaluate(t.ev, node, t.env);
  const answered =
    LIBRARY.has(value.type) ||
    (value.type === "Object" && node.object === root && typeof node.property === "string" && !value.ref);
  return answered ? evaluate(t.ev, node, t.env) : undefined;
}

/** `outputs[name]` with a name of the text's own: the table of all members, from which the text takes one. */
function memberByLocalKey(
  t: Translation,
  value: Value,
  key: string | Surface.Expr,
  names: Names,
): Value | undefined {
  if (value.type !== "Namespace" || value.tables !== "outputs" || !value.keys || typeof key === "string")
    return undefined;
  if (![...freeNames(key)].some((name) => names.get(name) !== undefined)) return undefined;
  const span = key.span ?? { file: 0, start: 0, end: 0 };
  const members = value.keys().map((name): [string, Core.Expr] => {
    const member = value.member(name, span);
    return [name, member ? written(t, member, span) : nameOf("undefined")];
  });
  return residual(memberOf(objectOf(members), expr(t, key, names)));
}

const isAgent = (t: Translation, node: Surface.Expr, names: Names): boolean =>
  node.type === "Name" && !names.get(node.name) && lookup(t.env, node.name)?.value.type === "Instance";

const isHost = (value: Value | undefined): boolean => value?.type === "Namespace" && value.host !== undefined;

function holdsCall(node: Surface.Expr): boolean {
  let at = node;
  while (at.type === "Member" || at.type === "Chain") at = at.type === "Member" ? at.object : at.expr;
  return at.type === "Call";
}

/** `process`, `process.env`, `os`, …: an expression that stands for the machine, by whatever name. */
export function hostNamespace(t: Translation, node: Surface.Expr, names: Names): boolean {
  if (node.type === "Name") {
    if (names.get(node.name) !== undefined) return false;
    const found = lookup(t.env, node.name);
    return found ? isHost(found.value) : hostObject(t.ev, node.name, t.env) !== undefined;
  }
  if (node.type !== "Member" || !hostNamespace(t, node.object, names)) return false;
  return isHost(evaluate(t.ev, node, t.env));
}

function callText(t: Translation, node: Core.Call<Surface.Extra>, names: Names): Core.Expr {
  const { callee } = node;
  if (callee.type === "Member" && hostNamespace(t, callee.object, names))
    return written(t, evaluate(t.ev, node, t.env), node.span);
  const root = freeRoot(node.callee, names);
  if (root) {
    const value = lookup(t.env, root.name)?.value;
    const ofResult = value?.type === "Native" && node.callee !== root;
    const isWhole = !ofResult && !(holdsCall(node.callee) && usesLocals(node.callee, names));
    if (value && !isHost(value) && isWhole && LIBRARY.has(value.type)) {
      return libraryCall(t, node, names);
    }
    if (
      node.callee.type === "Member" &&
      node.callee.object === root &&
      typeof node.callee.property === "string"
    ) {
      const stateful = statefulCall(t.ev, value, node.callee.property, node.span);
      if (stateful) return written(t, stateful, node.span);
    }
    if (
      !value &&
      node.callee.type === "Member" &&
      node.callee.object === root &&
      typeof node.callee.property === "string"
    ) {
      const impure = impureCall(t.ev, root.name, node.callee.property, node.span);
      if (impure) return written(t, impure, node.span);
    }
  }
  const text = (): Core.Expr => ({
    ...node,
    callee: expr(t, node.callee, names),
    args: spreads(t, node.args, names),
  });
  const isHelper = root && lookup(t.env, root.name)?.value.type === "Closure" && !usesLocals(node, names);
  return isHelper ? textOrValue(t, node, text) : text();
}

/** What has no text, such as a helper that is given a schema, is answered at build time. */
function textOrValue(t: Translation, node: Surface.Expr, text: () => Core.Expr): Core.Expr {
  return attempt(t.ev, text, (why) => {
    const value = evaluate(t.ev, node, t.env);
    if (value.type === "Block" || isStructural(value)) throw why;
    return written(t, value, node.span);
  });
}

/** The name through whose members an object is reached; null where a call gave it (writes.ts knows what calls hand back). */
function holder(node: Surface.Expr): Core.Name | null {
  let at = node;
  while (at.type === "Member" || at.type === "Chain") at = at.type === "Member" ? at.object : at.expr;
  if (at.type === "Call" && at.callee.type === "Member" && ACCESSORS.has(String(at.callee.property)))
    return holder(at.callee.object);
  return at.type === "Name" ? at : null;
}

/** A call of what is answered at build time: by its text, or evaluated where it names nothing of the text around it. */
function libraryCall(t: Translation, node: Core.Call<Surface.Extra>, names: Names): Core.Expr {
  const span = node.span ?? { file: 0, start: 0, end: 0 };
  if (node.callee.type === "Member" && !usesLocals(node, names)) {
    // What a method of a schema gives hangs on its arguments.
    const of = evaluate(t.ev, node.callee.object, t.env).type;
    if (of === "Schema" || of === "Table") return written(t, evaluate(t.ev, node, t.env), node.span);
  }
  const method = methodOfData(t, node.callee, names);
  if (method) return { ...node, callee: method, args: spreads(t, node.args, names) };
  const fn = evaluate(t.ev, node.callee, t.env);
  // Its text brings in nothing but what Core itself knows.
  if (fn.type === "Native" && fn.text) return fn.text(spreads(t, node.args, names), span);
  if (fn.type === "Native" && !usesLocals(node, names))
    return written(t, evaluate(t.ev, node, t.env), node.span);
  const callee = written(t, fn, node.span);
  return fn.type === "Closure" || fn.type === "Residual"
    ? { ...node, callee, args: spreads(t, node.args, names) }
    : callee;
}

/** The text of `lib.LIST.includes` and `Level.options.includes`: a method of data, which has no value of its own. */
function methodOfData(t: Translation, callee: Surface.Expr, names: Names): Core.Member | undefined {
  if (callee.type !== "Member") return undefined;
  const local =
    usesLocals(callee.object, names) ||
    (typeof callee.property !== "string" && usesLocals(callee.property, names));
  if (!local && !isData(evaluate(t.ev, callee.object, t.env), callee.property)) return undefined;
  const property = typeof callee.property === "string" ? callee.property : expr(t, callee.property, names);
  return { ...callee, object: expr(t, callee.object, names), property };
}

/** Whether `value.key(…)` is a method of the language: of a text, a list, a result, or of an object without such a member. */
function isData(value: Value, key: string | Surface.Expr): boolean {
  switch (value.type) {
    case "Known":
      return (value.value ?? null) !== null;
    case "Array":
      return !isStructural(value) && !holdsSchema(value);
    case "Object":
      return (
        !isStructural(value) && !holdsSchema(value) && !(typeof key === "string" && value.props.has(key))
      );
    case "Residual":
    case "Choice":
    case "Select":
      return !isStructural(value);
    default:
      return false;
  }
}

/** A write through a free name would reach an object that the text did not make. */
function writesThrough(t: Translation, target: Surface.Pattern, names: Names): void {
  if (target.type !== "Member") return;
  const root = holder(target.object);
  if (!root || names.get(root.name) !== undefined) return;
  const found = lookup(t.env, root.name);
  if (found?.env.module) {
    report(
      t.ev,
      "SM105",
      target.span,
      `'${root.name}' belongs to the module and is changed while the workflow is rendered`,
      "Build a new object instead: { ...old, key: value }.",
    );
  } else if (found) throw new Bail(`'${root.name}' is changed outside its block`, target.span);
}

/** Whether the expression needs what only the text around it knows. */
const usesLocals = (node: Surface.Expr, names: Names): boolean =>
  [...freeNames(node)].some((name) => names.get(name) !== undefined);
