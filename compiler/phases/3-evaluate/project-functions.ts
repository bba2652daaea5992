/**
 * All functions of a project by what they can be called through: a key, or nothing that the source says. What a call
 * that can't be told may run is one of them; everything else belongs to the language or to packages, and those change
 * nothing that they are given.
 */
import type * as Core from "../../../plan/core/ast.ts";
import type * as Surface from "../../surface.ts";
import type { SourceModule } from "../../surface.ts";
import type { Definitions } from "./definitions.ts";
import { ITERATORS } from "./methods.ts";

type Arrow = Core.Arrow<Surface.Extra>;

export interface ProjectFunction {
  readonly module: SourceModule;
  readonly arrow: Arrow;
  /** What it is called in a message. */
  readonly name: string | undefined;
  /** The part of a class that it is: its first parameter is `this`. */
  readonly of?: Surface.ClassPart;
}

/** Where a function stands. */
type Place =
  /** It may be kept, handed on and called by anybody. */
  | "value"
  /** What it is written in calls it, and keeps it not. */
  | "called"
  /** A package has it: a tool, a handler of an option. */
  | "given"
  /** In an element: called while rendering. */
  | "rendered";

interface At {
  readonly place: Place;
  readonly key?: string;
}

/** Stands for a key: functions that schemas call when they are asked to parse. */
export const OF_SCHEMAS = "#schemas";

const VALUE: At = { place: "value" };

/** Methods that call what they are given and keep it not, beside those that iterate. */
const CALLING: ReadonlySet<string> = new Set(["reduce", "reduceRight", "replace", "replaceAll"]);

export class ProjectFunctions {
  readonly constructors: ProjectFunction[] = [];
  /** Keys under which something is put later on. */
  readonly assigned = new Set<string>();
  readonly #definitions: Definitions;
  readonly #byKey = new Map<string, Set<ProjectFunction>>();
  /** Those under keys, without what packages were given. */
  readonly #all = new Set<ProjectFunction>();
  readonly #nameless = new Set<ProjectFunction>();
  readonly #arrow: (func: Surface.Func) => Arrow;
  /** Functions that are declared under a name, and names that are used otherwise than to call them. */
  readonly #lists = new Map<string, readonly ProjectFunction[]>();
  readonly #named = new Map<string, ProjectFunction[]>();
  readonly #taken = new Set<string>();
  /** Key of an object → names whose value stands there. */
  readonly #aliases = new Map<string, Set<string>>();

  constructor(
    modules: readonly SourceModule[],
    definitions: Definitions,
    arrow: (func: Surface.Func) => Arrow,
  ) {
    this.#arrow = arrow;
    this.#definitions = definitions;
    for (const module of modules) this.#visit(module.body, VALUE, module);
    this.#followNames(modules);
  }

  /** Those that stand under a key. */
  under(key: string): readonly ProjectFunction[] {
    return this.#list(key, () => this.#byKey.get(key) ?? []);
  }

  /** Those that are called by no key: items of lists and maps, what functions give. */
  get nameless(): readonly ProjectFunction[] {
    return this.#list("*nameless*", () => this.#nameless);
  }

  /** Those that a name may stand for whose value nothing says. */
  get all(): readonly ProjectFunction[] {
    return this.#list("*all*", () => new Set([...this.#nameless, ...this.#all]));
  }

  /** One list for each question: it stands for what may follow from it. */
  #list(key: string, make: () => Iterable<ProjectFunction>): readonly ProjectFunction[] {
    const known = this.#lists.get(key) ?? [...make()];
    this.#lists.set(key, known);
    return known;
  }

  #followNames(modules: readonly SourceModule[]): void {
    for (let size = -1; size !== this.#taken.size; ) {
      size = this.#taken.size;
      for (const module of modules) {
        for (const { names } of module.imports)
          for (const { local, imported } of names) if (this.#taken.has(local)) this.#taken.add(imported);
        for (const [name, entry] of module.exports)
          if (this.#taken.has(name)) this.#taken.add("local" in entry ? entry.local : entry.name);
      }
    }
    for (const name of this.#taken) for (const fn of this.#named.get(name) ?? []) this.#nameless.add(fn);
    for (const [key, names] of this.#aliases)
      for (const name of names) for (const fn of this.#named.get(name) ?? []) this.#put(key, fn);
  }

  #put(key: string, fn: ProjectFunction, isOurs = true): void {
    if (isOurs) this.#all.add(fn);
    const known = this.#byKey.get(key) ?? new Set();
    this.#byKey.set(key, known.add(fn));
  }

  #register(fn: ProjectFunction, { place, key }: At): void {
    if (key !== undefined) this.#put(key, fn, place === "value");
    else if (place === "value") this.#nameless.add(fn);
  }

  #visit(node: unknown, at: At, module: SourceModule): void {
    if (typeof node !== "object" || node === null) return;
    const all = (part: unknown, where: At = VALUE): void => this.#visit(part, where, module);
    if (Array.isArray(node)) {
      for (const item of node) all(item, at);
      return;
    }
    const typed = node as Surface.Expr | Surface.Stmt;
    const held: At = { place: at.place };
    switch (typed.type) {
      case "Arrow":
      case "Func": {
        const arrow = typed.type === "Func" ? this.#arrow(typed) : typed;
        this.#register({ module, arrow, name: at.key === OF_SCHEMAS ? undefined : at.key }, at);
        all([typed.params, typed.rest, typed.body]);
        return;
      }
      case "Declare":
        for (const { target, init } of typed.decls) {
          if (target.type !== "Name") all(target);
          if (target.type === "Name" && (init?.type === "Arrow" || init?.type === "Func"))
            this.#name(target.name, init, module);
          else all(init);
        }
        return;
      case "Assign":
        if (typed.target.type === "Name") {
          if (typed.value.type === "Arrow" || typed.value.type === "Func")
            this.#name(typed.target.name, typed.value, module);
          all(typed.value);
        } else if (typed.target.type === "Member" && typeof typed.target.property === "string") {
          this.assigned.add(typed.target.property);
          this.#under(typed.target.property, typed.value, VALUE, module);
          all(typed.target.object);
        } else all([typed.target, typed.value]);
        return;
      case "Object":
        for (const prop of typed.props) {
          if (prop.type === "Spread") all(prop.arg, held);
          else if (typeof prop.key === "string") this.#under(prop.key, prop.value, at, module);
          else {
            all(prop.key);
            all(prop.value, held);
          }
        }
        return;
      case "Array":
      case "Conditional":
      case "Logical":
        for (const [key, part] of Object.entries(typed)) if (key !== "span") all(part, held);
        return;
      case "Call":
      case "New":
      case "Construct":
        this.#call(typed, at, module);
        return;
      case "Element":
        for (const prop of typed.props)
          all(prop.type === "Spread" ? prop.arg : prop.value, { place: "rendered" });
        all(typed.children, { place: "rendered" });
        return;
      case "Name":
        if (at.place === "value") this.#taken.add(typed.name);
        return;
      case "Member":
        if (typeof typed.property === "string" && at.place === "value") this.#taken.add(typed.property);
        else all(typed.property);
        all(typed.object);
        return;
      case "Class":
        this.#class(typed, module);
        return;
      case "Foreign":
        if (typed.getter) all([typed.getter.params, typed.getter.body]);
        all(typed.parts);
        return;
      default:
        for (const [key, part] of Object.entries(typed)) if (key !== "span") all(part);
    }
  }

  #name(name: string, fn: Arrow | Surface.Func, module: SourceModule): void {
    const arrow = fn.type === "Func" ? this.#arrow(fn) : fn;
    this.#named.set(name, [...(this.#named.get(name) ?? []), { module, arrow, name }]);
    this.#visit([fn.params, fn.rest, fn.body], VALUE, module);
  }

  #under(key: string, value: Surface.Expr, { place }: At, module: SourceModule): void {
    if (value.type === "Name") this.#aliases.set(key, (this.#aliases.get(key) ?? new Set()).add(value.name));
    this.#visit(value, { place, key }, module);
  }

  #call(
    node: Core.Call<Surface.Extra> | Core.New<Surface.Extra> | Surface.Construct,
    at: At,
    module: SourceModule,
  ): void {
    const { callee } = node;
    if (callee.type === "Member") {
      this.#visit(
        [callee.object, typeof callee.property === "string" ? null : callee.property],
        VALUE,
        module,
      );
    } else if (callee.type === "Arrow" || callee.type === "Func")
      this.#visit(callee, { place: "called" }, module);
    else if (callee.type !== "Name") this.#visit(callee, VALUE, module);
    const key = callee.type === "Member" ? String(callee.property) : "";
    const outside = this.#definitions.outside(callee, { module });
    for (const arg of node.args) {
      const isFunction = arg.type === "Arrow" || arg.type === "Func";
      // The workflow's own function: it runs once everything is loaded.
      if (isFunction && outside === "library") continue;
      const isCalled = isFunction && (ITERATORS.has(key) || CALLING.has(key) || outside !== null);
      const isGiven = outside !== null && outside !== "language";
      if (isFunction && outside === "zod") {
        this.#visit(arg, { place: "given", key: OF_SCHEMAS }, module);
        continue;
      }
      const place = isCalled ? "called" : isGiven ? "given" : at.place === "rendered" ? "rendered" : "value";
      this.#visit(arg, { place }, module);
    }
  }

  #class(node: Surface.Class, module: SourceModule): void {
    if (node.extends && node.extends.type !== "Name") this.#visit(node.extends, VALUE, module);
    const code = node.code();
    if (!code) return;
    this.#visit(code.evaluated, VALUE, module);
    for (const part of code.parts) {
      const { kind, key, run } = part;
      const fn: ProjectFunction = {
        module,
        arrow: run,
        name: [node.name, typeof key === "string" && key !== "" ? key : undefined].filter(Boolean).join("."),
        of: part,
      };
      if (kind === "constructor") this.constructors.push(fn);
      else if (kind === "method") {
        if (typeof key === "string") this.#put(key, fn);
        else this.#nameless.add(fn);
      }
      if (kind === "field" && typeof key === "string" && run.body.type !== "Block")
        this.#under(key, run.body, VALUE, module);
      else this.#visit([run.params, run.rest, run.body], VALUE, module);
    }
  }
}
