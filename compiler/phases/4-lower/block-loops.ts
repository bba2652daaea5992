/**
 * What a block's text reads inside a loop. The block is evaluated around the loops that it yields, so `ctx` is written
 * there as it is seen in the loop: `ctx.within('fixing')`. Functions that make elements are handed the `ctx` of the place
 * where they are called.
 */
import type * as Core from "../../../plan/core/ast.ts";
import { arrowOf, call, memberOf, nameOf } from "../3-evaluate/core.ts";

/** A loop by its id, or by its place where the author gave it none. */
export type LoopId = { readonly id: Core.Expr } | { readonly unnamed: Core.Span | undefined };

/** Children of loops, by the text that stands for them. */
export type LoopKids = ReadonlyMap<unknown, LoopId>;

interface Definition {
  readonly name: string;
  readonly expr: Core.Expr;
}

const CTX = nameOf("ctx");

const HANDED = /^ctx\$\d+$/;

/** `ctx`, and what a component calls the `ctx` that it was handed. */
const isCtx = (node: Core.Name): boolean => node.name === "ctx" || HANDED.test(node.name);

/** The functions of a block and its text, with `ctx` as each place sees it. */
export function inLoops(
  functions: readonly Definition[],
  text: Core.Expr,
  kids: LoopKids,
  /** Told of a read in a loop that has no id to be asked by. */
  unnamed: (at: Core.Span | undefined) => void,
): { readonly functions: readonly Definition[]; readonly text: Core.Expr } {
  if (kids.size === 0) return { functions, text };
  const taking = takers(functions);
  const asked = [text, ...functions.map(({ expr }) => expr)].some(asksHanded);
  const writer = new Writer(kids, taking, asked, unnamed);
  return {
    functions: functions.map(({ name, expr }) => ({
      name,
      expr: taking.has(name) ? arrowOf([CTX], writer.write(expr)) : writer.write(expr),
    })),
    text: writer.write(text),
  };
}

/** Functions that ask their place, by themselves or through others. */
function takers(functions: readonly Definition[]): ReadonlySet<string> {
  const taking = new Set<string>();
  for (;;) {
    const before = taking.size;
    for (const { name, expr } of functions) if (asks(expr, taking)) taking.add(name);
    if (taking.size === before) return taking;
  }
}

function asks(node: unknown, taking: ReadonlySet<string>): boolean {
  if (typeof node !== "object" || node === null) return false;
  if (Array.isArray(node)) return node.some((item) => asks(item, taking));
  const typed = node as Core.Node;
  if (typed.type === "Name") return typed.name === "ctx" || taking.has(typed.name);
  if (typed.type === "Member" && isPlaceless(typed)) return asks(typed.property, taking);
  return Object.entries(node).some(([key, part]) => key !== "span" && asks(part, taking));
}

/** Whether a component asks the `ctx` that it was handed for its place. */
function asksHanded(node: unknown): boolean {
  if (typeof node !== "object" || node === null) return false;
  const typed = node as Core.Node;
  if (typed.type === "Member" && typed.object.type === "Name" && HANDED.test(typed.object.name))
    return !isPlaceless(typed);
  return Object.values(node).some(asksHanded);
}

const OF_PLACE: ReadonlySet<string> = new Set(["failure", "iteration", "iterations", "output", "within"]);

/** `ctx.input` and what else is the same wherever it is read. */
const isPlaceless = ({ object, property }: Core.Member): boolean =>
  object.type === "Name" && isCtx(object) && typeof property === "string" && !OF_PLACE.has(property);

/** Names that stand for `ctx` → how it is seen here, or the loop without an id that stands in the way. */
type Seen = ReadonlyMap<string, Core.Expr | Extract<LoopId, { readonly unnamed: unknown }>>;

class Writer {
  readonly #kids: LoopKids;
  readonly #taking: ReadonlySet<string>;
  /** Whether handing `ctx` on is as good as a read. */
  readonly #asked: boolean;
  readonly #unnamed: (at: Core.Span | undefined) => void;

  constructor(
    kids: LoopKids,
    taking: ReadonlySet<string>,
    asked: boolean,
    unnamed: (at: Core.Span | undefined) => void,
  ) {
    this.#kids = kids;
    this.#taking = taking;
    this.#asked = asked;
    this.#unnamed = unnamed;
  }

  write(expr: Core.Expr): Core.Expr {
    return this.#any(expr, new Map([["ctx", CTX]])) as Core.Expr;
  }

  #any(node: unknown, seen: Seen): unknown {
    if (typeof node !== "object" || node === null) return node;
    if (Array.isArray(node)) return node.map((item) => this.#any(item, seen));
    const typed = node as Core.Node;
    if (typed.type === "Name") return this.#name(typed, seen);
    if (typed.type === "Member" && typed.object.type === "Name" && isCtx(typed.object))
      return isPlaceless(typed) ? typed : this.#member(typed, typed.object, seen);
    const inside = this.#inside(typed, seen);
    return Object.fromEntries(
      Object.entries(node).map(([key, part]) => [key, key === "span" ? part : this.#any(part, inside)]),
    );
  }

  #name(node: Core.Name, seen: Seen): Core.Expr {
    if (isCtx(node)) return this.#ctx(node, seen, this.#asked);
    return this.#taking.has(node.name) ? call(node, this.#ctx(CTX, seen, true)) : node;
  }

  #member(node: Core.Member, ctx: Core.Name, seen: Seen): Core.Member {
    const property = typeof node.property === "string" ? node.property : this.#any(node.property, seen);
    const object = this.#ctx(ctx, seen, true, node.span);
    return { ...node, object, property: property as Core.Expr | string };
  }

  #ctx(name: Core.Name, seen: Seen, isRead: boolean, at?: Core.Span): Core.Expr {
    const found = seen.get(name.name) ?? name;
    if ("type" in found) return found;
    if (isRead) this.#unnamed(at ?? found.unnamed);
    return name;
  }

  #inside(node: Core.Node, seen: Seen): Seen {
    const loop = this.#kids.get(node);
    if (loop && "unnamed" in loop) return new Map([...seen.keys()].map((name) => [name, loop]));
    if (loop) {
      const id = this.#any(loop.id, seen) as Core.Expr;
      return new Map(
        [...seen].map(([name, ctx]) => [name, "type" in ctx ? call(memberOf(ctx, "within"), id) : ctx]),
      );
    }
    if (node.type !== "Arrow") return seen;
    return new Map([...seen, ...bound(node).map((name) => [name, nameOf(name)] as const)]);
  }
}

/** The names for `ctx` that a function binds: parameters, and what its statements declare. */
function bound(arrow: Core.Arrow): string[] {
  const found: string[] = [];
  const search = (node: unknown): void => {
    if (typeof node !== "object" || node === null) return;
    const { type, name } = node as { readonly type?: string; readonly name?: string };
    if (type === "Name" && HANDED.test(String(name))) found.push(String(name));
    if (type === "Name" || type === "Arrow") return;
    for (const part of Object.values(node)) search(part);
  };
  search(arrow.params);
  search(arrow.rest);
  if (arrow.body.type === "Block")
    for (const stmt of arrow.body.body)
      if (stmt.type === "Declare") for (const { target } of stmt.decls) search(target);
  return found;
}
