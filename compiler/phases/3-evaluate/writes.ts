/**
 * What code may write: the names whose binding is assigned, or through which an object that is mutated can be reached.
 * Always errs towards more (COMPILER 3): a name too many makes a block bigger, a name too few makes a plan wrong.
 */
import type * as Core from "../../../plan/core/ast.ts";
import type * as Surface from "../../surface.ts";
import { ITERATORS, isBuiltinMethod, MUTATORS } from "./methods.ts";
import { membersOf, retainedArrows } from "./names.ts";
import { held, isFresh, merge, NOTHING, type Origin, originOf } from "./origin.ts";
import { patternNames } from "./shape.ts";
import { type Environment, lookup, type Value } from "./value.ts";

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

export interface Summary {
  /** Parameters whose object is written, by index. */
  readonly params: ReadonlySet<number>;
  /** Captured names that are written. */
  readonly captured: ReadonlySet<string>;
}

/** A write to an object that the run shares: rows, input, named values. */
export interface SharedWrite {
  readonly span: Core.Span | undefined;
  readonly method: string;
}

export interface Effects {
  readonly writes: Set<string>;
  readonly aliases: [string, string][];
  readonly shared: SharedWrite[];
  /** Name of an object that took in a function → what calling that function writes. */
  readonly carries: [string, string][];
}

const noEffects = (): Effects => ({ writes: new Set(), aliases: [], shared: [], carries: [] });

export class WriteAnalysis {
  readonly env: Environment;
  readonly #summaries = new Map<object, Summary>();
  /** Of functions being summarised: what is taken of them where they are met again, and which have been. */
  readonly #assumed = new Map<object, Summary>();
  readonly #met = new Set<object>();
  /** Local functions by name, and what names of the list stand for. */
  readonly functions = new Map<string, Core.Arrow<Surface.Extra>>();
  readonly origins = new Map<string, Origin>();

  constructor(env: Environment) {
    this.env = env;
  }

  effects(node: Surface.Stmt | Surface.Expr): Effects {
    const out = noEffects();
    this.#visit(node, new Map(), out);
    return out;
  }

  /** What the value of an expression can reach. */
  origin(node: Surface.Expr | null | undefined, nested: ReadonlyMap<string, Origin> = new Map()): Origin {
    return originOf(node, (name) => {
      const inner = nested.get(name) ?? this.origins.get(name);
      if (inner) return inner;
      const found = lookup(this.env, name)?.value;
      if (found?.type === "Residual") return { roots: new Set(), shared: true };
      if (found && !HOLDERS.has(found.type)) return NOTHING;
      return { roots: new Set([name]), shared: false };
    });
  }

  /** What a function writes beyond what it makes itself. Of recursive functions: the least that is consistent. */
  summary(arrow: Core.Arrow<Surface.Extra>): Summary {
    const done = this.#summaries.get(arrow);
    if (done) return done;
    const assumed = this.#assumed.get(arrow);
    if (assumed) {
      this.#met.add(arrow);
      return assumed;
    }
    let result: Summary = { params: new Set(), captured: new Set() };
    // functions that call one another this deep are taken to write all they are given
    if (this.#assumed.size > 12) return { ...result, params: new Set(arrow.params.keys()) };
    for (;;) {
      this.#assumed.set(arrow, result);
      const next = this.#summarise(arrow);
      const stable = next.params.size === result.params.size && next.captured.size === result.captured.size;
      result = next;
      if (stable || !this.#met.has(arrow)) break;
    }
    this.#assumed.delete(arrow);
    this.#met.delete(arrow);
    // what was found under an assumption about a function further out may still grow with it
    if (this.#met.size === 0) this.#summaries.set(arrow, result);
    return result;
  }

  #summarise(arrow: Core.Arrow<Surface.Extra>): Summary {
    const nested = new Map<string, Origin>([["", NOTHING]]);
    arrow.params.forEach((param, n) => {
      for (const name of patternNames(param)) nested.set(name, { roots: new Set([`#${n}`]), shared: false });
    });
    if (arrow.rest) for (const name of patternNames(arrow.rest)) nested.set(name, NOTHING);
    const out = noEffects();
    for (const param of arrow.params) this.#visit(param, nested, out);
    this.#visit(arrow.body, nested, out);
    const params = new Set<number>();
    const captured = new Set<string>();
    for (const name of out.writes) {
      if (name.startsWith("#")) params.add(Number(name.slice(1)));
      else captured.add(name);
    }
    return { params, captured };
  }

  #function(node: Surface.Expr): Core.Arrow<Surface.Extra> | undefined {
    if (node.type === "Arrow") return node;
    if (node.type === "Member" && node.object.type === "Name" && typeof node.property === "string") {
      const object = lookup(this.env, node.object.name)?.value;
      const member = object?.type === "Object" ? object.props.get(node.property) : undefined;
      return member?.type === "Closure" ? member.arrow : undefined;
    }
    if (node.type !== "Name") return undefined;
    const local = this.functions.get(node.name);
    if (local) return local;
    const found = lookup(this.env, node.name)?.value;
    return found?.type === "Closure" ? found.arrow : undefined;
  }

  #write(
    target: Surface.Expr,
    method: string,
    nested: Map<string, Origin>,
    out: Effects,
    span?: Core.Span,
  ): void {
    if (isFresh(target)) return;
    const origin = this.origin(target, nested);
    if (origin.fresh) {
      if (target.type === "Name" && !nested.has(target.name)) out.writes.add(target.name);
      return;
    }
    for (const root of origin.roots) out.writes.add(root);
    if (origin.shared) out.shared.push({ span, method });
  }

  #alias(into: Origin, from: Origin, out: Effects): void {
    for (const a of into.roots) for (const b of from.roots) if (a !== b) out.aliases.push([a, b]);
  }

  #visit(node: unknown, nested: Map<string, Origin>, out: Effects): void {
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
          const whole = this.origin(decl.init, nested);
          const origin = decl.target.type === "Name" ? whole : held(whole);
          for (const name of patternNames(decl.target)) {
            if (nested.has("")) nested.set(name, origin);
            else for (const root of origin.roots) if (root !== name) out.aliases.push([name, root]);
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
        this.#children(typed, this.#nest(nested), out);
        return;
      case "ForOf": {
        const inner = this.#nest(nested);
        this.#visit(typed.of, inner, out);
        const origin = held(this.origin(typed.of, inner));
        for (const name of patternNames(typed.target)) {
          if (typed.kind) inner.set(name, origin);
          else out.writes.add(name);
        }
        this.#visit(typed.body, inner, out);
        return;
      }
      case "Arrow":
      case "Func": {
        const inner = this.#nest(nested);
        for (const param of typed.params) for (const name of patternNames(param)) inner.set(name, NOTHING);
        if (typed.rest) for (const name of patternNames(typed.rest)) inner.set(name, NOTHING);
        this.#visit(typed.body, inner, out);
        return;
      }
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
          this.#write(typed.arg.object, "delete", nested, out, typed.span);
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
  #carry(into: Origin, value: Surface.Expr, nested: ReadonlyMap<string, Origin>, out: Effects): void {
    for (const arrow of retainedArrows(value)) {
      for (const name of this.summary(arrow).captured) {
        const inner = nested.get(name);
        for (const root of into.roots)
          for (const written of inner ? inner.roots : [name]) out.carries.push([root, written]);
      }
    }
  }

  /** A component of the source is called with its props. */
  #element(node: Surface.Element, nested: Map<string, Origin>, out: Effects): void {
    const fn = node.tag ? this.#function(node.tag) : undefined;
    if (fn) {
      const summary = this.summary(fn);
      if (summary.params.size) {
        for (const prop of node.props)
          this.#write(
            prop.type === "Spread" ? prop.arg : prop.value,
            "a component that changes it",
            nested,
            out,
            node.span,
          );
        for (const child of node.children)
          if (child.type !== "Spread")
            this.#write(child, "a component that changes it", nested, out, node.span);
      }
      for (const name of summary.captured) this.#captured(name, nested, out);
    }
    this.#children(node, nested, out);
  }

  /** Inside nested code a declaration is local to it. */
  #nest(nested: Map<string, Origin>): Map<string, Origin> {
    return new Map(nested).set("", NOTHING);
  }

  #children(node: object, nested: Map<string, Origin>, out: Effects): void {
    for (const [key, part] of Object.entries(node)) if (key !== "span") this.#visit(part, nested, out);
  }

  #target(target: Surface.Pattern, value: Origin, nested: Map<string, Origin>, out: Effects): void {
    if (target.type === "Member") {
      this.#visit(target.object, nested, out);
      this.#visit(target.property, nested, out);
      this.#write(target.object, "assignment", nested, out, target.span);
      this.#alias(this.origin(target.object, nested), value, out);
      return;
    }
    for (const member of membersOf(target)) this.#target(member, held(value), nested, out);
    for (const name of patternNames(target)) {
      const inner = nested.get(name);
      if (inner) {
        nested.set(name, merge([inner, value]));
        continue;
      }
      out.writes.add(name);
      for (const root of value.roots) if (root !== name) out.aliases.push([name, root]);
    }
  }

  #call(node: Core.Call<Surface.Extra>, nested: Map<string, Origin>, out: Effects): void {
    const { callee } = node;
    const args = node.args.map((x) => (x.type === "Spread" ? x.arg : x));
    const origins = args.map((x) =>
      x.type === "Arrow" || x.type === "Func" ? NOTHING : this.origin(x, nested),
    );
    const receiver = callee.type === "Member" ? this.origin(callee.object, nested) : NOTHING;
    const given = merge([receiver, ...origins]);
    if (callee.type === "Member") {
      this.#visit(callee.object, nested, out);
      this.#visit(callee.property, nested, out);
      const name = typeof callee.property === "string" ? callee.property : "";
      if (MUTATORS.has(name)) {
        this.#write(callee.object, name, nested, out, node.span);
        for (const arg of args) {
          this.#alias(receiver, this.origin(arg, nested), out);
          this.#carry(receiver, arg, nested, out);
        }
      } else if (name === "") {
        // `object[key](…)` may be any method; only what the list makes itself can be meant to change
        for (const root of receiver.roots) if (this.origins.has(root)) out.writes.add(root);
      }
      if (callee.object.type === "Name" && callee.object.name === "Object") {
        if (["assign", "defineProperty", "defineProperties", "setPrototypeOf"].includes(name) && args[0])
          this.#write(args[0], `Object.${name}`, nested, out, node.span);
      }
    } else this.#visit(callee, nested, out);
    const fn = this.#function(callee);
    if (fn) {
      const summary = this.summary(fn);
      for (const n of summary.params) {
        const arg = args[n];
        if (arg) this.#write(arg, "a helper that changes it", nested, out, node.span);
        else for (const root of given.roots) out.writes.add(root);
      }
      for (const name of summary.captured) this.#captured(name, nested, out);
      for (const a of origins) for (const b of origins) this.#alias(a, b, out);
    } else if (this.#unread(callee, nested)) {
      for (const origin of origins)
        for (const root of origin.roots) if (this.origins.has(root)) out.writes.add(root);
    }
    for (const arg of args) {
      const passed = arg.type === "Name" ? this.#function(arg) : undefined;
      if (passed) {
        const summary = this.summary(passed);
        if (summary.params.size) for (const root of given.roots) out.writes.add(root);
        for (const name of summary.captured) this.#captured(name, nested, out);
      }
      if (arg.type === "Arrow")
        this.#callback(arg, this.#given(callee, receiver, origins, given), nested, out);
      else this.#visit(arg, nested, out);
    }
  }

  /** A function that comes out of a local object or pattern: it may write whatever it is given. */
  #unread(callee: Surface.Expr, nested: ReadonlyMap<string, Origin>): boolean {
    if (callee.type === "Name")
      return !nested.has(callee.name) && this.origins.get(callee.name)?.shared === false;
    if (callee.type !== "Member" || callee.object.type !== "Name") return false;
    const name = typeof callee.property === "string" ? callee.property : "";
    if (isBuiltinMethod(name)) return false;
    return this.origins.get(callee.object.name)?.shared === false;
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

  #callback(
    arrow: Core.Arrow<Surface.Extra>,
    given: readonly Origin[],
    nested: ReadonlyMap<string, Origin>,
    out: Effects,
  ): void {
    const inner = new Map(nested).set("", NOTHING);
    arrow.params.forEach((param, n) => {
      for (const name of patternNames(param)) inner.set(name, given[n] ?? given.at(-1) ?? NOTHING);
    });
    if (arrow.rest) for (const name of patternNames(arrow.rest)) inner.set(name, given.at(-1) ?? NOTHING);
    this.#visit(arrow.body, inner, out);
  }

  #captured(name: string, nested: Map<string, Origin>, out: Effects): void {
    const inner = nested.get(name);
    if (inner) for (const root of inner.roots) out.writes.add(root);
    else out.writes.add(name);
  }
}
