/**
 * What code may write: the names whose binding is assigned, or through which an object that is mutated can be reached.
 * Always errs towards more (COMPILER 3): a name too many makes a block bigger, a name too few makes a plan wrong.
 */
import type * as Core from "../../../plan/core/ast.ts";
import type * as Surface from "../../surface.ts";
import { type Assigned, type Bound, Locals } from "./locals.ts";
import { ITERATORS, isBuiltinMethod, MUTATORS } from "./methods.ts";
import { freeNames, membersOf, retainedArrows } from "./names.ts";
import { held, isFresh, made, merge, NOTHING, type Origin, originOf } from "./origin.ts";
import { isOfLibrary, renderedChildren } from "./runs-later.ts";
import { patternNames } from "./shape.ts";
import { type Closure, type Environment, lookup, type Value } from "./value.ts";

/** Kinds of values that are objects which a program could write to. */
const HOLDERS: ReadonlySet<Value["type"]> = new Set([
  "Array",
  "Object",
  "Choice",
  "Select",
  "Each",
  "Element",
  "Instance",
]);

/** A name of another file's top level. */
export interface Abroad {
  readonly env: Environment;
  readonly module: Surface.SourceModule;
  readonly name: string;
}

export interface Summary {
  /** Parameters whose object is written, by index. */
  readonly params: ReadonlySet<number>;
  /** Captured names that are written. */
  readonly captured: ReadonlySet<string>;
  /** Every argument from this one on may be written. */
  readonly restFrom?: number;
  /** Writes to what the run or the module shares. */
  readonly shared: readonly SharedWrite[];
  /** Those of `params` of which something inside is written, not only the argument itself. */
  readonly deep: ReadonlySet<number>;
  /** What it hands back, parameters as `#0`, `#1`, …; undefined where it returns nothing. */
  readonly returns?: Origin;
}

/** A write to an object that the run shares: rows, input, named values. */
export interface SharedWrite {
  readonly span: Core.Span | undefined;
  readonly method: string;
}

interface Write extends SharedWrite {
  readonly deep?: boolean;
}

export interface Effects {
  readonly writes: Set<string>;
  /** Those that are written inside. */
  readonly deep: Set<string>;
  readonly aliases: [string, string][];
  /** `[a, b]`: what b holds can be reached through a. */
  readonly flows: [string, string][];
  readonly shared: SharedWrite[];
  /** Name of an object that took in a function → what calling that function writes. */
  readonly carries: [string, string][];
  /** What the function that is read hands back; absent in code nested in it. */
  readonly returns?: Origin[];
}

const noEffects = (): Effects => ({
  writes: new Set(),
  deep: new Set(),
  aliases: [],
  flows: [],
  shared: [],
  carries: [],
});

/** A parameter left out: its default is an object of its own. */
function isOwnDefault(param: Surface.Pattern | undefined): boolean {
  return param?.type !== "DefaultPattern" || isFresh(param.value);
}

function isAround(home: Environment, env: Environment): boolean {
  for (let at: Environment | null = env; at; at = at.parent) if (at === home) return true;
  return false;
}

const only = (name: string): Origin => ({ roots: new Set([name]), shared: false });

function reach(roots: Iterable<string>, out: Effects): void {
  for (const root of roots) {
    out.writes.add(root);
    out.deep.add(root);
  }
}

const sameOrigin = (a: Origin | undefined, b: Origin | undefined): boolean =>
  a?.roots.size === b?.roots.size && a?.shared === b?.shared && a?.fresh === b?.fresh;

const sameSummary = (a: Summary, b: Summary): boolean =>
  a.params.size === b.params.size &&
  a.captured.size === b.captured.size &&
  a.deep.size === b.deep.size &&
  a.shared.length === b.shared.length &&
  sameOrigin(a.returns, b.returns);

function declareAll(into: Locals, pattern: Surface.Pattern, origin: Origin, bound: Bound): void {
  const known = pattern.type === "Name" || bound === "parameter" ? bound : "other";
  for (const name of patternNames(pattern)) into.declare(name, origin, pattern, known);
}

/** Globals whose calls and methods give data, never a function. */
const DATA_GLOBALS: ReadonlySet<string> = new Set(["String", "Number", "Boolean", "JSON", "Math"]);

const isNamed = (node: Surface.Expr, is: (name: string) => boolean): boolean =>
  node.type === "Name" && is(node.name);

/** The expressions that a write may mean, where it depends on what is evaluated: `(x ? a : b).push(…)`. */
function alternatives(target: Surface.Expr): readonly Surface.Expr[] | undefined {
  switch (target.type) {
    case "Conditional":
      return [target.then, target.else];
    case "Logical":
      return [target.left, target.right];
    case "Chain":
      return [target.expr];
    case "Comma":
      return target.exprs.slice(-1);
    case "Assign":
      return target.target.type === "Name" || target.target.type === "Member"
        ? [target.target, target.value]
        : [target.value];
    default:
      return undefined;
  }
}

/** Functions of the language that change their first argument. */
const CHANGES_FIRST: { readonly [object: string]: readonly string[] } = {
  Object: ["assign", "defineProperty", "defineProperties", "setPrototypeOf"],
  Reflect: ["set", "defineProperty", "deleteProperty", "setPrototypeOf"],
};

/** `LIST.push.call(LIST, x)`, `Reflect.apply(f, …)`: a method or a function that is given what it works on. */
function isHandedOn({ object, property }: Core.Member<Surface.Extra>): boolean {
  if (object.type === "Name" && object.name === "Reflect") return property === "apply";
  if (property !== "call" && property !== "apply" && property !== "bind") return false;
  const method = object.type === "Member" ? String(object.property) : "";
  return MUTATORS.has(method) || !(isBuiltinMethod(method) || ASKS.has(method));
}

/** Methods of all objects that change nothing. */
const ASKS: ReadonlySet<string> = new Set([
  "hasOwnProperty",
  "propertyIsEnumerable",
  "isPrototypeOf",
  "toString",
]);

/** `ctx.state`, `ctx.vol`: what handlers write there is queued, and no object that the workflow holds (state-writes.ts). */
function isStoreOfRun(object: Surface.Expr): boolean {
  const name = object.type === "Member" ? object.property : object.type === "Name" ? object.name : "";
  return name === "state" || name === "vol";
}

export class WriteAnalysis {
  readonly env: Environment;
  readonly #isCertain: boolean;
  readonly #summaries: Map<object, Summary>;
  /** Of functions being summarised: what is taken of them where they are met again, and which have been. */
  readonly #assumed: Map<object, Summary>;
  readonly #met: Set<object>;
  readonly #assigned: Assigned = new Map();
  /** Functions whose names are others than those of `env` → where they are found. */
  readonly #homes: Map<object, Environment>;
  /** The same analysis for the names of other places. */
  readonly #elsewhere: Map<Environment, WriteAnalysis>;
  /** What names of other files' top levels are called here. */
  readonly abroad: Map<string, Abroad>;
  /** Local functions by name, and what names of the list stand for. */
  readonly functions = new Map<string, Core.Arrow<Surface.Extra>>();
  /** Names of the list whose value may hold functions. */
  readonly functionHolders = new Set<string>();
  /** Patterns of nested constants that hold no function but what a parameter held. */
  readonly #plain = new Set<unknown>();
  /** Those of them that are objects with functions of their own: `ops.map` is no method of an array. */
  readonly tables = new Set<string>();
  readonly origins = new Map<string, Origin>();

  /** `isCertain`: what calls that can't be told write is left out. */
  constructor(env: Environment, asked?: WriteAnalysis, isCertain = false) {
    this.env = env;
    this.#isCertain = asked ? asked.#isCertain : isCertain;
    this.#summaries = asked ? asked.#summaries : new Map();
    this.#assumed = asked ? asked.#assumed : new Map();
    this.#met = asked ? asked.#met : new Set();
    this.#homes = asked ? asked.#homes : new Map();
    this.#elsewhere = asked ? asked.#elsewhere : new Map();
    this.abroad = asked ? asked.abroad : new Map();
  }

  effects(node: Surface.Stmt | Surface.Expr): Effects {
    // Read twice: what is assigned further down, or in the last turn of a loop, goes for what is written before it.
    this.#visit(node, this.#list(), noEffects());
    const out = noEffects();
    this.#visit(node, this.#list(), out);
    return out;
  }

  #list(): Locals {
    return new Locals(null, this.#assigned);
  }

  /** What the value of an expression can reach. */
  origin(node: Surface.Expr | null | undefined, nested: Locals = this.#list()): Origin {
    const local = (name: string): Origin | undefined => nested.get(name) ?? this.origins.get(name);
    return originOf(node, {
      name: (name) => {
        const inner = local(name);
        if (inner) return inner;
        const found = lookup(this.env, name)?.value;
        if (found?.type === "Residual") return { roots: new Set(), shared: true };
        if (found && !HOLDERS.has(found.type)) return NOTHING;
        return { roots: new Set([name]), shared: false };
      },
      isFlat: (x) => {
        const constant = this.#constant(x, local);
        if (constant?.type === "Array") return constant.items.every((item) => item.type === "Known");
        return constant?.type === "Object" && [...constant.props.values()].every((y) => y.type === "Known");
      },
      result: (call, args) => this.#result(call, args, nested),
    });
  }

  /** What a call of a function of the source hands back: of what it holds, all that it was given. */
  #result(call: Core.Call<Surface.Extra>, args: readonly Origin[], nested: Locals): Origin | undefined {
    const fn = this.#function(call.callee, nested);
    if (!fn) return undefined;
    const { returns } = this.summary(fn);
    if (!returns) return NOTHING;
    const all = merge([this.origin(call.callee, nested), ...args], false);
    if (returns.fresh) return made(all);
    const isSpread = call.args.some((x) => x.type === "Spread");
    const sources = [...returns.roots].flatMap((root): readonly Origin[] => {
      if (!root.startsWith("#")) return [nested.get(root) ?? { roots: new Set([root]), shared: false }];
      const n = Number(root.slice(1));
      return isSpread || n >= fn.params.length ? args : args.slice(n, n + 1);
    });
    return held(merge([all, ...sources, { roots: new Set(), shared: returns.shared }]));
  }

  /** The value of `NAME` or `NAME.path` where it is a constant from outside of the list. */
  #constant(node: Surface.Expr, local: (name: string) => Origin | undefined): Value | undefined {
    if (node.type === "Name") return local(node.name) ? undefined : lookup(this.env, node.name)?.value;
    if (node.type !== "Member" || typeof node.property !== "string") return undefined;
    const object = this.#constant(node.object, local);
    return object?.type === "Object" ? object.props.get(node.property) : undefined;
  }

  /** What a function writes beyond what it makes itself. Of recursive functions: the least that is consistent. */
  summary(arrow: Core.Arrow<Surface.Extra>): Summary {
    const home = this.#homes.get(arrow);
    if (home && !isAround(home, this.env)) return this.#summaryAt(home, arrow);
    const done = this.#summaries.get(arrow);
    if (done) return done;
    const assumed = this.#assumed.get(arrow);
    if (assumed) {
      this.#met.add(arrow);
      return assumed;
    }
    let result: Summary = { params: new Set(), captured: new Set(), deep: new Set(), shared: [] };
    // What is found under an assumption is read anew each time: in such a circle deep calls are taken to write all they
    // are given. So are those too deep for the stack.
    if (this.#assumed.size > (this.#met.size > 0 ? 12 : 100)) {
      const params = new Set(arrow.params.keys());
      return { ...result, params, deep: params };
    }
    for (;;) {
      this.#assumed.set(arrow, result);
      const next = this.#summarise(arrow);
      const stable = sameSummary(next, result);
      result = next;
      if (stable || !this.#met.has(arrow)) break;
    }
    this.#assumed.delete(arrow);
    this.#met.delete(arrow);
    // what was found under an assumption about a function further out may still grow with it
    if (this.#met.size === 0) this.#summaries.set(arrow, result);
    return result;
  }

  #summaryAt(home: Environment, arrow: Core.Arrow<Surface.Extra>): Summary {
    const there = this.#elsewhere.get(home) ?? new WriteAnalysis(home, this);
    this.#elsewhere.set(home, there);
    const { returns, captured, ...summary } = there.summary(arrow);
    const here = (name: string): string => this.#fromAbroad(name, home);
    return {
      ...summary,
      captured: new Set([...captured].map(here)),
      ...(returns && { returns: { ...returns, roots: new Set([...returns.roots].map(here)) } }),
    };
  }

  /** What a name of another place is called here: one of another file by its path. */
  #fromAbroad(name: string, home: Environment): string {
    if (name.includes("#")) return name;
    let at = home;
    for (; at.parent; at = at.parent) if (at.own(name)) return name;
    if (!at.module) return name;
    const key = `${at.module.path}#${name}`;
    this.abroad.set(key, { env: at, module: at.module, name });
    return key;
  }

  /** The function, and where its names are found. */
  #made({ arrow, env }: Closure): Core.Arrow<Surface.Extra> {
    this.#homes.set(arrow, env);
    return arrow;
  }

  #summarise(arrow: Core.Arrow<Surface.Extra>): Summary {
    const out = { ...noEffects(), returns: [] as Origin[] };
    for (const reading of [noEffects(), out]) {
      const nested = this.#list().inner();
      arrow.params.forEach((param, n) => {
        for (const name of patternNames(param))
          nested.declare(name, { roots: new Set([`#${n}`]), shared: false }, param, "parameter");
      });
      // the list of further arguments is the function's own, what it holds is not
      const others: Origin = { roots: new Set([`#${arrow.params.length}`]), shared: false };
      if (arrow.rest) declareAll(nested, arrow.rest, made(others), "parameter");
      for (const param of arrow.params) this.#visit(param, nested, reading);
      this.#visit(arrow.body, nested, reading);
      if (arrow.body.type !== "Block") reading.returns?.push(this.origin(arrow.body, nested));
    }
    const params = new Set<number>();
    const deep = new Set<number>();
    const captured = new Set<string>();
    for (const name of out.writes) {
      if (name.startsWith("#")) params.add(Number(name.slice(1)));
      else captured.add(name);
    }
    for (const name of out.deep) if (name.startsWith("#")) deep.add(Number(name.slice(1)));
    const rest = arrow.rest && params.has(arrow.params.length);
    return {
      params,
      captured,
      deep,
      shared: out.shared,
      ...(rest && { restFrom: arrow.params.length }),
      ...(out.returns.length > 0 && { returns: merge(out.returns) }),
    };
  }

  #function(node: Surface.Expr, nested: Locals): Core.Arrow<Surface.Extra> | undefined {
    if (node.type === "Arrow") return node;
    if (node.type === "Conditional" || node.type === "Logical" || node.type === "Chain") return undefined;
    if (node.type === "Member" && node.object.type === "Name" && typeof node.property === "string") {
      if (nested.has(node.object.name) || this.origins.has(node.object.name)) return undefined;
      const object = lookup(this.env, node.object.name)?.value;
      const member = object?.type === "Object" ? object.props.get(node.property) : undefined;
      return member?.type === "Closure" ? this.#made(member) : undefined;
    }
    if (node.type !== "Name") return undefined;
    const bound = nested.bound(node.name);
    if (bound) return typeof bound === "object" ? bound : undefined;
    const local = this.functions.get(node.name);
    if (local) return local;
    if (this.origins.has(node.name)) return undefined;
    const found = lookup(this.env, node.name)?.value;
    return found?.type === "Closure" ? this.#made(found) : undefined;
  }

  /** A write to the object that an expression gives; a deep one reaches what that object holds as well. */
  #write(target: Surface.Expr, how: Write, nested: Locals, out: Effects): void {
    if (!how.deep && isFresh(target)) return;
    const parts = alternatives(target);
    if (parts) {
      for (const part of parts) this.#write(part, how, nested, out);
      return;
    }
    const origin = this.origin(target, nested);
    if (target.type === "Name" && origin.fresh && !nested.has(target.name)) out.writes.add(target.name);
    if (origin.fresh && !how.deep) {
      // what a function hands back it may have kept
      if (target.type === "Call") reach(this.origin(target.callee, nested).roots, out);
      return;
    }
    if (!how.deep && target.type === "Name" && nested.isArgument(target.name))
      for (const root of origin.roots) out.writes.add(root);
    else reach(origin.roots, out);
    if (origin.shared && !origin.fresh) out.shared.push(how);
  }

  /** `into` takes in what `from` reaches; with `both` they may be one. */
  #alias(into: Origin, from: Origin, out: Effects, both = false): void {
    for (const a of into.roots) {
      for (const b of from.roots) {
        if (a === b) continue;
        out.aliases.push([a, b]);
        out.flows.push([a, b]);
        if (both) out.flows.push([b, a]);
      }
    }
  }

  #visit(node: unknown, nested: Locals, out: Effects): void {
    if (typeof node !== "object" || node === null) return;
    if (Array.isArray(node)) {
      for (const item of node) this.#visit(item, nested, out);
      return;
    }
    const typed = node as Surface.Stmt | Surface.Expr;
    switch (typed.type) {
      case "Declare":
        for (const decl of typed.decls) {
          this.#visit(decl.init, nested, out);
          if (decl.target.type !== "Name") this.#visit(decl.target, nested, out);
          const whole = this.origin(decl.init, nested);
          const origin = decl.target.type === "Name" ? whole : held(whole);
          if (!nested.isList) {
            if (typed.kind === "const" && decl.init && this.#isPlain(decl.init, nested))
              this.#plain.add(decl.target);
            // What `ctx` is asked for is answered by the runner, which writes nothing.
            const bound = this.#isCtx(decl.init) ? "parameter" : "other";
            declareAll(nested, decl.target, origin, decl.init?.type === "Arrow" ? decl.init : bound);
          } else {
            for (const name of patternNames(decl.target)) this.#alias(only(name), origin, out, !origin.fresh);
          }
        }
        return;
      case "Block":
      case "If":
      case "While":
      case "DoWhile":
      case "Switch":
      case "Try":
      case "For":
        this.#children(typed, nested.inner(), out);
        return;
      case "ForOf": {
        const inner = nested.inner();
        this.#visit(typed.of, inner, out);
        const origin = held(this.origin(typed.of, inner));
        for (const name of patternNames(typed.target)) {
          if (typed.kind) inner.declare(name, origin, typed.target, "other");
          else if (!nested.assign(name, origin)) {
            out.writes.add(name);
            this.#alias(only(name), origin, out, true);
          }
        }
        if (!typed.kind)
          for (const member of membersOf(typed.target)) this.#target(member, origin, inner, out);
        if (typed.target.type !== "Name") this.#visit(typed.target, inner, out);
        this.#visit(typed.body, inner, out);
        return;
      }
      case "Arrow":
      case "Func": {
        const inner = nested.inner();
        for (const param of typed.params) declareAll(inner, param, NOTHING, "parameter");
        if (typed.rest) declareAll(inner, typed.rest, NOTHING, "parameter");
        const { returns: _, ...inside } = out;
        if (typed.type === "Arrow") this.#visit(typed.params, inner, inside);
        this.#visit(typed.body, inner, inside);
        return;
      }
      case "Return":
        this.#visit(typed.value, nested, out);
        out.returns?.push(this.origin(typed.value, nested));
        return;
      case "Assign": {
        this.#visit(typed.value, nested, out);
        this.#target(typed.target, this.origin(typed.value, nested), nested, out);
        if (typed.target.type === "Member")
          this.#carry(this.origin(typed.target.object, nested), typed.value, nested, out);
        else if (typed.target.type === "Name")
          this.#carry({ roots: new Set([typed.target.name]), shared: false }, typed.value, nested, out);
        return;
      }
      case "Element":
        this.#element(typed, nested, out);
        return;
      case "Update":
        this.#target(typed.target, NOTHING, nested, out);
        return;
      case "Unary":
        if (typed.op === "delete" && typed.arg.type === "Member")
          this.#write(typed.arg.object, { method: "delete", span: typed.span }, nested, out);
        this.#visit(typed.arg, nested, out);
        return;
      case "Call":
        this.#call(typed, nested, out);
        return;
      default:
        this.#children(typed, nested, out);
    }
  }

  /** An object that takes in a function may write, later, what that function writes. */
  #carry(into: Origin, value: Surface.Expr, nested: Locals, out: Effects): void {
    const inside = noEffects();
    for (const arrow of retainedArrows(value)) this.#callback(arrow, [NOTHING], nested, inside);
    for (const name of freeNames(value)) {
      const fn = this.#function({ type: "Name", name }, nested);
      if (fn) for (const written of this.summary(fn).captured) this.#captured(written, nested, inside);
    }
    for (const root of into.roots) for (const written of inside.writes) out.carries.push([root, written]);
  }

  /** A component of the source is called with its props. */
  #element(node: Surface.Element, nested: Locals, out: Effects): void {
    const name = node.tag?.type === "Name" && !nested.has(node.tag.name) ? node.tag.name : undefined;
    const tag = name === undefined ? undefined : lookup(this.env, name)?.value;
    const fn = node.tag && !isOfLibrary(tag) ? this.#function(node.tag, nested) : undefined;
    if (fn) {
      const summary = this.summary(fn);
      const how: Write = { method: "a component that changes it", span: node.span, deep: true };
      if (summary.params.size) {
        for (const prop of node.props)
          this.#write(prop.type === "Spread" ? prop.arg : prop.value, how, nested, out);
        for (const child of node.children) if (child.type !== "Spread") this.#write(child, how, nested, out);
      }
      for (const name of summary.captured) this.#captured(name, nested, out);
    }
    this.#children({ ...node, children: renderedChildren(node, tag) }, nested, out);
  }

  #children(node: object, nested: Locals, out: Effects): void {
    for (const [key, part] of Object.entries(node)) if (key !== "span") this.#visit(part, nested, out);
  }

  #target(target: Surface.Pattern, value: Origin, nested: Locals, out: Effects): void {
    if (target.type === "Member") {
      this.#visit(target.object, nested, out);
      this.#visit(target.property, nested, out);
      this.#write(target.object, { method: "assignment", span: target.span }, nested, out);
      this.#alias(this.origin(target.object, nested), value, out);
      return;
    }
    if (target.type !== "Name") this.#visit(target, nested, out);
    for (const member of membersOf(target)) this.#target(member, held(value), nested, out);
    for (const name of patternNames(target)) {
      if (nested.assign(name, value)) continue;
      out.writes.add(name);
      this.#alias(only(name), value, out, !value.fresh);
    }
  }

  #call(node: Core.Call<Surface.Extra>, nested: Locals, out: Effects): void {
    const { callee } = node;
    const args = node.args.map((x) => (x.type === "Spread" ? x.arg : x));
    const origins = args.map((x) =>
      x.type === "Arrow" || x.type === "Func" ? NOTHING : this.origin(x, nested),
    );
    const receiver = callee.type === "Member" ? this.origin(callee.object, nested) : NOTHING;
    const given = merge([receiver, ...origins]);
    const fn = this.#function(callee, nested);
    if (callee.type === "Member") {
      this.#visit(callee.object, nested, out);
      this.#visit(callee.property, nested, out);
      const name = typeof callee.property === "string" ? callee.property : "";
      // `tables.add(…)` of a table of functions is no method of a set.
      const isState = receiver.shared && !receiver.fresh && isStoreOfRun(callee.object);
      if (MUTATORS.has(name) && !fn && !isState) {
        this.#write(callee.object, { method: name, span: node.span }, nested, out);
        for (const arg of args) {
          this.#alias(receiver, this.origin(arg, nested), out);
          this.#carry(receiver, arg, nested, out);
        }
      } else if (name === "") {
        // `object[key](…)` may be any method; only what the list makes itself can be meant to change
        reach(this.#own(receiver), out);
      }
      const on = callee.object.type === "Name" ? callee.object.name : "";
      if (CHANGES_FIRST[on]?.includes(name) && args[0]) {
        const deep = node.args[0]?.type === "Spread";
        this.#write(args[0], { method: `${on}.${name}`, span: node.span, deep }, nested, out);
        for (const origin of origins.slice(1)) this.#alias(this.origin(args[0], nested), origin, out);
      }
      if (isHandedOn(callee)) for (const origin of origins) reach(origin.roots, out);
    } else this.#visit(callee, nested, out);
    if (fn) {
      const summary = this.summary(fn);
      const how = { method: "a helper that changes it", span: node.span };
      const firstSpread = node.args.findIndex((x) => x.type === "Spread");
      const certain = firstSpread < 0 ? node.args.length : firstSpread;
      for (const n of summary.params) {
        const to = summary.restFrom === n ? Math.max(args.length, n + 1) : n + 1;
        for (let at = n; at < to; at++) {
          const arg = args[at];
          if (arg && at < certain) this.#write(arg, { ...how, deep: summary.deep.has(n) }, nested, out);
          else if (firstSpread >= 0 || !isOwnDefault(fn.params[at])) reach(given.roots, out);
        }
      }
      for (const name of summary.captured) this.#captured(name, nested, out);
      for (const { method } of summary.shared) out.shared.push({ method, span: node.span });
      for (const a of origins) for (const b of origins) this.#alias(a, b, out, true);
    } else if (!this.#isCertain && this.#unread(callee, nested)) {
      for (const origin of origins) reach(this.#own(origin), out);
    }
    for (const arg of args) {
      const passed = arg.type === "Name" ? this.#function(arg, nested) : undefined;
      if (passed) {
        const summary = this.summary(passed);
        if (summary.params.size) reach(given.roots, out);
        for (const name of summary.captured) this.#captured(name, nested, out);
      }
      if (!this.#isCertain && this.#mayBeCalled(callee, fn !== undefined, arg, nested))
        reach(this.#own(given), out);
      if (arg.type === "Arrow")
        this.#callback(arg, this.#given(callee, receiver, origins, given), nested, out);
      else this.#visit(arg, nested, out);
    }
  }

  /** A function that comes out of a local object or pattern: it may write whatever it is given. */
  #unread(callee: Surface.Expr, nested: Locals, isPassed = false): boolean {
    const parts = alternatives(callee);
    if (parts)
      return parts.some((part) => this.#function(part, nested) || this.#unread(part, nested, isPassed));
    const unknown = (name: string): boolean => {
      const bound = nested.bound(name);
      return bound ? bound === "other" : this.origins.get(name)?.shared === false;
    };
    if (callee.type === "Name") return unknown(callee.name);
    if (callee.type === "Call" || callee.type === "Arrow") return callee.type === "Call";
    if (callee.type !== "Member") return false;
    const name = typeof callee.property === "string" ? callee.property : "";
    const own = callee.object.type === "Name" && this.tables.has(callee.object.name);
    if (isBuiltinMethod(name) && !isPassed && !own) return false;
    let at: Surface.Expr = callee;
    while (at.type === "Member" || at.type === "Chain") at = at.type === "Member" ? at.object : at.expr;
    return at.type === "Name" ? unknown(at.name) : at.type === "Call";
  }

  /** A function that comes out of an object is handed to something that calls it: `lists.forEach(ops.add)`. */
  #mayBeCalled(callee: Surface.Expr, known: boolean, arg: Surface.Expr, nested: Locals): boolean {
    if (arg.type !== "Member" && arg.type !== "Call" && !alternatives(arg)) return false;
    if (!known && this.#takesData(callee, nested)) return false;
    const name = callee.type === "Member" && typeof callee.property === "string" ? callee.property : "";
    const calls = known || ITERATORS.has(name) || name === "reduce" || !isBuiltinMethod(name);
    return calls && this.#unread(arg, nested, true) && this.#holdsFunctions(arg, nested);
  }

  #holdsFunctions(node: Surface.Expr, nested: Locals): boolean {
    for (const name of freeNames(node)) {
      if (nested.has(name) ? !this.#isGiven(name, nested) : this.functionHolders.has(name)) return true;
    }
    return false;
  }

  /** Whether a nested name stands for a parameter or for what was only taken out of some: functions in it are the caller's. */
  #isGiven(name: string, nested: Locals): boolean {
    return nested.bound(name) === "parameter" || this.#plain.has(nested.at(name) ?? name);
  }

  /** `String(x)`, `Math.max(…)`: what they are given they never call. */
  #takesData(callee: Surface.Expr, nested: Locals): boolean {
    if (this.#isNative(callee, nested)) return true;
    if (callee.type === "Name") return this.#isDataGlobal(callee.name, nested);
    if (callee.type !== "Member" || callee.object.type !== "Name") return false;
    const { name } = callee.object;
    return (name === "Math" || name === "Number") && !this.#isBound(name, nested);
  }

  /** `join(…)`, `path.join(…)`, `readFileSync(…)` of Node. */
  #isNative(callee: Surface.Expr, nested: Locals): boolean {
    const root = callee.type === "Member" ? callee.object : callee;
    if (root.type !== "Name" || nested.has(root.name) || this.origins.has(root.name)) return false;
    const found = lookup(this.env, root.name)?.value;
    const key = callee.type === "Member" && typeof callee.property === "string" ? callee.property : undefined;
    const fn =
      found?.type === "Namespace" && key !== undefined && !found.tables
        ? found.member(key, callee.span ?? { file: 0, start: 0, end: 0 })
        : found;
    return fn?.type === "Native" && fn.text !== undefined;
  }

  #isDataGlobal(name: string, nested: Locals): boolean {
    return DATA_GLOBALS.has(name) && !this.#isBound(name, nested);
  }

  #isCtx(init: Surface.Expr | undefined): boolean {
    if (init?.type !== "Call" || init.callee.type !== "Name") return false;
    const found = lookup(this.env, init.callee.name)?.value;
    return found ? found.type === "Native" && found.name === "useCtx" : init.callee.name === "useCtx";
  }

  #isBound(name: string, nested: Locals): boolean {
    return nested.has(name) || this.origins.has(name) || lookup(this.env, name) !== undefined;
  }

  /** Whether an expression makes no function and takes none but out of parameters. */
  #isPlain(node: Surface.Expr, nested: Locals): boolean {
    const isGlobal = (name: string) => this.#isDataGlobal(name, nested);
    const called = (callee: Surface.Expr): boolean => {
      if (callee.type === "Member")
        return isBuiltinMethod(String(callee.property)) || isNamed(callee.object, isGlobal);
      const fn = this.#function(callee, nested);
      return fn ? !this.makesClosures(fn) : isNamed(callee, isGlobal);
    };
    const functions = new Set<unknown>();
    const makes = (part: unknown): boolean => {
      if (typeof part !== "object" || part === null) return false;
      if (Array.isArray(part)) return part.some(makes);
      const typed = part as Surface.Expr;
      if (typed.type === "Arrow" || typed.type === "Func" || typed.type === "New") return true;
      if (typed.type === "Name") return this.#function(typed, nested) !== undefined;
      if (typed.type === "Call") {
        if (!called(typed.callee)) return true;
        if (typed.callee.type === "Name") functions.add(typed.callee.name);
        return makes(typed.args) || (typed.callee.type === "Member" && makes(typed.callee.object));
      }
      return Object.entries(typed).some(([key, inner]) => key !== "span" && makes(inner));
    };
    return (
      !makes(node) &&
      [...freeNames(node)].every(
        (name) => isGlobal(name) || functions.has(name) || this.#isGiven(name, nested),
      )
    );
  }

  /** Whether what a function gives may hold functions that it made. */
  makesClosures(arrow: Core.Arrow<Surface.Extra>, seen: Set<unknown> = new Set()): boolean {
    if (seen.has(arrow)) return false;
    seen.add(arrow);
    const inside = (node: unknown): boolean => {
      if (typeof node !== "object" || node === null) return false;
      if (Array.isArray(node)) return node.some(inside);
      const typed = node as Surface.Expr;
      if (typed.type === "Arrow" || typed.type === "Func") return true;
      if (typed.type === "Call") {
        const { callee } = typed;
        const builtin = callee.type === "Member" && isBuiltinMethod(String(callee.property));
        const fn = callee.type === "Name" ? this.#function(callee, this.#list()) : undefined;
        if (fn ? this.makesClosures(fn, seen) : callee.type === "Name" && lookup(this.env, callee.name))
          return true;
        // a callback of a list is called, not kept; what it gives may be
        return (
          typed.args.some((x) => (builtin && x.type === "Arrow" ? inside(x.body) : inside(x))) ||
          inside(callee)
        );
      }
      return Object.entries(typed).some(([key, part]) => key !== "span" && inside(part));
    };
    return inside(arrow.body) || arrow.params.some(inside);
  }

  /** The function of the source that is called by a name or as a member of a constant. */
  callee(node: Surface.Expr): Core.Arrow<Surface.Extra> | undefined {
    return this.#function(node, this.#list());
  }

  /** What a callback is called with, parameter by parameter; the last goes for all others. */
  #given(callee: Surface.Expr, receiver: Origin, args: readonly Origin[], all: Origin): readonly Origin[] {
    const name = callee.type === "Member" && typeof callee.property === "string" ? callee.property : "";
    const item = held(receiver);
    if (name === "reduce" || name === "reduceRight")
      return [args.length > 1 ? (args[1] ?? NOTHING) : item, item, NOTHING, receiver];
    if (name === "sort" || name === "toSorted") return [item];
    if (ITERATORS.has(name)) return [item, NOTHING, receiver];
    return [held(all)];
  }

  #callback(arrow: Core.Arrow<Surface.Extra>, given: readonly Origin[], nested: Locals, out: Effects): void {
    const inner = nested.inner();
    arrow.params.forEach((param, n) => {
      declareAll(inner, param, given[n] ?? given.at(-1) ?? NOTHING, "parameter");
    });
    if (arrow.rest) declareAll(inner, arrow.rest, given.at(-1) ?? NOTHING, "parameter");
    const { returns: _, ...inside } = out;
    this.#visit(arrow.params, inner, inside);
    this.#visit(arrow.body, inner, inside);
  }

  #captured(name: string, nested: Locals, out: Effects): void {
    const inner = nested.get(name);
    if (inner) reach(inner.roots, out);
    else out.writes.add(name);
  }

  /** Of what an expression reaches, what the list or the function makes itself: only that can be meant to change. */
  #own(origin: Origin): string[] {
    return [...origin.roots].filter((root) => this.origins.has(root) || root.startsWith("#"));
  }
}
