/**
 * What may run while a statement of a module's top level runs: functions of the project, followed through calls. A call
 * that can't be told may run every function of the project that can be called in that way.
 */
import type * as Core from "../../../plan/core/ast.ts";
import type * as Surface from "../../surface.ts";
import type { SourceModule } from "../../surface.ts";
import { type Definitions, type LocalNames, localNames, type Where } from "./definitions.ts";
import { FRESH, ITERATORS, isBuiltinMethod, MUTATORS } from "./methods.ts";
import { mentionedNames } from "./names.ts";
import { OF_SCHEMAS, type ProjectFunction, type ProjectFunctions } from "./project-functions.ts";
import { patternNames } from "./shape.ts";
import type { SyntaxEnvironments } from "./syntax-environment.ts";
import { type Closure, lookup, moduleOf } from "./value.ts";

type AnyCall = Core.Call<Surface.Extra> | Core.New<Surface.Extra> | Surface.Construct;

/** Where code stands: in a function that runs, or in the statement. */
interface At extends Where {
  readonly locals: LocalNames;
  readonly body: unknown;
}

export interface Loading {
  /** Functions that may run, though no name that is called says so. */
  readonly perhaps: readonly ProjectFunction[];
  /** Names of files that those may be given, or reach by what they are called on. */
  readonly given: ReadonlyMap<SourceModule, ReadonlySet<string>>;
  /** What those methods are called on that are only called on names of the file. */
  readonly receivers: ReadonlyMap<ProjectFunction, ReadonlySet<string>>;
  /** Names that host code uses which no phase reads. */
  readonly unread: ReadonlyMap<string, Surface.Foreign | Surface.Class>;
}

/** Host code that may do anything with the names it uses. */
const UNREAD: ReadonlySet<string> = new Set([
  "a namespace",
  "a label",
  "`using`",
  "`for await`",
  "a statement of the host language",
  "an object literal that sets `__proto__`",
  "a getter or setter",
]);

/** Keys whose functions the language calls by itself. */
const HIDDEN: ReadonlySet<string> = new Set(["valueOf", "toString", "toJSON", "then"]);

/** Functions of the language that call what they are given, and hand it more than its own. */
const CALLS: ReadonlySet<string> = new Set(["from", "fromAsync", "apply", "construct", "groupBy"]);

/** Those that make getters of what they are given. */
const DEFINES: ReadonlySet<string> = new Set(["defineProperty", "defineProperties", "create"]);

export function loadingOf(stmt: Surface.Stmt, module: SourceModule, syntax: SyntaxEnvironments): Loading {
  const walk = new Walk(syntax, module);
  walk.start(stmt);
  return walk;
}

/** `again`: those that are run by what may run, too. */
export type Expansion = Loading & { readonly again: ReadonlySet<unknown> };

class Walk implements Loading {
  readonly again = new Set<unknown>();
  readonly #perhaps = new Map<unknown, ProjectFunction>();
  readonly given = new Map<SourceModule, Set<string>>();
  readonly receivers = new Map<ProjectFunction, Set<string>>();
  readonly unread = new Map<string, Surface.Foreign | Surface.Class>();
  readonly #syntax: SyntaxEnvironments;
  readonly #home: SourceModule;
  readonly #run = new Set<unknown>();
  readonly #classes = new Set<unknown>();
  readonly #mentioned = new Set<unknown>();
  #statement: Surface.Stmt | null = null;

  constructor(syntax: SyntaxEnvironments, home: SourceModule) {
    this.#syntax = syntax;
    this.#home = home;
  }

  get perhaps(): readonly ProjectFunction[] {
    return [...this.#perhaps.values()];
  }

  get #functions(): ProjectFunctions {
    return this.#syntax.functions;
  }

  get #definitions(): Definitions {
    return this.#syntax.definitions;
  }

  start(stmt: Surface.Stmt): void {
    this.#statement = stmt;
    this.#visit(stmt, { module: this.#home, locals: localNames(stmt), body: stmt });
  }

  #visit(node: unknown, at: At): void {
    if (typeof node !== "object" || node === null) return;
    if (Array.isArray(node)) {
      for (const item of node) this.#visit(item, at);
      return;
    }
    const typed = node as Surface.Expr | Surface.Stmt;
    switch (typed.type) {
      case "Arrow":
      case "Func":
        return;
      case "Class":
        this.#defined(typed, at);
        return;
      case "Object":
        for (const prop of typed.props) if (prop.type !== "Spread") this.#property(prop, at);
        break;
      case "Foreign":
        if (typed.getter) return;
        if (UNREAD.has(typed.what)) for (const name of typed.free) this.unread.set(name, typed);
        this.#visit(typed.parts, at);
        return;
      case "Call":
      case "New":
      case "Construct":
        this.#call(typed, at);
        return;
      default:
    }
    for (const [key, part] of Object.entries(typed)) if (key !== "span") this.#visit(part, at);
  }

  /** A getter, `valueOf` and their like run where nothing shows it: from the moment on at which they are there. */
  #property({ key, value }: Core.Property<Surface.Extra>, at: At): void {
    const isHidden = typeof key === "string" ? HIDDEN.has(key) : isSymbol(key);
    const name = typeof key === "string" ? key : undefined;
    if (value.type === "Foreign" && value.getter)
      this.#may({ module: at.module, arrow: value.getter, name }, at, at.locals);
    else if (isHidden && (value.type === "Arrow" || value.type === "Func"))
      this.#may({ module: at.module, arrow: this.#syntax.arrow(value), name }, at, at.locals);
  }

  /** A class where it stands: what is evaluated once. */
  #defined(node: Surface.Class, at: At): void {
    if (node.extends) this.#visit(node.extends, at);
    const code = node.code();
    if (!code) {
      for (const name of node.free) this.unread.set(name, node);
      return;
    }
    this.#visit(code.evaluated, at);
    for (const part of code.parts)
      if (part.isStatic && (part.kind !== "method" || HIDDEN.has(String(part.key))))
        this.#part(part, node, at);
    // A decorator is called with the class, and what it gives is called as well.
    for (const call of code.evaluated) {
      if (call.type !== "Call") continue;
      this.#handed([call.callee], at, false);
      if (call.callee.type === "Call") this.#unknown(this.#functions.nameless, call.callee, at);
    }
  }

  #part(part: Surface.ClassPart, node: Surface.Class, at: At): void {
    const name = [node.name, typeof part.key === "string" && part.key !== "" ? part.key : undefined]
      .filter((x) => x !== undefined)
      .join(".");
    this.#may({ module: at.module, arrow: part.run, name: name || undefined, of: part }, at, at.locals);
  }

  /** `new C(…)`: the constructor, the fields, and what the language may call of the instance. */
  #made(node: Surface.Class, at: At): void {
    if (this.#classes.has(node)) return;
    this.#classes.add(node);
    for (const part of node.code()?.parts ?? []) {
      if (part.isStatic) continue;
      const isHidden = typeof part.key === "string" ? HIDDEN.has(part.key) : isSymbol(part.key);
      if (part.kind !== "method" || isHidden) this.#part(part, node, at);
      // What it keeps is what methods that nothing shows are called on.
      if (part.kind === "field" || part.kind === "constructor") this.#mention(at.module, part.run);
    }
    if (node.extends) this.#construct(node.extends, at);
  }

  #construct(callee: Surface.Expr, at: At): void {
    if (callee.type === "Class") {
      this.#made(callee, at);
      return;
    }
    if (this.#definitions.outside(callee, at)) return;
    const found = callee.type === "Name" ? this.#definitions.of(callee.name, at) : null;
    if (found?.type === "value" && !found.isPart && found.init.type === "Class") {
      this.#made(found.init, { ...at, module: found.module, locals: this.#localsOf(found.module, at) });
      return;
    }
    if (found?.type === "value" && (found.init.type === "Arrow" || found.init.type === "Func"))
      this.#handed([callee], at, false);
    this.#unknown(this.#functions.constructors, callee, at);
    this.#unknown(this.#functions.nameless, callee, at);
  }

  #call(node: AnyCall, at: At): void {
    const { callee } = node;
    const args = node.args.map((arg) => (arg.type === "Spread" ? arg.arg : arg));
    if (callee.type === "Member") this.#visit([callee.object, callee.property], at);
    else this.#visit(callee, at);
    this.#visit(args, at);
    const from = this.#definitions.outside(callee, at);
    if (from === "library") return;
    if (from === "zod") {
      if (callee.type === "Member" && PARSES.test(String(callee.property)))
        this.#unknown(this.#functions.under(OF_SCHEMAS), callee.object, at);
      return;
    }
    if (node.type !== "Call") {
      this.#construct(callee, at);
      if (from) this.#handed(args, at, true);
      // The functions of what stands behind a proxy are called by the language.
      if (isNamed(callee, "Proxy")) for (const arg of args) this.#handlers(arg, at);
      return;
    }
    this.#target(callee, args, at, from !== null);
  }

  #target(callee: Surface.Expr, args: readonly Surface.Expr[], at: At, isOutside: boolean): void {
    switch (callee.type) {
      case "Arrow":
      case "Func":
        this.#enter(this.#syntax.arrow(callee), at.module, at.locals);
        this.#handed(args, at, false);
        return;
      case "Chain":
        this.#target(callee.expr, args, at, isOutside);
        return;
      case "Conditional":
        for (const part of [callee.then, callee.else]) this.#target(part, args, at, isOutside);
        return;
      case "Logical":
        for (const part of [callee.left, callee.right]) this.#target(part, args, at, isOutside);
        return;
      case "Comma":
        for (const part of callee.exprs.slice(-1)) this.#target(part, args, at, isOutside);
        return;
      case "Member":
        this.#method(callee, args, at, isOutside);
        return;
      case "Name": {
        if (callee.name === "super") {
          this.#unknown(this.#functions.constructors, callee, at);
          return;
        }
        const found = this.#definitions.of(callee.name, at);
        const init = found.type === "value" && !found.isPart ? found.init : null;
        if (init && (init.type === "Arrow" || init.type === "Func")) {
          const { module, isConst } = found as { module: SourceModule; isConst: boolean };
          this.#enter(this.#syntax.arrow(init), module, this.#localsOf(module, at));
          this.#handed(args, at, false);
          if (isConst) return;
        } else if (isOutside) {
          this.#handed(args, at, true);
          return;
        }
        this.#unknown(this.#functions.all, callee, at);
        return;
      }
      default:
        if (isOutside) this.#handed(args, at, true);
        else this.#unknown(this.#functions.all, callee, at);
    }
  }

  #method(
    { object, property }: Core.Member<Surface.Extra>,
    args: readonly Surface.Expr[],
    at: At,
    isOutside: boolean,
  ): void {
    if (typeof property !== "string") {
      if (!isOutside) this.#unknown(this.#functions.all, object, at);
      return;
    }
    if (property === "call" || property === "apply" || property === "bind") {
      if (!isOutside) this.#target(object, args, at, false);
      return;
    }
    this.#handed(args, at, isOutside);
    if (isOutside) {
      if (DEFINES.has(property)) for (const arg of args) this.#handlers(arg, at);
      if (CALLS.has(property) && args.some((arg) => this.#isFunctionOfSome(arg, at)))
        this.#unknown(this.#functions.all, OF_PACKAGE, at);
      return;
    }
    const known = this.#memberOf(object, property, at);
    if (known) {
      this.#enter(known.arrow, moduleOf(known.env) ?? at.module, NONE);
      return;
    }
    if (isBuiltinMethod(property)) {
      if (
        (ITERATORS.has(property) || property === "reduce") &&
        args[0] &&
        this.#isFunctionOfSome(args[0], at)
      )
        this.#unknown(this.#functions.all, object, at);
      if (this.#isOfLanguage(object, at)) return;
      this.#unknown(this.#functions.under(property), object, at);
      return;
    }
    this.#unknown(this.#functions.under(property), object, at);
    this.#unknown(this.#functions.nameless, object, at);
  }

  /** The function of a table that is written as one. */
  #memberOf(object: Surface.Expr, property: string, { module, locals }: At): Closure | undefined {
    if (object.type !== "Name" || (locals.has(object.name) && !this.#definitions.isTop(object.name, module)))
      return undefined;
    const table = lookup(this.#syntax.of(module), object.name)?.value;
    const member = table?.type === "Object" ? table.props.get(property) : undefined;
    return member?.type === "Closure" && !this.#functions.assigned.has(property) ? member : undefined;
  }

  /** A list, a text, a Map: its methods are the language's own. */
  #isOfLanguage(node: Surface.Expr, at: At, depth = 0): boolean {
    if (depth > 20) return false;
    const of = (part: Surface.Expr, where = at): boolean => this.#isOfLanguage(part, where, depth + 1);
    switch (node.type) {
      case "Array":
      case "Template":
      case "Literal":
      case "Regex":
      case "Binary":
        return true;
      case "Chain":
        return of(node.expr);
      case "Conditional":
        return of(node.then) && of(node.else);
      case "Logical":
        return of(node.left) && of(node.right);
      case "New":
        return LANGUAGE.has(node.callee.name) && this.#isGlobal(node.callee.name, at);
      case "Call": {
        if (node.callee.type !== "Member" || typeof node.callee.property !== "string") return false;
        const { object, property } = node.callee;
        if (object.type === "Name" && LANGUAGE.has(object.name) && this.#isGlobal(object.name, at))
          return true;
        return (FRESH.has(property) || MUTATORS.has(property)) && of(object);
      }
      case "Name": {
        const found = this.#definitions.of(node.name, at);
        if (found.type !== "value" || found.isPart || !found.isConst) return false;
        return of(found.init, { ...at, module: found.module, locals: this.#localsOf(found.module, at) });
      }
      default:
        return false;
    }
  }

  #isGlobal(name: string, at: At): boolean {
    const found = this.#definitions.of(name, at);
    return found.type === "outside" && found.from === "language";
  }

  /** An expression that may give a function which no name says. */
  #isFunctionOfSome(node: Surface.Expr, at: At): boolean {
    if (node.type === "Member" || node.type === "Call") return this.#definitions.outside(node, at) === null;
    if (node.type === "Conditional")
      return this.#isFunctionOfSome(node.then, at) || this.#isFunctionOfSome(node.else, at);
    if (node.type === "Logical")
      return this.#isFunctionOfSome(node.left, at) || this.#isFunctionOfSome(node.right, at);
    if (node.type !== "Name") return false;
    const found = this.#definitions.of(node.name, at);
    if (found.type === "data") return true;
    return found.type === "value" && (found.isPart || this.#isFunctionOfSome(found.init, at));
  }

  /** Functions that stand among arguments may be called by whoever gets them. A package that gets nothing else calls them with its own. */
  #handed(args: readonly Surface.Expr[], at: At, isOutside: boolean): void {
    const isAlone = isOutside && args.every((arg) => ALONE.has(arg.type));
    for (const arg of args) {
      if (arg.type === "Arrow" || arg.type === "Func") {
        const own = isAlone ? arg.params.flatMap((param) => patternNames(param)) : [];
        const given = new Map(own.map((name) => [name, OF_PACKAGE] as const));
        const fn = { module: at.module, arrow: this.#syntax.arrow(arg), name: undefined };
        this.#may(fn, at, at.locals, given);
      } else if (arg.type === "Name") {
        const found = this.#definitions.of(arg.name, at);
        if (found.type !== "value" || (found.init.type !== "Arrow" && found.init.type !== "Func")) continue;
        const arrow = this.#syntax.arrow(found.init);
        this.#may({ module: found.module, arrow, name: arg.name }, at, this.#localsOf(found.module, at));
      }
    }
  }

  #handlers(node: Surface.Expr, at: At): void {
    if (node.type !== "Object") return;
    for (const prop of node.props) {
      if (prop.type === "Spread") continue;
      this.#handed([prop.value], at, false);
      this.#handlers(prop.value, at);
    }
  }

  #localsOf(module: SourceModule, at: At): LocalNames {
    return module === at.module ? at.locals : NONE;
  }

  #unknown(candidates: readonly ProjectFunction[], receiver: Surface.Expr, at: At): void {
    if (candidates.length === 0) return;
    if (!this.#statement) {
      for (const fn of candidates) this.#may(fn, at, NONE);
      return;
    }
    const isOn = receiver.type === "Name" && at.body === this.#statement && !at.locals.has(receiver.name);
    const direct = new Set(candidates);
    const found = this.#expansion(candidates);
    for (const fn of found.perhaps)
      this.#add(fn, isOn && direct.has(fn) && !found.again.has(fn.arrow) ? receiver.name : undefined);
    for (const [module, names] of found.given) {
      const known = this.given.get(module) ?? new Set();
      for (const name of names) known.add(name);
      this.given.set(module, known);
    }
    for (const [name, host] of found.unread) this.unread.set(name, host);
    this.#mention(at.module, at.body);
    this.#mention(this.#home, this.#statement);
  }

  /** All that may run once some functions do: the same for every statement that can't tell them apart. */
  #expansion(candidates: readonly ProjectFunction[]): Expansion {
    const known = this.#syntax.expansions.get(candidates);
    if (known) return known;
    const walk = new Walk(this.#syntax, this.#home);
    for (const fn of candidates) walk.#perhaps.set(fn.arrow, fn);
    for (const fn of candidates) walk.#enter(fn.arrow, fn.module, NONE);
    this.#syntax.expansions.set(candidates, walk);
    return walk;
  }

  #add(fn: ProjectFunction, on: string | undefined): void {
    const known = this.#perhaps.get(fn.arrow);
    if (!known) this.#perhaps.set(fn.arrow, fn);
    const receivers = this.receivers.get(known ?? fn);
    if (on === undefined) this.receivers.delete(known ?? fn);
    else if (!known) this.receivers.set(fn, new Set([on]));
    else receivers?.add(on);
  }

  /** `at`: what may call it. */
  #may(fn: ProjectFunction, at: At, locals: LocalNames, given: LocalNames = NONE): void {
    this.again.add(fn.arrow);
    this.#add(fn, undefined);
    this.#mention(at.module, at.body);
    this.#mention(this.#home, this.#statement);
    this.#enter(fn.arrow, fn.module, locals, given);
  }

  #enter(
    arrow: Core.Arrow<Surface.Extra>,
    module: SourceModule,
    locals: LocalNames,
    given: LocalNames = NONE,
  ): void {
    if (this.#run.has(arrow)) return;
    this.#run.add(arrow);
    const own = localNames(arrow);
    this.#visit([arrow.params, arrow.rest, arrow.body], {
      module,
      locals: new Map([...locals, ...own, ...given]),
      body: arrow,
    });
  }

  #mention(module: SourceModule, node: unknown): void {
    if (this.#mentioned.has(node)) return;
    this.#mentioned.add(node);
    const known = this.given.get(module) ?? new Set();
    for (const name of mentionedNames(node)) known.add(name);
    this.given.set(module, known);
  }
}

/** Arguments that hold nothing of the project. */
const ALONE: ReadonlySet<Surface.Expr["type"] | "Spread"> = new Set(["Arrow", "Func", "Literal", "Template"]);

/** Stands for what a package gives. */
const OF_PACKAGE: Surface.Expr = { type: "Name", name: "undefined" };

const NONE: LocalNames = new Map();

const LANGUAGE: ReadonlySet<string> = new Set([
  ...["Array", "Map", "Set", "WeakMap", "WeakSet", "Date", "RegExp", "URL", "URLSearchParams", "Error"],
  ...["Object", "JSON", "String", "Number", "Math"],
]);

/** Methods of schemas that call what the schema was given. */
const PARSES = /^(safe)?(parse|decode|encode)/i;

const isNamed = (node: Surface.Expr, name: string): boolean => node.type === "Name" && node.name === name;

/** `Symbol.iterator` and its like. */
const isSymbol = (key: Surface.Expr): boolean => key.type === "Member" && isNamed(key.object, "Symbol");
