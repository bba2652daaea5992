/**
 * Elements gathered by statements, as expressions (COMPILER 8, 10). `els.push(<Task/>)` under `if`, `for … of` and
 * `forEach` becomes a part of its own where it stands, and the list is put together where it is first used:
 *
 *     const els = [];                                   const els$1 = row ? [<A/>] : [];
 *     if (row) els.push(<A/>);                    →     const els$2 = [...items].map((it) => { … return [<B/>]; });
 *     for (const it of items) els.push(<B/>);           const els = [els$1, els$2];
 *
 * What is nested in such a list, or nothing, mounts as its members would; so only lists that nothing but the tree looks
 * at are read this way. `let body; if (x) body = <A/>;` becomes `const body = x ? <A/> : body`. Everything else stays.
 */
import type * as Core from "../../../plan/core/ast.ts";
import type * as Surface from "../../surface.ts";
import { mentionedNames } from "./names.ts";
import { patternNames, touchesElements } from "./shape.ts";
import { type Environment, lookup } from "./value.ts";
import { mentionsSchemas } from "./zod-makers.ts";

type Stmt = Surface.Stmt;
type Expr = Surface.Expr;

export interface Gathered {
  readonly stmts: readonly Stmt[];
  /** Declarations that give a name of the list its next value: what was made before them keeps the former one. */
  readonly next: ReadonlySet<Stmt>;
  /** All statements that the source does not have. */
  readonly made: ReadonlySet<Stmt>;
}

export function gathered(stmts: readonly Stmt[], env: Environment): Gathered {
  const text = new Listing(stmts, env);
  const next = new Set<Stmt>();
  for (const [at, stmt] of stmts.entries()) {
    const list = declaredList(stmt);
    if (list !== undefined && listAsParts(text, at, list)) continue;
    const held = declaredLet(stmt);
    if (held !== undefined) letAsValues(text, at, held, next);
  }
  const result = text.result();
  const before = new Set(stmts);
  return { stmts: result, next, made: new Set(result.filter((stmt) => !before.has(stmt))) };
}

/** Statements with what was put in their place, and who mentions which name: a name costs only those that mention it. */
class Listing {
  readonly env: Environment;
  readonly #slots: (Stmt | null)[];
  readonly #after = new Map<number, Stmt>();
  readonly #mentions = new Map<string, number[]>();
  readonly #assigns = new Map<number, ReadonlySet<string>>();
  #declared: ReadonlySet<string> | undefined;

  constructor(stmts: readonly Stmt[], env: Environment) {
    this.env = env;
    this.#slots = [...stmts];
    const rewritable = stmts.some((x) => declaredList(x) !== undefined || declaredLet(x) !== undefined);
    if (!rewritable) return;
    for (const [at, stmt] of stmts.entries()) {
      for (const used of mentionedNames(stmt)) {
        const places = this.#mentions.get(used);
        if (places) places.push(at);
        else this.#mentions.set(used, [at]);
      }
    }
  }

  at(place: number): Stmt {
    return this.#slots[place]!;
  }

  /** Places below one that mention a name, in order. */
  below(place: number, of: string): readonly number[] {
    return (this.#mentions.get(of) ?? []).filter((at) => at > place);
  }

  /** Whether the statement of the source at a place assigns a name. */
  assigns(place: number, of: string): boolean {
    let names = this.#assigns.get(place);
    if (!names) {
      names = assignedNames(this.at(place));
      this.#assigns.set(place, names);
    }
    return names.has(of);
  }

  /** Names that the statements declare. */
  declares(tag: string): boolean {
    this.#declared ??= new Set(this.#slots.flatMap((x) => (x ? declaredNames(x) : [])));
    return this.#declared.has(tag);
  }

  put(place: number, stmt: Stmt | null): void {
    this.#slots[place] = stmt;
  }

  /** A place has one append at most, so one list at most ends there. */
  putAfter(place: number, stmt: Stmt): void {
    this.#after.set(place, stmt);
  }

  result(): Stmt[] {
    return this.#slots.flatMap((stmt, at) => {
      const after = this.#after.get(at);
      return [...(stmt ? [stmt] : []), ...(after ? [after] : [])];
    });
  }
}

/** `const els = [];` */
function declaredList(stmt: Stmt): string | undefined {
  const decl = stmt.type === "Declare" && stmt.decls.length === 1 ? stmt.decls[0] : undefined;
  if (decl?.target.type !== "Name" || decl.init?.type !== "Array") return undefined;
  return decl.init.elements.every((x) => x !== null) ? decl.target.name : undefined;
}

function declaredLet(stmt: Stmt): string | undefined {
  const decl =
    stmt.type === "Declare" && stmt.kind === "let" && stmt.decls.length === 1 ? stmt.decls[0] : undefined;
  return decl?.target.type === "Name" ? decl.target.name : undefined;
}

const name = (text: string): Core.Name => ({ type: "Name", name: text });
const constant = (text: string, init: Expr, span: Core.Span | undefined): Stmt => ({
  type: "Declare",
  kind: "const",
  decls: [{ target: name(text), init }],
  ...(span && { span }),
});
const list = (elements: readonly (Expr | Core.Spread<Surface.Extra>)[]): Expr => ({
  type: "Array",
  elements: [...elements],
});
const run = (body: readonly Stmt[]): Expr => ({
  type: "Call",
  callee: { type: "Arrow", params: [], body: { type: "Block", body: [...body] } },
  args: [],
});
const returned = (value: Expr): Stmt => ({ type: "Return", value });

/** Puts a list's appends as parts where they stand; false where something else is done with it. */
function listAsParts(text: Listing, at: number, of: string): boolean {
  const declared = text.at(at);
  const decl = declared.type === "Declare" ? declared.decls[0] : undefined;
  if (decl?.init?.type !== "Array") return false;
  const part = new Parts(of);
  const below = text.below(at, of);
  const appends: { readonly place: number; readonly value: Expr }[] = [];
  for (const place of below) {
    const value = part.ofStatement(text.at(place));
    if (!value) break;
    appends.push({ place, value });
  }
  const last = appends.at(-1)?.place;
  if (last === undefined) return false;
  if (!appends.some(({ place }) => touchesElements(text.at(place), text.env, new Set()))) return false;
  const isContainer = (tag: Expr | null): boolean =>
    tag === null || (tag.type === "Name" && !text.declares(tag.name) && takesAnyList(text.env, tag.name));
  for (const place of below) if (place > last && !onlyMounts(text.at(place), of, isContainer)) return false;
  const parts: Expr[] = [];
  const putPart = (place: number, value: Expr): void => {
    const own = part.fresh();
    text.put(place, constant(own, value, text.at(place).span));
    parts.push(name(own));
  };
  // What the list begins with is read where it stands: a name in it may mean something else further down.
  if (decl.init.elements.length > 0) putPart(at, decl.init);
  else text.put(at, null);
  for (const { place, value } of appends) putPart(place, value);
  text.putAfter(last, constant(of, list(parts), declared.span));
  return true;
}

/** Appends to one list as the value of what they append. */
class Parts {
  readonly of: string;
  #count = 0;
  constructor(of: string) {
    this.of = of;
  }

  fresh(): string {
    this.#count++;
    return `${this.of}$${this.#count}`;
  }

  /** The value that a statement appends; undefined where it does anything else as well. */
  ofStatement(stmt: Stmt): Expr | undefined {
    switch (stmt.type) {
      case "ExprStmt":
        return this.#ofExpression(stmt.expr);
      case "If": {
        if (mentions(stmt.test, this.of)) return undefined;
        const then = this.#ofBranch(stmt.then);
        const otherwise = stmt.else ? this.#ofBranch(stmt.else) : list([]);
        if (!then || !otherwise) return undefined;
        return {
          type: "Conditional",
          test: stmt.test,
          then,
          else: otherwise,
          ...(stmt.span && { span: stmt.span }),
        };
      }
      case "ForOf": {
        if (!stmt.kind || mentions(stmt.of, this.of)) return undefined;
        const body = this.#ofBody(stmt.body, "Continue");
        return body && this.#mapped(listOf(stmt.of), [stmt.target], body, stmt.span);
      }
      default:
        return undefined;
    }
  }

  #ofExpression(expr: Expr): Expr | undefined {
    if (expr.type === "Logical" && expr.op === "&&") {
      const right = mentions(expr.left, this.of) ? undefined : this.#ofExpression(expr.right);
      return right && { type: "Conditional", test: expr.left, then: right, else: list([]) };
    }
    if (expr.type !== "Call" || expr.callee.type !== "Member") return undefined;
    const { object, property } = expr.callee;
    if (object.type === "Name" && object.name === this.of)
      return property === "push" && !mentions(expr.args, this.of) ? list(expr.args) : undefined;
    const [callback] = expr.args;
    if (property !== "forEach" || expr.args.length !== 1 || callback?.type !== "Arrow") return undefined;
    if (callback.rest || expr.callee.optional || expr.optional || mentions(object, this.of)) return undefined;
    const body =
      callback.body.type === "Block"
        ? this.#ofBody(callback.body, "Return")
        : this.#ofExpression(callback.body);
    if (!body) return undefined;
    return this.#mapped(object, callback.params, Array.isArray(body) ? body : [returned(body)], expr.span);
  }

  #mapped(
    source: Expr,
    params: readonly Surface.Pattern[],
    body: readonly Stmt[],
    span: Core.Span | undefined,
  ): Expr {
    return {
      type: "Call",
      callee: { type: "Member", object: source, property: "map", ...(span && { span }) },
      args: [{ type: "Arrow", params: [...params], body: { type: "Block", body: [...body] } }],
      ...(span && { span }),
    };
  }

  #ofBranch(stmt: Stmt): Expr | undefined {
    if (stmt.type !== "Block") return this.ofStatement(stmt);
    const [only] = stmt.body;
    if (stmt.body.length === 1 && only) return this.ofStatement(only);
    const body = this.#ofBody(stmt, null);
    return body && run(body);
  }

  /** A body that ends early by `continue` or `return`, as a function that gives what was appended until then. */
  #ofBody(stmt: Stmt, exit: "Continue" | "Return" | null): Stmt[] | undefined {
    const body = stmt.type === "Block" ? stmt.body : [stmt];
    const result: Stmt[] = [];
    const parts: Expr[] = [];
    for (const one of body) {
      if (isExit(one, exit)) return [...result, returned(list(parts))];
      if (one.type === "If" && !one.else && endsIn(one.then, exit)) {
        if (mentions(one.test, this.of)) return undefined;
        const inside = this.#ofBody(one.then, exit);
        const left = inside?.at(-1);
        if (!inside || left?.type !== "Return" || left.value?.type !== "Array") return undefined;
        const all = list([...parts, ...left.value.elements.filter((x) => x !== null)]);
        result.push({ ...one, then: { type: "Block", body: [...inside.slice(0, -1), returned(all)] } });
        continue;
      }
      if (leaves(one)) return undefined;
      if (!mentions(one, this.of)) {
        if (one.type !== "Declare") return undefined;
        result.push(one);
        continue;
      }
      const value = this.ofStatement(one);
      if (!value) return undefined;
      const own = this.fresh();
      result.push(constant(own, value, one.span));
      parts.push(name(own));
    }
    return [...result, returned(parts.length === 1 ? parts[0]! : list(parts))];
  }
}

const isExit = (stmt: Stmt, exit: "Continue" | "Return" | null): boolean =>
  stmt.type === exit && (stmt.type !== "Return" || !stmt.value);

function endsIn(stmt: Stmt, exit: "Continue" | "Return" | null): boolean {
  const last = stmt.type === "Block" ? stmt.body.at(-1) : stmt;
  return last !== undefined && isExit(last, exit);
}

const METHODS: ReadonlySet<string> = new Set([
  "map",
  "filter",
  "slice",
  "toSorted",
  "toReversed",
  "flat",
  "flatMap",
]);

/** What `for … of` goes over, as an array. */
function listOf(node: Expr): Expr {
  if (node.type === "Array") return node;
  const method = node.type === "Call" && node.callee.type === "Member" ? node.callee.property : "";
  if (typeof method === "string" && METHODS.has(method)) return node;
  return { type: "Array", elements: [{ type: "Spread", arg: node }], ...(node.span && { span: node.span }) };
}

/** Whether a statement lets a function or a loop end. */
function leaves(node: unknown): boolean {
  if (typeof node !== "object" || node === null) return false;
  if (Array.isArray(node)) return node.some(leaves);
  const typed = node as { readonly type?: string };
  if (typed.type === "Return" || typed.type === "Break" || typed.type === "Continue") return true;
  if (typed.type === "Arrow" || typed.type === "Func") return false;
  return Object.entries(typed).some(([key, part]) => key !== "span" && leaves(part));
}

function mentions(node: unknown, of: string): boolean {
  if (typeof node !== "object" || node === null) return false;
  if (Array.isArray(node)) return node.some((x) => mentions(x, of));
  const typed = node as { readonly type?: string; readonly name?: unknown; readonly free?: unknown };
  if (typed.type === "Name" && typed.name === of) return true;
  if (Array.isArray(typed.free) && typed.free.includes(of)) return true;
  return Object.entries(typed).some(([key, part]) => key !== "span" && mentions(part, of));
}

function declaredNames(stmt: Stmt): string[] {
  return stmt.type === "Declare" ? stmt.decls.flatMap((decl) => patternNames(decl.target)) : [];
}

/** Components of the library that mount whatever lists they are given; one of the source may count its children. */
function takesAnyList(env: Environment, tag: string): boolean {
  const value = lookup(env, tag)?.value;
  return value?.type === "Component" && value.name !== "Task";
}

/** Whether a list is used as a child of containers only. */
function onlyMounts(node: unknown, of: string, isContainer: (tag: Expr | null) => boolean): boolean {
  if (!mentions(node, of)) return true;
  if (Array.isArray(node)) return node.every((x) => onlyMounts(x, of, isContainer));
  const typed = node as Stmt | Expr;
  if (typed.type === "Name") return false;
  if (typed.type === "Element") {
    const children = typed.children.filter(
      (x) => !(isContainer(typed.tag) && x.type === "Name" && x.name === of),
    );
    return [typed.tag, ...typed.props, ...children].every((x) => onlyMounts(x, of, isContainer));
  }
  return Object.entries(typed).every(([key, part]) => key === "span" || onlyMounts(part, of, isContainer));
}

/** `let body = …` and the statements that assign it, as one constant after another. */
function letAsValues(text: Listing, at: number, of: string, next: Set<Stmt>): void {
  const below = text.below(at, of);
  const assigning = below.filter((place) => text.assigns(place, of));
  const last = assigning.at(-1);
  if (last === undefined) return;
  // a function made before the last assignment would see it
  if ([at, ...below].some((place) => place <= last && isCaptured(text.at(place), of))) return;
  const steps = new Map<number, Stmt>();
  // elements and schemas have no text, so that a block could not hold them
  const held = (stmt: Stmt): boolean =>
    touchesElements(stmt, text.env, new Set()) || mentionsSchemas(stmt, text.env);
  let apart = held(text.at(at));
  for (const place of assigning) {
    const stmt = text.at(place);
    const value = assigned(stmt, of);
    if (!value) return;
    apart ||= held(stmt);
    steps.set(place, constant(of, value, stmt.span));
  }
  if (!apart) return;
  for (const [place, step] of steps) {
    text.put(place, step);
    next.add(step);
  }
}

/** Whether a function in a tree uses a name. */
function isCaptured(node: unknown, of: string): boolean {
  if (typeof node !== "object" || node === null) return false;
  if (Array.isArray(node)) return node.some((x) => isCaptured(x, of));
  const { type } = node as { readonly type?: string };
  if (type === "Arrow" || type === "Func" || type === "Class") return mentions(node, of);
  return Object.entries(node).some(([key, part]) => key !== "span" && isCaptured(part, of));
}

/** What a name is after a statement that does nothing but assign it. */
function assigned(stmt: Stmt, of: string): Expr | undefined {
  switch (stmt.type) {
    case "ExprStmt": {
      const { expr } = stmt;
      if (expr.type !== "Assign" || expr.op !== "=" || expr.target.type !== "Name") return undefined;
      return expr.target.name === of && !assigns(expr.value, of) ? expr.value : undefined;
    }
    case "If": {
      if (assigns(stmt.test, of)) return undefined;
      const then = assigned(stmt.then, of);
      const otherwise = stmt.else ? assigned(stmt.else, of) : name(of);
      if (!then || !otherwise) return undefined;
      return {
        type: "Conditional",
        test: stmt.test,
        then,
        else: otherwise,
        ...(stmt.span && { span: stmt.span }),
      };
    }
    case "Block": {
      const body = stmt.body.slice(0, -1);
      const last = stmt.body.at(-1);
      if (!last) return name(of);
      const value = assigned(last, of);
      if (!value || !body.every((x) => x.type === "Declare" && !assigns(x, of))) return undefined;
      return body.length === 0 ? value : run([...body, returned(value)]);
    }
    case "Switch": {
      if (assigns(stmt.value, of)) return undefined;
      const cases: { test?: Expr; body: Stmt[] }[] = [];
      for (const [n, one] of stmt.cases.entries()) {
        const flat = one.body.length === 1 && one.body[0]?.type === "Block" ? one.body[0].body : one.body;
        const test = one.test && { test: one.test };
        if (flat.length === 0 && n < stmt.cases.length - 1) {
          cases.push({ ...test, body: [] });
          continue;
        }
        const ends = flat.at(-1)?.type === "Break";
        if (!ends && n < stmt.cases.length - 1) return undefined;
        const value = assigned({ type: "Block", body: ends ? flat.slice(0, -1) : [...flat] }, of);
        if (!value) return undefined;
        cases.push({ ...test, body: [returned(value)] });
      }
      return run([{ ...stmt, cases }, returned(name(of))]);
    }
    default:
      return undefined;
  }
}

/** Whether a name is assigned anywhere in a tree. */
function assigns(node: unknown, of: string): boolean {
  if (typeof node !== "object" || node === null) return false;
  if (Array.isArray(node)) return node.some((x) => assigns(x, of));
  const typed = node as Stmt | Expr;
  if ((typed.type === "Assign" || typed.type === "Update") && mentions(typed.target, of)) return true;
  if (typed.type === "ForOf" && !typed.kind && mentions(typed.target, of)) return true;
  return Object.entries(typed).some(([key, part]) => key !== "span" && assigns(part, of));
}

/** Names that are assigned anywhere in a tree, or mentioned in what is assigned. */
function assignedNames(node: unknown, out: Set<string> = new Set()): ReadonlySet<string> {
  if (typeof node !== "object" || node === null) return out;
  if (Array.isArray(node)) {
    for (const item of node) assignedNames(item, out);
    return out;
  }
  const typed = node as Stmt | Expr;
  if (typed.type === "Assign" || typed.type === "Update" || (typed.type === "ForOf" && !typed.kind))
    for (const used of mentionedNames(typed.target)) out.add(used);
  for (const [key, part] of Object.entries(typed)) if (key !== "span") assignedNames(part, out);
  return out;
}
