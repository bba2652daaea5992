/**
 * The names of a module's top level by the syntax alone, through imports: functions of the project and objects that hold
 * such. No other name has a value, and nothing is evaluated.
 */
import type * as Surface from "../../surface.ts";
import type { ImportDecl, SourceModule } from "../../surface.ts";
import { Definitions } from "./definitions.ts";
import type { Expansion } from "./loading.ts";
import { type ProjectFunction, ProjectFunctions } from "./project-functions.ts";
import type { Resolve } from "./state.ts";
import { type Closure, type Environment, object, type Value } from "./value.ts";
import { WriteAnalysis } from "./writes.ts";

/** One environment a module. */
export class SyntaxEnvironments {
  readonly resolve: Resolve;
  /** All files of the project that the workflow reaches. */
  readonly modules: readonly SourceModule[];
  readonly definitions: Definitions;
  /** By the lists of `functions`. */
  readonly expansions = new Map<readonly ProjectFunction[], Expansion>();
  readonly #known = new Map<SourceModule, Environment>();
  readonly #arrows = new Map<Surface.Func, Closure["arrow"]>();
  readonly #analyses = new Map<SourceModule, WriteAnalysis>();
  readonly #certain = new Map<SourceModule, WriteAnalysis>();
  #functions: ProjectFunctions | undefined;

  constructor(resolve: Resolve, modules: readonly SourceModule[]) {
    this.resolve = resolve;
    this.modules = modules;
    this.definitions = new Definitions(resolve);
  }

  /** All functions of the project, by what they can be called through. */
  get functions(): ProjectFunctions {
    this.#functions ??= new ProjectFunctions(this.modules, this.definitions, (func) => this.arrow(func));
    return this.#functions;
  }

  /** What code of a file writes. */
  analysis(module: SourceModule): WriteAnalysis {
    return this.#analysis(module, this.#analyses, false);
  }

  /** What it writes for certain: calls that can't be told are followed elsewhere. */
  certainly(module: SourceModule): WriteAnalysis {
    return this.#analysis(module, this.#certain, true);
  }

  #analysis(module: SourceModule, all: Map<SourceModule, WriteAnalysis>, isCertain: boolean): WriteAnalysis {
    const known = all.get(module);
    if (known) return known;
    const analysis = new WriteAnalysis(this.of(module), undefined, isCertain);
    all.set(module, analysis);
    for (const stmt of module.body)
      if (stmt.type === "Declare")
        for (const { target, init } of stmt.decls)
          if (target.type === "Name" && (init?.type === "Arrow" || init?.type === "Func"))
            analysis.functions.set(target.name, this.arrow(init));
    return analysis;
  }

  /** A function as one whose writes can be read: what makes it host code (`this`, `async`, `yield`) writes nothing by itself. */
  arrow(fn: Surface.Func | Closure["arrow"]): Closure["arrow"] {
    if (fn.type === "Arrow") return fn;
    const known = this.#arrows.get(fn);
    if (known) return known;
    const { params, rest, body, span } = fn;
    const arrow: Closure["arrow"] = {
      type: "Arrow",
      params: named(params),
      ...(rest && { rest: named(rest) }),
      body: named(body),
      span,
    };
    this.#arrows.set(fn, arrow);
    return arrow;
  }

  of(module: SourceModule): Environment {
    const known = this.#known.get(module);
    if (known) return known;
    const values = new Map<string, Value | undefined>();
    const env: Environment = {
      parent: null,
      module,
      own: (name) => {
        if (!values.has(name)) {
          // What is asked for again while it is looked for is found nowhere.
          values.set(name, undefined);
          values.set(name, this.#valueOf(module, name));
        }
        return values.get(name);
      },
    };
    this.#known.set(module, env);
    return env;
  }

  #valueOf(module: SourceModule, name: string): Value | undefined {
    for (const decl of module.imports)
      for (const { local, imported } of decl.names)
        if (local === name) return this.#imported(module, decl, imported);
    const declared = module.body
      .flatMap((stmt) => (stmt.type === "Declare" ? stmt.decls : []))
      .find(({ target }) => target.type === "Name" && target.name === name)?.init;
    const closure = (arrow: Closure["arrow"]): Closure => ({
      type: "Closure",
      arrow,
      env: this.of(module),
      home: null,
    });
    if (declared?.type === "Arrow" || declared?.type === "Func") return closure(this.arrow(declared));
    if (declared?.type !== "Object") return undefined;
    const members = declared.props.flatMap((prop) => {
      if (prop.type === "Spread" || typeof prop.key !== "string") return [];
      const { value } = prop;
      const held = value.type === "Name" ? this.of(module).own(value.name) : undefined;
      if (value.type === "Arrow" || value.type === "Func")
        return [[prop.key, closure(this.arrow(value))] as const];
      return held ? [[prop.key, held] as const] : [];
    });
    return members.length > 0 ? object(members) : undefined;
  }

  #imported(module: SourceModule, { from }: ImportDecl, name: string): Value | undefined {
    const target = this.resolve(module, from);
    if (target.type !== "source") return undefined;
    if (name !== "*") return this.#exported(target.module, name, new Set());
    const members = [...target.module.exports.keys()].flatMap((key) => {
      const value = this.#exported(target.module, key, new Set());
      return value ? [[key, value] as const] : [];
    });
    return members.length > 0 ? object(members) : undefined;
  }

  #exported(module: SourceModule, name: string, seen: Set<SourceModule>): Value | undefined {
    if (seen.has(module)) return undefined;
    seen.add(module);
    const entry = module.exports.get(name);
    if (entry && "local" in entry) return this.of(module).own(entry.local);
    for (const from of entry ? [entry.from] : module.stars) {
      const target = this.resolve(module, from);
      if (target.type !== "source") continue;
      const found = this.#exported(target.module, entry ? entry.name : name, seen);
      if (found) return found;
    }
    return undefined;
  }
}

/** `this` as a name. */
function named<T>(node: T): T {
  if (typeof node !== "object" || node === null) return node;
  if (Array.isArray(node)) return node.map((item: unknown) => named(item)) as T;
  if ("type" in node && node.type === "Foreign" && "what" in node && node.what === "`this`")
    return { type: "Name", name: "this", span: "span" in node ? node.span : undefined } as T;
  return Object.fromEntries(
    Object.entries(node).map(([key, part]) => [key, key === "span" ? part : named(part)]),
  ) as T;
}
