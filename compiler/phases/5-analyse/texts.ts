/**
 * What becomes text in prompts and payloads: holes of templates, sides of concatenations and `String(…)`, followed
 * through named values, helpers, callbacks and prompt files, with what conditions on the way say.
 */
import type * as Core from "../../../plan/core/ast.ts";
import { printExpr } from "../../../plan/core/index.ts";
import { boundNames } from "../../../plan/core/scope.ts";
import { eachChild } from "../../../plan/core/walk.ts";
import type { NodeDraft } from "../4-lower/draft.ts";
import { Assumed } from "./assumed.ts";
import { writersOf } from "./cells.ts";
import { itemOf, parametersFor } from "./methods.ts";
import type { Model } from "./model.ts";
import { assignedNames, bindPattern, bindStatements, Names } from "./names.ts";
import { whereUsed } from "./passed.ts";
import type { Standing } from "./paths.ts";
import { outputRead, tableRead } from "./reads.ts";
import { isText } from "./type-parts.ts";
import { type Type, typeOf } from "./types.ts";

export interface Hole {
  /** As the source writes it, where its place is known. */
  readonly text: string;
  readonly span: Core.Span;
}

/** A prop that a prompt file shows and that no use passes. */
export interface Missing {
  readonly prompt: string;
  readonly prop: string;
  readonly span: Core.Span;
  readonly passed: readonly string[];
}

export interface Texts {
  /** They may be `undefined` or `null`, and say so. */
  readonly nothing: readonly (Hole & { readonly words: readonly string[] })[];
  /** They are objects or lists of objects whenever they are there. */
  readonly objects: readonly (Hole & { readonly isList: boolean })[];
  readonly missing: readonly Missing[];
}

const FIELDS: ReadonlySet<string> = new Set(["prompt", "payload"]);
/** Steps for one prompt; beyond them nothing is said. */
const BUDGET = 20_000;
const MAX_DEPTH = 100;
/** Callbacks of these decide; what they give is no text. */
const TESTS: ReadonlySet<string> = new Set(
  "filter find findLast findIndex findLastIndex some every sort toSorted".split(" "),
);

export function textsOf(model: Model): Texts {
  const walker = new Walker(model);
  for (const node of model.draft.nodes)
    for (const [name, field] of node.fields)
      if (FIELDS.has(name) && field.type === "core") walker.field(node, field.expr);
  return {
    nothing: [...walker.nothing.values()],
    objects: [...walker.objects.values()],
    missing: walker.missing(),
  };
}

/** Where the walk is: scope, local names, what holds, and functions that local names stand for. */
interface Place extends Standing {
  readonly assumed: Assumed;
  readonly local: ReadonlyMap<string, Core.Arrow>;
  /** In a prompt file: what its use passes, and where that stands. */
  readonly used?: { readonly props: Core.Expr; readonly type: Type | null; readonly at: Place };
}

class Walker {
  readonly nothing = new Map<string, Texts["nothing"][number]>();
  readonly objects = new Map<string, Texts["objects"][number]>();
  readonly #model: Model;
  /** The props that the uses of a prompt pass; null where one passes what only the run knows. */
  readonly #passed = new Map<string, Set<string> | null>();
  readonly #open = new Set<Core.Expr>();
  #node: NodeDraft;
  #depth = 0;

  constructor(model: Model) {
    this.#model = model;
    this.#node = model.draft.nodes[0]!;
  }

  field(node: NodeDraft, expr: Core.Expr): void {
    this.#node = node;
    let assumed = new Assumed((part) => this.#isThere(node, part), { left: BUDGET });
    for (const at of [node, ...this.#model.above(node)].reverse()) {
      const around = this.#standing(this.#model.above(at)[0] ?? at);
      const own = this.#standing(at);
      if (at.if) assumed = assumed.where(around, at.if, true);
      if (at.else) assumed = assumed.where(around, at.else, false);
      if (at.each) assumed = assumed.ofItems(around, at.each.of, { type: "Name", name: at.each.as });
      if (at.each?.if) assumed = assumed.where(own, at.each.if, true);
      for (const guard of at.guards) assumed = assumed.where(own, guard.if, false);
      const skip = at.fields.get("skipIf");
      if (skip?.type === "core") assumed = assumed.where(own, skip.expr, false);
    }
    this.#walk(expr, { ...this.#standing(node, expr), assumed, local: new Map() });
  }

  #standing(node: NodeDraft, expr?: Core.Expr): Standing {
    return { model: this.#model, node, names: new Names(expr ? assignedNames(expr) : new Set()) };
  }

  /** Whether a row, or a row of a table, is there whenever the node starts: what gives it has run before. */
  #isThere(node: NodeDraft, expr: Core.Expr): boolean {
    const read = outputRead(expr);
    if (read) {
      if (read.method === "iterationCount" || read.iteration) return false;
      if (read.nodeId?.type !== "Literal") return false;
      return this.#runsBefore(this.#model.producersOf(String(read.nodeId.value)), node);
    }
    const table = tableRead(expr);
    return table !== null && this.#runsBefore(writersOf(this.#model, `outputs.${table.name}`) ?? [], node);
  }

  #runsBefore(producers: readonly NodeDraft[], node: NodeDraft): boolean {
    const seen = new Set<NodeDraft>([node]);
    for (const at of seen) {
      if (producers.some((producer) => this.#model.order.isBefore(producer, at))) return true;
      const chain = new Set([at, ...this.#model.above(at)]);
      for (const wait of this.#model.order.waits)
        if (chain.has(wait.node) && wait.on.length === 1) seen.add(wait.on[0]!);
    }
    return false;
  }

  #typeOf(expr: Core.Expr, place: Place): Type | null {
    return this.#model.flow.typeWhere(place.node, expr, place.names, place.assumed);
  }

  #walk(expr: Core.Expr, place: Place): void {
    if (this.#depth > MAX_DEPTH || place.assumed.budget.left < 0) return;
    place.assumed.budget.left--;
    this.#depth++;
    this.#read(expr, place);
    this.#depth--;
  }

  /** The same place where a test has fallen; in a prompt file it says something of what was passed as well. */
  #where(place: Place, test: Core.Expr, truth: boolean): Place {
    const inner = { ...place, assumed: place.assumed.where(place, test, truth) };
    // A name of the file's own hides its props.
    const isOpen = place.used && place.names.get("props") === place.used.type;
    const used = place.used && isOpen ? whereUsed(test, place.used.props) : null;
    if (!place.used || !used) return inner;
    const at = { ...place.used.at, assumed: place.used.at.assumed.where(place.used.at, used, truth) };
    const type = this.#typeOf(place.used.props, at);
    return {
      ...inner,
      names: inner.names.with(new Map([["props", type]])),
      used: { ...place.used, at, type },
    };
  }

  #read(expr: Core.Expr, place: Place): void {
    const where = (test: Core.Expr, truth: boolean): Place => this.#where(place, test, truth);
    switch (expr.type) {
      case "Template":
        for (const hole of expr.exprs) this.#judge(hole, place);
        return;
      case "Binary": {
        if (expr.op !== "+") return;
        const [left, right] = [this.#typeOf(expr.left, place), this.#typeOf(expr.right, place)];
        if (isText(right)) this.#judge(expr.left, place);
        else this.#walk(expr.left, place);
        if (isText(left)) this.#judge(expr.right, place);
        else this.#walk(expr.right, place);
        return;
      }
      case "Logical":
        if (expr.op !== "&&") this.#walk(expr.left, place);
        this.#walk(expr.right, expr.op === "??" ? place : where(expr.left, expr.op === "&&"));
        return;
      case "Conditional":
        this.#walk(expr.then, where(expr.test, true));
        this.#walk(expr.else, where(expr.test, false));
        return;
      case "Name":
        this.#name(expr.name, place);
        return;
      case "Call":
        this.#call(expr, place);
        return;
      case "Member":
        this.#walk(expr.object, place);
        return;
      case "Chain":
        this.#walk(expr.expr, place);
        return;
      case "Array":
        for (const item of expr.elements)
          if (item) this.#walk(item.type === "Spread" ? item.arg : item, place);
        return;
      case "Object":
        for (const prop of expr.props) this.#walk(prop.type === "Spread" ? prop.arg : prop.value, place);
        return;
      case "Comma":
      case "New":
        eachChild(expr, (child) => this.#any(child, place));
        return;
      case "Assign":
        this.#walk(expr.value, place);
        return;
      case "Unary":
      case "Update":
      case "Arrow":
      case "Literal":
      case "Regex":
        return;
      default:
        expr satisfies never;
    }
  }

  #judge(hole: Core.Expr, place: Place): void {
    this.#walk(hole, place);
    const type = this.#typeOf(hole, place);
    if (!type || place.assumed.budget.left < 0) return;
    const span = hole.span ?? this.#spanOf(hole);
    const text = (this.#model.files[span.file]?.text ?? "").slice(span.start, span.end);
    const printed = printExpr(hole);
    const found = { text: span === this.#node.span || text.includes("\n") ? printed : text, span };
    const key = `${span.file}:${span.start}:${printed}`;
    const kinds = type.alternatives.map(({ kind }) => kind);
    const words = ["undefined", "null"].filter((word) => kinds.some((kind) => kind === word));
    if (words.length > 0) this.nothing.set(key, { ...found, words });
    const things = type.alternatives.filter(({ kind }) => kind !== "undefined" && kind !== "null");
    if (things.length === 0) return;
    const isObjects = (of: Type | null): boolean =>
      of !== null && of.alternatives.length > 0 && of.alternatives.every(({ kind }) => kind === "object");
    if (things.every((one) => one.kind === "object" || (one.kind === "array" && isObjects(one.items))))
      this.objects.set(key, { ...found, isList: things.some(({ kind }) => kind === "array") });
  }

  /** The place of an expression that was put together from parts: where the source has the same text in the node. */
  #spanOf(hole: Core.Expr): Core.Span {
    const { span } = this.#node;
    const source = this.#model.files[span.file]?.text ?? "";
    const bare = hole.type === "Chain" ? hole.expr : hole;
    const printed = printExpr(hole);
    const tail = bare.type === "Member" && typeof bare.property === "string" ? `.${bare.property}` : printed;
    const find = (text: string): number => {
      const at = source.indexOf(text, span.start);
      const end = at + text.length;
      return at < 0 || end > span.end || /[\w$]/.test(source[end] ?? "") ? -1 : end;
    };
    // A hole of a template is the likeliest place.
    const hollow = find(`\${${printed}}`);
    const end = hollow < 0 ? find(printed) : hollow - 1;
    if (end >= 0) return { ...span, start: end - printed.length, end };
    const last = find(tail);
    if (last < 0) return span;
    const path = /[\w$.?]*$/.exec(source.slice(span.start, last))?.[0] ?? "";
    return { ...span, start: last - path.length, end: last };
  }

  #name(name: string, place: Place): void {
    if (place.names.get(name) !== undefined) return;
    const meaning = this.#model.lookup(place.node, name);
    if (!meaning || typeof meaning.expr === "string" || meaning.expr.type === "Arrow") return;
    const { from, expr } = meaning;
    this.#once(expr, () =>
      this.#walk(expr, { ...this.#standing(from, expr), assumed: place.assumed, local: new Map() }),
    );
  }

  #once(expr: Core.Expr, walk: () => void): void {
    if (this.#open.has(expr)) return;
    this.#open.add(expr);
    walk();
    this.#open.delete(expr);
  }

  #call(call: Core.Call, place: Place): void {
    if (outputRead(call)) return;
    const { callee } = call;
    const args = call.args.map((arg) => (arg.type === "Spread" ? arg.arg : arg));
    if (callee.type === "Name" && callee.name === "prompt") {
      this.#prompt(args, place);
      return;
    }
    if (callee.type === "Name" && callee.name === "String" && args[0]) {
      this.#judge(args[0], place);
      return;
    }
    if (callee.type === "Member") {
      this.#walk(callee.object, place);
      const { property } = callee;
      if (typeof property === "string" && TESTS.has(property)) return;
      const receiver = this.#typeOf(callee.object, place);
      const types = typeof property === "string" ? parametersFor(property, receiver) : [];
      for (const arg of args) {
        const fn =
          arg.type === "Name" ? this.#helper(arg.name, place) : arg.type === "Arrow" ? arg : undefined;
        if (fn) this.#function(fn, types, place, callee.object);
        else this.#walk(arg, place);
      }
      return;
    }
    for (const arg of args) this.#walk(arg, place);
    const fn =
      callee.type === "Arrow"
        ? callee
        : callee.type === "Name"
          ? this.#helper(callee.name, place)
          : undefined;
    const isPlain = call.args.every(({ type }) => type !== "Spread");
    if (fn) this.#function(fn, isPlain ? args.map((arg) => this.#typeOf(arg, place)) : [], place);
  }

  #helper(name: string, place: Place): Core.Arrow | undefined {
    if (place.names.get(name) !== undefined) return place.local.get(name);
    const meaning = this.#model.lookup(place.node, name)?.expr;
    return typeof meaning === "object" && meaning.type === "Arrow" ? meaning : undefined;
  }

  /** The body of a function with these arguments; `list` is what calls it with its items. */
  #function(fn: Core.Arrow, types: readonly (Type | null)[], place: Place, list?: Core.Expr): void {
    const isLocal = [...place.local.values()].includes(fn) || list !== undefined;
    let { names, assumed } = place;
    if (
      !isLocal &&
      this.#model.draft.functions.size > 0 &&
      [...this.#model.draft.functions.values()].includes(fn)
    )
      names = new Names(assignedNames(fn));
    for (const [i, param] of fn.params.entries()) names = bound(names, param, types[i] ?? null);
    if (fn.rest) names = bound(names, fn.rest, null);
    const [item] = fn.params;
    if (list && item) assumed = assumed.ofItems(place, list, item);
    const inner = { ...place, names, assumed };
    this.#once(fn, () => {
      if (fn.body.type === "Block") this.#statements(fn.body.body, inner);
      else this.#walk(fn.body, inner);
    });
  }

  /** A prompt file with what is passed to it. */
  #prompt([handle, props]: readonly Core.Expr[], place: Place): void {
    if (props) this.#walk(props, place);
    const name = handle?.type === "Literal" ? String(handle.value) : "";
    const template = this.#model.draft.prompts.get(name)?.template;
    if (!template) return;
    const type = props
      ? this.#typeOf(props, place)
      : typeOf("props", { kind: "object", fields: new Map(), closed: true });
    const [root] = this.#model.draft.nodes;
    const standing = this.#standing(root!, template);
    const names = standing.names.with(new Map([["props", type]]));
    this.#remember(name, props);
    this.#once(template, () =>
      this.#walk(template, {
        ...standing,
        names,
        assumed: place.assumed,
        local: new Map(),
        ...(props && { used: { props, type, at: place } }),
      }),
    );
  }

  #remember(name: string, props: Core.Expr | undefined): void {
    const known = this.#passed.get(name);
    if (known === null) return;
    if (
      props &&
      (props.type !== "Object" || props.props.some((p) => p.type === "Spread" || typeof p.key !== "string"))
    )
      this.#passed.set(name, null);
    else {
      const keys = props?.type === "Object" ? props.props : [];
      const names = keys.flatMap((p) => (p.type === "Property" && typeof p.key === "string" ? [p.key] : []));
      this.#passed.set(name, new Set([...(known ?? []), ...names]));
    }
  }

  /** Props that prompts show as they are and that nobody passes. */
  missing(): Missing[] {
    return [...this.#passed].flatMap(([name, passed]) => {
      const prompt = this.#model.draft.prompts.get(name);
      if (!passed || !prompt) return [];
      const shown = new Map<string, Core.Span>();
      shownProps(prompt.template, shown);
      return [...shown].flatMap(([prop, span]) =>
        passed.has(prop) || prop === "children" || prop === "schema"
          ? []
          : [{ prompt: prompt.path, prop, span, passed: [...passed] }],
      );
    });
  }

  #statements(body: readonly Core.Stmt[], outer: Place): void {
    let place: Place = { ...outer, names: bindStatements(outer.names, body) };
    for (const stmt of body) {
      if (stmt.type === "Declare") {
        const local = new Map(place.local);
        for (const { target, init } of stmt.decls) {
          if (init?.type === "Arrow" && target.type === "Name") local.set(target.name, init);
          else if (init) this.#walk(init, place);
          const type = init ? this.#typeOf(init, place) : null;
          place = { ...place, names: bound(place.names, target, type) };
        }
        place = { ...place, local };
        continue;
      }
      this.#any(stmt, place);
      if (stmt.type !== "If" || !leaves(stmt.then)) continue;
      place = this.#where(place, stmt.test, false);
    }
  }

  #any(node: Core.Node, place: Place): void {
    switch (node.type) {
      case "Block":
        this.#statements(node.body, place);
        return;
      case "If":
        this.#any(node.then, this.#where(place, node.test, true));
        if (node.else) this.#any(node.else, this.#where(place, node.test, false));
        return;
      case "ForOf": {
        const item = itemOf(this.#typeOf(node.of, place));
        const assumed = place.assumed.ofItems(place, node.of, node.target);
        const names = node.kind ? bound(place.names, node.target, item) : place.names;
        this.#any(node.body, { ...place, names, assumed });
        return;
      }
      case "Return":
      case "ExprStmt":
      case "Switch":
      case "For":
      case "While":
      case "DoWhile":
      case "Try":
      case "Spread":
      case "Property":
        eachChild(node, (child) => this.#any(child, place));
        return;
      case "Declare":
        this.#statements([node], place);
        return;
      case "Break":
      case "Continue":
      // What is thrown is no prompt.
      case "Throw":
      case "ArrayPattern":
      case "ObjectPattern":
      case "DefaultPattern":
        return;
      default:
        this.#walk(node, place);
    }
  }
}

/** What an array pattern takes out may be the part of a pair that is always there: nothing is said of it. */
function bound(names: Names, pattern: Core.Pattern, type: Type | null): Names {
  const parts = (of: Core.Pattern): Core.Pattern[] =>
    of.type === "ArrayPattern"
      ? [of]
      : of.type === "ObjectPattern"
        ? of.props.flatMap((p) => parts(p.value))
        : [];
  const unknown = parts(pattern).flatMap((part) => boundNames(part));
  return bindPattern(names, pattern, type).with(new Map(unknown.map((name) => [name, null])));
}

/** Whether nothing behind a statement is reached. */
function leaves(stmt: Core.Stmt): boolean {
  if (stmt.type === "Block") return stmt.body.some(leaves);
  return ["Return", "Throw", "Break", "Continue"].includes(stmt.type);
}

/** `{props.x}` among the parts of a template; what stands in conditions or expressions may be left out on purpose. */
function shownProps(template: Core.Expr, into: Map<string, Core.Span>): void {
  if (template.type === "Array") {
    for (const part of template.elements) if (part && part.type !== "Spread") shownProps(part, into);
    return;
  }
  if (template.type !== "Member" || typeof template.property !== "string" || !template.span) return;
  if (template.object.type === "Name" && template.object.name === "props" && !into.has(template.property))
    into.set(template.property, template.span);
}
