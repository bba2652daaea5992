/** What the names that nested code declares can reach, while it is read for what it may write. */
import type * as Core from "../../../plan/core/ast.ts";
import type * as Surface from "../../surface.ts";
import { merge, type Origin } from "./origin.ts";

type Arrow = Core.Arrow<Surface.Extra>;

/** What a name is bound by: what a parameter does when it is called is seen where it is given. */
export type Bound = Arrow | "parameter" | "other";

interface Binding {
  readonly name: string;
  /** The declaration: what is assigned to the name anywhere goes for it everywhere. */
  readonly at: object;
  readonly bound: Bound;
  origin: Origin;
}

/** Assignments found so far, by declaration and name; a second reading starts with them. */
export type Assigned = Map<object, Map<string, Origin>>;

/** One block of nested code; the outermost stands for the list of statements itself and declares nothing. */
export class Locals {
  readonly #parent: Locals | null;
  readonly #assigned: Assigned;
  readonly #own = new Map<string, Binding>();

  constructor(parent: Locals | null, assigned: Assigned) {
    this.#parent = parent;
    this.#assigned = assigned;
  }

  /** Whether names declared here belong to the list of statements that is cut into regions. */
  get isList(): boolean {
    return this.#parent === null;
  }

  inner(): Locals {
    return new Locals(this, this.#assigned);
  }

  get(name: string): Origin | undefined {
    return this.#find(name)?.origin;
  }

  has(name: string): boolean {
    return this.#find(name) !== undefined;
  }

  /** What nested code binds a name to. */
  bound(name: string): Bound | undefined {
    return this.#find(name)?.bound;
  }

  /** The pattern that declares a name of nested code. */
  at(name: string): object | undefined {
    return this.#find(name)?.at;
  }

  /** Whether the name is a parameter, taken whole and never assigned: a write through it changes the argument itself. */
  isArgument(name: string): boolean {
    const binding = this.#find(name);
    if (binding?.bound !== "parameter" || this.#assigned.get(binding.at)?.has(name)) return false;
    return "type" in binding.at && binding.at.type === "Name";
  }

  declare(name: string, origin: Origin, at: object, bound: Bound): void {
    const later = this.#assigned.get(at)?.get(name);
    // a function that may be replaced by another is not known
    const now = later && typeof bound === "object" ? "other" : bound;
    this.#own.set(name, { name, at, bound: now, origin: later ? merge([origin, later]) : origin });
  }

  /** False where the name is none of nested code. */
  assign(name: string, origin: Origin): boolean {
    const binding = this.#find(name);
    if (!binding) return false;
    binding.origin = merge([binding.origin, origin]);
    const names = this.#assigned.get(binding.at) ?? new Map<string, Origin>();
    const known = names.get(name);
    this.#assigned.set(binding.at, names.set(name, known ? merge([known, origin]) : origin));
    return true;
  }

  #find(name: string): Binding | undefined {
    const own = this.#own.get(name);
    if (own || !this.#parent) return own;
    return this.#parent.#find(name);
  }
}
