/** What names of the source are defined as, through imports, by the syntax alone. */
import type * as Surface from "../../surface.ts";
import type { SourceModule } from "../../surface.ts";
import { patternNames } from "./shape.ts";
import type { Resolve } from "./state.ts";

export type Definition =
  /** An initialiser; `isPart`: the name takes only some of it. */
  | {
      readonly type: "value";
      readonly module: SourceModule;
      readonly init: Surface.Expr;
      readonly isPart: boolean;
      readonly isConst: boolean;
    }
  | { readonly type: "namespace"; readonly module: SourceModule }
  | { readonly type: "outside"; readonly from: Outside }
  /** Data of a file, or a parameter, or a name without a value of its own. */
  | { readonly type: "data" };

/** Names that stand for something within a function: what they are initialised with, or null. */
export type LocalNames = ReadonlyMap<string, Surface.Expr | null>;

export interface Where {
  readonly module: SourceModule;
  readonly locals?: LocalNames;
}

export class Definitions {
  readonly #resolve: Resolve;
  readonly #top = new Map<SourceModule, ReadonlyMap<string, Definition>>();
  readonly #bound = new Map<SourceModule, ReadonlySet<string>>();

  constructor(resolve: Resolve) {
    this.#resolve = resolve;
  }

  of(name: string, { module, locals }: Where): Definition {
    const local = locals?.get(name);
    if (local) return { type: "value", module, init: local, isPart: false, isConst: true };
    if (local === null || name === "this" || name === "super") return { type: "data" };
    const own = this.#own(module).get(name);
    if (own) return own;
    for (const decl of module.imports)
      for (const { local: bound, imported } of decl.names)
        if (bound === name) return this.#imported(module, decl.from, imported, new Set());
    return this.#boundIn(module).has(name) ? { type: "data" } : { type: "outside", from: "language" };
  }

  /** Names of the module's top level that stand for what it declares or imports. */
  isTop(name: string, module: SourceModule): boolean {
    return (
      this.#own(module).has(name) || module.imports.some((decl) => decl.names.some((x) => x.local === name))
    );
  }

  /**
   * Where something comes from in which no function of the project is that a call of it would run: a package, the library,
   * the language. Null for everything else.
   */
  outside(node: Surface.Expr, where: Where, seen: ReadonlySet<unknown> = new Set()): Outside | null {
    if (seen.has(node)) return null;
    const next = new Set(seen).add(node);
    const of = (part: Surface.Expr): Outside | null => this.outside(part, where, next);
    switch (node.type) {
      case "Name": {
        const found = this.of(node.name, where);
        if (found.type === "outside") return found.from;
        if (found.type !== "value" || !found.isConst) return null;
        return this.outside(found.init, { ...where, module: found.module }, next);
      }
      case "Member":
        return of(node.object);
      case "Chain":
        return of(node.expr);
      case "Foreign":
        return node.what === "`await`" && node.parts?.[0] ? of(node.parts[0]) : null;
      case "Call":
      case "New":
      case "Construct": {
        const made = of(node.callee) ?? this.#returned(node.callee, where, next);
        if (made === null || made === "library" || made === "zod") return made;
        return node.args.some((arg) => this.#holdsFunction(arg, where)) ? null : made;
      }
      case "Conditional":
        return of(node.then) && of(node.else);
      case "Logical":
        return of(node.left) && of(node.right);
      default:
        return null;
    }
  }

  /** What a function of the project gives back: a wrapper around `createSmithers`, say. */
  #returned(callee: Surface.Expr, where: Where, seen: ReadonlySet<unknown>): Outside | null {
    if (callee.type !== "Name") return null;
    const found = this.of(callee.name, where);
    if (found.type !== "value" || found.isPart || !found.isConst) return null;
    const { init, module } = found;
    if ((init.type !== "Arrow" && init.type !== "Func") || seen.has(init)) return null;
    const at = { module, locals: localNames(init) };
    const given = init.body.type === "Block" ? returns(init.body) : [init.body];
    const kinds = given.map((value) => this.outside(value, at, new Set(seen).add(init)));
    const [first] = kinds;
    return first && kinds.every((kind) => kind === first) ? first : null;
  }

  #holdsFunction(node: unknown, where: Where): boolean {
    if (typeof node !== "object" || node === null) return false;
    if (Array.isArray(node)) return node.some((item) => this.#holdsFunction(item, where));
    const typed = node as Surface.Expr;
    if (typed.type === "Arrow" || typed.type === "Func" || typed.type === "Class") return true;
    if (typed.type === "Name") {
      const found = this.of(typed.name, where);
      if (found.type !== "value" || found.init.type === "Name") return found.type === "namespace";
      return found.init.type === "Arrow" || found.init.type === "Func" || found.init.type === "Class";
    }
    return Object.entries(typed).some(([key, part]) => key !== "span" && this.#holdsFunction(part, where));
  }

  #own(module: SourceModule): ReadonlyMap<string, Definition> {
    const known = this.#top.get(module);
    if (known) return known;
    const own = new Map<string, Definition>();
    for (const stmt of module.body) {
      if (stmt.type !== "Declare") continue;
      const isConst = stmt.kind === "const";
      for (const { target, init } of stmt.decls)
        for (const name of patternNames(target))
          own.set(
            name,
            init
              ? { type: "value", module, init, isPart: target.type !== "Name", isConst }
              : { type: "data" },
          );
    }
    this.#top.set(module, own);
    return own;
  }

  #boundIn(module: SourceModule): ReadonlySet<string> {
    const known = this.#bound.get(module);
    if (known) return known;
    const bound = new Set(localNames(module.body).keys());
    this.#bound.set(module, bound);
    return bound;
  }

  #imported(module: SourceModule, from: string, name: string, seen: Set<SourceModule>): Definition {
    const target = this.#resolve(module, from);
    switch (target.type) {
      case "source":
        return name === "*"
          ? { type: "namespace", module: target.module }
          : this.exported(target.module, name, seen);
      case "json":
      case "prompt":
      case "missing":
        return { type: "data" };
      case "smithers":
        return { type: "outside", from: "library" };
      case "zod":
        return { type: "outside", from: "zod" };
      case "external":
        return { type: "outside", from: "package" };
      default:
        return target satisfies never;
    }
  }

  exported(module: SourceModule, name: string, seen: Set<SourceModule> = new Set()): Definition {
    if (seen.has(module)) return { type: "data" };
    seen.add(module);
    const entry = module.exports.get(name);
    if (entry && "local" in entry) return this.of(entry.local, { module });
    for (const from of entry ? [entry.from] : module.stars) {
      const found = this.#imported(module, from, entry ? entry.name : name, seen);
      if (found.type !== "data") return found;
    }
    return { type: "data" };
  }
}

/** Where something comes from that is no code of the project. */
export type Outside = "library" | "zod" | "package" | "language";

/** What the statements of a function return, without those of functions within it. */
function returns(node: unknown): Surface.Expr[] {
  if (typeof node !== "object" || node === null) return [];
  if (Array.isArray(node)) return node.flatMap(returns);
  const typed = node as Surface.Expr | Surface.Stmt;
  if (typed.type === "Arrow" || typed.type === "Func") return [];
  if (typed.type === "Return") return typed.value ? [typed.value] : [];
  return Object.entries(typed).flatMap(([key, part]) => (key === "span" ? [] : returns(part)));
}

/** All names that code binds anywhere within it, with what they are initialised with where that is said. */
export function localNames(node: unknown, out: Map<string, Surface.Expr | null> = new Map()): LocalNames {
  if (typeof node !== "object" || node === null) return out;
  if (Array.isArray(node)) {
    for (const item of node) localNames(item, out);
    return out;
  }
  const typed = node as Surface.Expr | Surface.Stmt;
  const bind = (pattern: Surface.Pattern, init: Surface.Expr | null): void => {
    for (const name of patternNames(pattern)) out.set(name, out.has(name) ? null : init);
  };
  if (typed.type === "Arrow" || typed.type === "Func") {
    for (const param of typed.params) bind(param, null);
    if (typed.rest) bind(typed.rest, null);
  }
  if (typed.type === "Declare")
    for (const { target, init } of typed.decls)
      bind(target, typed.kind === "const" && target.type === "Name" ? (init ?? null) : null);
  if (typed.type === "ForOf" && typed.kind) bind(typed.target, null);
  if (typed.type === "Try" && typed.param) bind(typed.param, null);
  if (typed.type === "Class")
    localNames(
      typed.code()?.parts.map(({ run }) => run),
      out,
    );
  for (const [key, part] of Object.entries(typed)) if (key !== "span") localNames(part, out);
  return out;
}
