/**
 * Functions inside a block that run as code. What they use of the block goes along as arguments; functions of the block
 * that they call become part of their module, with what those use in turn.
 */
import type * as Core from "../../../plan/core/ast.ts";
import type * as Surface from "../../surface.ts";
import { arrowOf, call, nameOf } from "../3-evaluate/core.ts";
import { freeNames } from "../3-evaluate/names.ts";
import { report } from "../3-evaluate/state.ts";
import { expr, type Names, type Translation, written } from "../3-evaluate/translate.ts";
import {
  type Closure,
  type Code,
  type Environment,
  lookup,
  residual,
  type Value,
} from "../3-evaluate/value.ts";
import { mayBeAgent } from "./agent-presence.ts";
import type { BlockWriter } from "./blocks.ts";
import { cantGoAlong, capturedNames, registerModule } from "./captures.ts";
import { noteReads } from "./code-reads.ts";
import type { Field } from "./draft.ts";
import type { Site } from "./site.ts";
import { isCode } from "./site-props.ts";

type Function = Surface.Func | Core.Arrow<Surface.Extra>;

/** The function that a child is, or names. */
export function functionOf(
  t: Translation,
  child: Surface.Expr | Core.Spread<Surface.Extra>,
  names: Names,
): Function | Closure | Code | undefined {
  if (child.type === "Arrow" || child.type === "Func") return child;
  if (child.type !== "Name") return undefined;
  const owner = names.owner(child.name);
  if (owner) return owner.functions.get(child.name);
  const value = lookup(t.env, child.name)?.value;
  return value?.type === "Closure" || value?.type === "Code" ? value : undefined;
}

export function computeSite(
  w: BlockWriter,
  t: Translation,
  fn: Function | Closure | Code,
  names: Names,
  made: Site,
  given: ReadonlyMap<string, Field> = new Map(),
): void {
  const { node } = made;
  node.captures = new Map();
  const taken = new Taken(w, t, made);
  const value = fn.type === "Closure" || fn.type === "Code" ? fn : taken.value(fn);
  if (fn.type === "Closure" || fn.type === "Code") taken.ofEnvironment(fn);
  else taken.ofBlock(fn, names);
  for (const [name, field] of given) node.captures.set(name, field);
  noteReads(t.ev, node, value, node.captures);
  const name = registerModule(t.ev, value, node.key, [...node.captures.keys()]);
  node.fields.set("module", { type: "json", value: name });
}

/** What a function takes along. */
class Taken {
  readonly #w: BlockWriter;
  readonly #t: Translation;
  readonly #made: Site;
  readonly #seen = new Map<Function, Closure | Code>();
  /** By name: where it is bound. */
  readonly #bound = new Map<string, object>();
  /** What the module takes in as it is. */
  readonly #values = new Map<string, Value>();
  readonly #env: Environment;

  constructor(w: BlockWriter, t: Translation, made: Site) {
    this.#w = w;
    this.#t = t;
    this.#made = made;
    this.#env = { parent: t.env, module: null, own: (name) => this.#values.get(name) };
  }

  value(fn: Function): Closure | Code {
    return fn.type === "Func"
      ? { type: "Code", func: fn, env: this.#env }
      : { type: "Closure", arrow: fn, env: this.#env, home: null };
  }

  ofBlock(fn: Function, names: Names): void {
    if (this.#seen.has(fn)) return;
    this.#seen.set(fn, this.value(fn));
    for (const name of fn.type === "Func" ? new Set(fn.free) : freeNames(fn)) {
      const owner = names.owner(name);
      if (owner) this.#local(fn, name, owner);
      else this.#outer(fn, name);
    }
  }

  /** A function of the scopes around the block, which the slice finds there. */
  ofEnvironment(fn: Closure | Code): void {
    for (const [name, { value, env }] of capturedNames(fn))
      if (value && this.#isSame(fn, name, env)) this.#capture(fn, name, value);
  }

  #local(fn: Function, name: string, owner: Names): void {
    const as = owner.get(name);
    if (as === undefined || !this.#isSame(fn, name, owner)) return;
    if (as === "ctx") {
      this.#values.set(name, residual(nameOf("ctx")));
      return;
    }
    const inner = owner.functions.get(name);
    if (inner) {
      this.ofBlock(inner, owner);
      this.#values.set(name, this.#seen.get(inner) ?? this.value(inner));
      return;
    }
    const init = owner.inits.get(name);
    this.#w.handed.use(nameOf(name), spanOf(fn));
    if (init && isCode(init)) {
      this.#refuse(fn, name, "an object of functions");
      return;
    }
    if (init && mayBeAgent(expr(this.#t, init, owner))) {
      this.#refuse(fn, name, "an agent");
      return;
    }
    // What may be assigned later is read when the task starts, as the function itself would.
    const made = this.#made;
    const field: Field = owner.late.has(name)
      ? { type: "core", expr: call(made.argument(`capture_${name}`, arrowOf([], nameOf(as)))) }
      : made.pass(`capture_${name}`, nameOf(as));
    made.node.captures?.set(name, field);
  }

  #outer(fn: Function, name: string): void {
    const found = lookup(this.#t.env, name);
    if (!found || found.env.module) return;
    const { value } = found;
    if (value.type === "Closure" || value.type === "Code") this.ofEnvironment(value);
    else if (this.#isSame(fn, name, found.env)) this.#capture(fn, name, value);
  }

  #capture(fn: Function | Closure | Code, name: string, value: Value): void {
    const what = cantGoAlong(value);
    if (what === "nothing") return;
    if (what) {
      this.#refuse(fn, name, what);
      return;
    }
    const text = written(this.#t, value, spanOf(fn));
    if (text.type === "Name" && text.name === "ctx") return;
    this.#made.node.captures?.set(name, this.#made.pass(`capture_${name}`, text));
  }

  /** A module has one binding of a name. */
  #isSame(fn: Function | Closure | Code, name: string, where: object): boolean {
    const before = this.#bound.get(name);
    this.#bound.set(name, before ?? where);
    if (!before || before === where) return true;
    this.#refuse(fn, name, "another value under a name that this function uses already");
    return false;
  }

  #refuse(fn: Function | Closure | Code, name: string, what: string): void {
    refuseCapture(this.#t, spanOf(fn), name, what);
  }
}

function refuseCapture(t: Translation, span: Core.Span | undefined, name: string, what: string): void {
  report(
    t.ev,
    "SM103",
    span,
    `'${name}' (${what}) can't go along into the function's own process`,
    "Take along plain data: strings, numbers, objects, rows. Functions go along under names of their own.",
  );
}

const spanOf = (fn: Function | Closure | Code): Core.Span | undefined =>
  fn.type === "Closure" ? fn.arrow.span : fn.type === "Code" ? fn.func.span : fn.span;
