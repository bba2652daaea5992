/**
 * The names of a module's top level by the syntax alone, through imports: functions of the project and objects that hold
 * such. No other name has a value, and nothing is evaluated.
 */
import type { ImportDecl, SourceModule } from "../../surface.ts";
import type { Resolve } from "./state.ts";
import { type Closure, type Environment, object, type Value } from "./value.ts";

/** One environment a module. */
export class SyntaxEnvironments {
  readonly #resolve: Resolve;
  readonly #known = new Map<SourceModule, Environment>();

  constructor(resolve: Resolve) {
    this.#resolve = resolve;
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
    if (declared?.type === "Arrow") return closure(declared);
    if (declared?.type !== "Object") return undefined;
    const members = declared.props.flatMap((prop) => {
      if (prop.type === "Spread" || typeof prop.key !== "string") return [];
      const { value } = prop;
      const held = value.type === "Name" ? this.of(module).own(value.name) : undefined;
      if (value.type === "Arrow") return [[prop.key, closure(value)] as const];
      return held ? [[prop.key, held] as const] : [];
    });
    return members.length > 0 ? object(members) : undefined;
  }

  #imported(module: SourceModule, { from }: ImportDecl, name: string): Value | undefined {
    const target = this.#resolve(module, from);
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
      const target = this.#resolve(module, from);
      if (target.type !== "source") continue;
      const found = this.#exported(target.module, entry ? entry.name : name, seen);
      if (found) return found;
    }
    return undefined;
  }
}
