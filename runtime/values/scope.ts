/** Scopes: where free names of residuals are looked up, from the innermost scope to the plan (CONTRACT 1, DESIGN §6). */
import { envName } from "../../plan/core/index.ts";
import { CoreError, type Env, type Outcome, type Reader, type Value } from "../../plan/core/values.ts";
import type { CoreText, Plan } from "../../plan/types.ts";
import { Cell, type Graph, open, type Source } from "./cell.ts";
import { compileResidual, isDynamic, type Residual, textOf } from "./core.ts";
import { Ctx, type Facts } from "./ctx.ts";
import { OUTSIDE, type Place } from "./place.ts";

/** Anything a name can stand for. */
export interface Named {
  read(reader: Cell): Value;
}

/** Residuals of one plan, parsed once each, when first needed. */
export class Residuals {
  readonly #compiled = new Map<string, Residual>();

  get(text: CoreText): Residual {
    const source = textOf(text);
    let residual = this.#compiled.get(source);
    if (!residual) {
      residual = compileResidual(source);
      this.#compiled.set(source, residual);
    }
    return residual;
  }
}

/** What all scopes of a run share. */
export interface Shared {
  readonly graph: Graph;
  readonly residuals: Residuals;
  readonly facts: Facts;
  /** Host values by name. */
  readonly host: { readonly [name: string]: Value };
}

/** Characters of an expression in a message. */
const SHOWN = 80;

/** Of a write to what others read, which no author can mean: names the expression of the plan (SEMANTICS 59). */
function writeError({ message }: CoreError, text: CoreText, { label }: Cell): CoreError {
  // Named by the innermost cell already, and made anew by those that read it.
  if (/, in \S+: /.test(message)) return new CoreError("FROZEN", message);
  const [line = "", ...more] = textOf(text).split("\n");
  const shown = more.length > 0 || line.length > SHOWN ? `${line.slice(0, SHOWN)}…` : line;
  return new CoreError("FROZEN", `${message}, in ${label}: ${shown}`);
}

export class Scope implements Env {
  readonly shared: Shared;
  readonly place: Place;
  readonly #parent: Scope | null;
  readonly #globals: Globals;
  readonly #names = new Map<string, Named>();
  readonly #cells: Cell[] = [];
  #ctx: Ctx | undefined;

  private constructor(shared: Shared, globals: Globals, parent: Scope | null, place: Place) {
    this.shared = shared;
    this.#globals = globals;
    this.#parent = parent;
    this.place = place;
  }

  /** The outermost scope of a plan. */
  static root(shared: Shared, plan: Plan): Scope {
    const globals = new Globals(shared, plan);
    const root = new Scope(shared, globals, null, OUTSIDE);
    globals.env = root;
    return root;
  }

  child(place: Place = this.place): Scope {
    return new Scope(this.shared, this.#globals, this, place);
  }

  define(name: string, value: Named): void {
    this.#names.set(name, value);
  }

  /** Named values of a node: lazy cells of this scope. */
  defineValues(
    owner: string,
    values: { readonly [name: string]: { readonly expr: CoreText } } | undefined,
  ): void {
    for (const [name, { expr }] of Object.entries(values ?? {}))
      this.define(name, this.cell(`${owner}.values.${name}`, expr));
  }

  /** A cell that evaluates Core text in this scope. */
  cell(label: string, text: CoreText): Cell {
    const cell = new Cell(this.shared.graph, label, (reader) => this.evaluate(text, reader));
    this.#cells.push(cell);
    return cell;
  }

  /** Lets go of the cells made here, so that no change reaches them any more. */
  dispose(): void {
    for (const cell of this.#cells) cell.dispose();
  }

  evaluate(text: CoreText, reader: Cell): Value {
    try {
      return this.shared.residuals.get(text).evaluate(this, reader);
    } catch (thrown) {
      throw thrown instanceof CoreError && thrown.code === "FROZEN"
        ? writeError(thrown, text, reader)
        : thrown;
    }
  }

  /** A field that is plain JSON, or Core text. */
  field(field: unknown, reader: Cell): Value {
    return isDynamic(field) ? this.evaluate(field.$, reader) : field;
  }

  name(name: string, reader: Reader): Value {
    if (!(reader instanceof Cell)) throw new Error("a name was read outside an evaluation of the runtime");
    for (let scope: Scope | null = this; scope; scope = scope.#parent) {
      const named = scope.#names.get(name);
      if (named) return named.read(reader);
    }
    if (name === "ctx") {
      this.#ctx ??= new Ctx(this.shared.facts, this.place);
      return this.#ctx;
    }
    return this.#globals.read(name, reader);
  }
}

/** Constants, functions and prompts of the plan: cells shared by all scopes. */
class Globals {
  env: Scope | undefined;
  readonly #shared: Shared;
  readonly #plan: Plan;
  readonly #cells = new Map<string, Cell>();

  constructor(shared: Shared, plan: Plan) {
    this.#shared = shared;
    this.#plan = plan;
  }

  read(name: string, reader: Cell): Value {
    // They never change within a run: no cell is needed.
    if (name.startsWith("host:")) return this.#host(name.slice("host:".length));
    let cell = this.#cells.get(name);
    if (!cell) {
      if (name === "deps") return NO_DEPS;
      cell = this.#make(name);
      this.#cells.set(name, cell);
    }
    return cell.read(reader);
  }

  #host(name: string): Value {
    const value = own(this.#shared.host, name);
    if (value === undefined && envName(name) === null)
      throw new CoreError("FORBIDDEN", `the host value ${name} is not known here`);
    return value;
  }

  #make(name: string): Cell {
    const plan = this.#plan;
    const root = this.env as Scope;
    if (name.startsWith("prompt:")) {
      const prompt = own(plan.prompts, name.slice("prompt:".length));
      if (prompt) return root.cell(`prompts.${name}`, `(props) => ${textOf(prompt.template)}`);
    }
    const constant = own(plan.constants, name);
    if (constant && "expr" in constant) return root.cell(`constants.${name}`, constant.expr);
    if (constant) return new Cell(this.#shared.graph, `constants.${name}`, () => constant.value);
    const text = own(plan.functions, name);
    if (text !== undefined) return root.cell(`functions.${name}`, text);
    throw new CoreError("FORBIDDEN", `${name} is not defined in this plan`);
  }
}

/** An argument of a site instance: its outcome as it was captured, replaced when the block yields anew. */
export class Argument implements Named {
  readonly #source: Source<Outcome>;

  constructor(source: Source<Outcome>) {
    this.#source = source;
  }

  set(outcome: Outcome): void {
    const before = this.#source.peek();
    if (before.kind === "value" && outcome.kind === "value" && Object.is(before.value, outcome.value)) return;
    this.#source.set(outcome);
  }

  read(reader: Cell): Value {
    return open(this.#source.read(reader));
  }
}

const NO_DEPS = Object.freeze({});

function own<T>(table: { readonly [name: string]: T }, name: string): T | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}
