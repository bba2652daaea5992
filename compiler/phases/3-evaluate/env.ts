/** Environments: names of the source and the values they stand for, evaluated on demand. */
import type { SourceModule } from "../../surface.ts";
import { Bail } from "./state.ts";
import type { Environment, Value } from "./value.ts";

type Binding = { readonly value: Value } | { readonly make: () => Value };

export class LocalEnvironment implements Environment {
  readonly parent: Environment | null;
  readonly module: SourceModule | null;
  readonly #bindings = new Map<string, Binding>();
  readonly #open = new Set<string>();

  constructor(parent: Environment | null, module: SourceModule | null = null) {
    this.parent = parent;
    this.module = module;
  }

  own(name: string): Value | undefined {
    const binding = this.#bindings.get(name);
    if (!binding) return undefined;
    if ("value" in binding) return binding.value;
    if (this.#open.has(name)) throw new CyclicBinding(name);
    this.#open.add(name);
    try {
      const value = binding.make();
      this.#bindings.set(name, { value });
      return value;
    } finally {
      this.#open.delete(name);
    }
  }

  settled(name: string): Value | undefined {
    const binding = this.#bindings.get(name);
    return binding && "value" in binding ? binding.value : undefined;
  }

  has(name: string): boolean {
    return this.#bindings.has(name);
  }

  bind(name: string, value: Value): void {
    this.#bindings.set(name, { value });
  }

  /** Binds a name whose value is made when it is first asked for. */
  bindLazily(name: string, make: () => Value): void {
    this.#bindings.set(name, { make });
  }
}

/** A binding that needs itself: in JavaScript a use before initialisation. */
export class CyclicBinding extends Bail {
  constructor(binding: string) {
    super(`'${binding}' is used before it has a value`);
    this.name = "CyclicBinding";
  }
}

/** What a name stands for; undefined while that is being made: `const t = { a: () => 1, b: () => t.a() }`. */
export function unlessOpen<T>(ask: () => T): T | undefined {
  try {
    return ask();
  } catch (error) {
    if (error instanceof CyclicBinding) return undefined;
    throw error;
  }
}
