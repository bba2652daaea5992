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
import { patternNames, touchesElements } from "./shape.ts";
import { type Environment, lookup } from "./value.ts";

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
  const next = new Set<Stmt>();
  let result = stmts;
  for (const stmt of stmts) {
    const list = declaredList(stmt);
    if (list !== undefined) result = listAsParts(result, stmt, list, env) ?? result;
    const held = declaredLet(stmt);
    if (held !== undefined) result = letAsValues(result, stmt, held, env, next) ?? result;
  }
  const before = new Set(stmts);
  return { stmts: result, next, made: new Set(result.filter((stmt) => !before.has(stmt))) };
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

/** The statements with a list's appends as parts; undefined where something else is done with it. */
function listAsParts(
  stmts: readonly Stmt[],
  declared: Stmt,
  of: string,
  env: Environment,
): readonly Stmt[] | undefined {
  const at = stmts.indexOf(declared);
  const decl = declared.type === "Declare" ? declared.decls[0] : undefined;
  if (at < 0 || decl?.init?.type !== "Array") return undefined;
  const part = new Parts(of);
  const result: Stmt[] = stmts.slice(0, at);
  const parts: (Expr | Core.Spread<Surface.Extra>)[] = [];
  for (const x of decl.init.elements) if (x) parts.push(x);
  let next = at + 1;
  let last = at;
  const middle: { readonly stmt: Stmt; readonly value?: Expr }[] = [];
  for (; next < stmts.length; next++) {
    const stmt = stmts[next]!;
    if (!mentions(stmt, of)) {
      middle.push({ stmt });
      continue;
    }
    const value = part.ofStatement(stmt);
    if (!value) break;
    middle.push({ stmt, value });
    last = next;
  }
  const appended = middle.filter((x) => x.value);
  if (appended.length === 0 || !appended.some((x) => touchesElements(x.stmt, env, new Set())))
    return undefined;
  const after = stmts.slice(last + 1);
  const shadowed = new Set(stmts.flatMap(declaredNames));
  const isContainer = (tag: Expr | null): boolean =>
    tag === null || (tag.type === "Name" && !shadowed.has(tag.name) && takesAnyList(env, tag.name));
  if (!after.every((stmt) => onlyMounts(stmt, of, isContainer))) return undefined;
  for (const { stmt, value } of middle.slice(0, last - at)) {
    if (!value) {
      result.push(stmt);
      continue;
    }
    const own = part.fresh();
    result.push(constant(own, value, stmt.span));
    parts.push(name(own));
  }
  return [...result, constant(of, list(parts), declared.span), ...after];
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
function letAsValues(
  stmts: readonly Stmt[],
  declared: Stmt,
  of: string,
  env: Environment,
  next: Set<Stmt>,
): readonly Stmt[] | undefined {
  const at = stmts.indexOf(declared);
  const last = stmts.findLastIndex((stmt) => assigns(stmt, of));
  // a function made before the last assignment would see it
  if (at < 0 || last <= at || stmts.slice(at, last + 1).some((stmt) => isCaptured(stmt, of)))
    return undefined;
  const made: Stmt[] = [];
  const result = stmts.slice(0, at + 1);
  let elements = touchesElements(declared, env, new Set());
  for (const stmt of stmts.slice(at + 1)) {
    if (!assigns(stmt, of)) {
      result.push(stmt);
      continue;
    }
    const value = assigned(stmt, of);
    if (!value) return undefined;
    elements ||= touchesElements(stmt, env, new Set());
    const step = constant(of, value, stmt.span);
    made.push(step);
    result.push(step);
  }
  if (!elements) return undefined;
  for (const stmt of made) next.add(stmt);
  return result;
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
