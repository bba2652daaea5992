/**
 * Command lines for a shell in functions that run as code, and whether text from outside can reach them.
 *
 * Flow-insensitive over the syntax: a name is tainted when anything tainted is ever assigned to it. Calls of functions of
 * the source are followed, a parameter at a time. What gives numbers or booleans, and what quotes, is clean.
 */
import type * as Core from "../../../plan/core/ast.ts";
import type * as Surface from "../../surface.ts";
import { patternNames } from "../3-evaluate/shape.ts";
import { Bail } from "../3-evaluate/state.ts";
import { type Closure, type Code, type Environment, lookup, type Value } from "../3-evaluate/value.ts";
import { type AroundCode, isHarmless, typeInCode } from "./code-types.ts";
import { globalProgram, isPromisify, programOf, shellText } from "./shells.ts";

type Fn = Core.Arrow<Surface.Extra> | Surface.Func;

export interface Command {
  readonly span: Core.Span;
  /** `execSync`. */
  readonly by: string;
}

/** The command lines in `fn` that `tainted` names can reach; its parameters are tainted too. */
export function taintedCommands(
  fn: Closure | Code,
  tainted: Iterable<string>,
  around: AroundCode,
): readonly Command[] {
  const syntax = fn.type === "Closure" ? fn.arrow : fn.func;
  // Inside the function `ctx` is a snapshot of what the run knows.
  const names = new Set([...tainted, "ctx"]);
  for (const param of paramsOf(syntax)) for (const name of patternNames(param)) names.add(name);
  return new Body(syntax, { env: fn.env, ...around }, names, []).commands();
}

const paramsOf = (fn: Fn): Surface.Pattern[] => [...fn.params, ...(fn.rest ? [fn.rest] : [])];
/** Helpers of helpers beyond this are not followed. */
const MAX_DEPTH = 6;
const CLEAN_CALLS = /^(Number|Boolean|parseInt|parseFloat|BigInt)$|quote|escape|sanitize/i;
const CLEAN_METHODS =
  /^(includes|startsWith|endsWith|test|some|every|indexOf|findIndex|has|getTime)$|quote|escape|sanitize/i;
const CLEAN_MEMBERS: ReadonlySet<string> = new Set(["length", "size"]);
/** Of `ctx`, what no text from outside is part of. */
const CLEAN_CONTEXT: ReadonlySet<string> = new Set(["runId", "iteration", "iterations", "now"]);

class Body {
  readonly #fn: Fn;
  readonly #env: Environment;
  readonly #tainted: Set<string>;
  readonly #open: readonly Fn[];
  readonly #locals = new Map<string, Fn>();
  /** What names of the function stand for that came from packages: `const { exec } = await import(…)`. */
  readonly #packages: Map<string, Value>;
  readonly #around: AroundCode;
  /** What names were given, but for those that are given something twice. */
  readonly #given = new Map<string, Surface.Expr | null>();
  readonly #bound = new Set<string>();
  readonly #found: Command[] = [];

  constructor(
    fn: Fn,
    around: AroundCode & { readonly env: Environment },
    tainted: Set<string>,
    open: readonly Fn[],
    packages: ReadonlyMap<string, Value> = new Map(),
  ) {
    this.#fn = fn;
    this.#env = around.env;
    this.#around = around;
    this.#tainted = tainted;
    this.#open = open;
    this.#packages = new Map(packages);
  }

  commands(): readonly Command[] {
    for (const param of paramsOf(this.#fn)) for (const name of patternNames(param)) this.#bound.add(name);
    walk(this.#fn.body, (node) => this.#note(node));
    const size = (): number => this.#tainted.size + this.#packages.size;
    for (let before = -1; before < size(); ) {
      before = size();
      walk(this.#fn.body, (node) => this.#spread(node));
    }
    walk(this.#fn.body, (node) => {
      if (node.type === "Call") this.#call(node as Core.Call<Surface.Extra>);
    });
    return this.#found;
  }

  #note(node: Surface.Expr | Surface.Stmt): void {
    const note = (target: Surface.Pattern, value: Surface.Expr | null): void => {
      for (const name of patternNames(target))
        this.#given.set(name, this.#given.has(name) || target.type !== "Name" ? null : value);
    };
    if (node.type === "Declare") for (const { target, init } of node.decls) note(target, init ?? null);
    else if (node.type === "Assign") note(node.target, null);
    else if (node.type === "ForOf") note(node.target, null);
    else if (node.type === "Arrow" || node.type === "Func")
      for (const param of paramsOf(node)) note(param, null);
  }

  #isHarmless(node: Surface.Expr): boolean {
    return isHarmless(
      typeInCode(node, {
        row: this.#around.row,
        taken: (name) => (this.#bound.has(name) ? null : this.#around.taken(name)),
        table: (expr) => this.#table(expr),
        constant: (name) => this.#given.get(name) ?? undefined,
      }),
    );
  }

  /** `"t"`, `outputs.t`. */
  #table(expr: Surface.Expr): string | null {
    const text = this.#text(expr);
    if (text !== undefined) return text;
    if (expr.type !== "Member" || expr.object.type !== "Name" || typeof expr.property !== "string")
      return null;
    const value = this.#bound.has(expr.object.name) ? undefined : this.#value(expr.object.name);
    return value?.type === "Namespace" && value.tables === "outputs" ? expr.property : null;
  }

  /** Taint goes from values to the names they are given. */
  #spread(node: Surface.Expr | Surface.Stmt): void {
    if (node.type === "Declare") {
      for (const { target, init } of node.decls) {
        for (const name of patternNames(target)) this.#bound.add(name);
        if (target.type === "Name" && (init?.type === "Arrow" || init?.type === "Func"))
          this.#locals.set(target.name, init);
        else if (init) {
          this.#name(target, this.#packaged(init));
          if (this.#isTainted(init)) this.#taint(target);
        }
      }
    } else if (node.type === "Func" && node.name) {
      this.#bound.add(node.name);
      this.#locals.set(node.name, node);
    } else if (node.type === "Assign") {
      if (this.#isTainted(node.value)) this.#taint(node.target);
    } else if (node.type === "ForOf") {
      if (this.#isTainted(node.of)) this.#taint(node.target);
    } else if (node.type === "Call" && node.callee.type === "Member") {
      const { object } = node.callee;
      // `import("node:child_process").then(({ exec }) => …)`
      const [done] = node.args;
      if (node.callee.property === "then" && (done?.type === "Arrow" || done?.type === "Func"))
        if (done.params[0]) this.#name(done.params[0], this.#packaged(object));
      // `rows.map((row) => …)`; `parts.push(row.name)`.
      if (this.#isTainted(object))
        for (const arg of node.args)
          if (arg.type === "Arrow" || arg.type === "Func")
            for (const param of paramsOf(arg)) this.#taint(param);
      if (object.type === "Name" && (node.callee.property === "push" || node.callee.property === "unshift"))
        if (node.args.some((arg) => this.#isTainted(arg))) this.#tainted.add(object.name);
    }
  }

  /** Notes what the names of a pattern take out of a package. */
  #name(pattern: Surface.Pattern, value: Value | undefined): void {
    if (value?.type !== "External") return;
    if (pattern.type === "Name") {
      this.#bound.add(pattern.name);
      this.#packages.set(pattern.name, value);
    } else if (pattern.type === "DefaultPattern") this.#name(pattern.target, value);
    else if (pattern.type === "ObjectPattern")
      for (const { key, value: inner } of pattern.props)
        if (typeof key === "string") this.#name(inner, { ...value, path: [...value.path, key] });
  }

  /** What of a package an expression gives, written in the function itself or around it. */
  #packaged(node: Surface.Expr | Core.Spread<Surface.Extra> | undefined): Value | undefined {
    switch (node?.type) {
      case "Name":
        if (this.#bound.has(node.name) || this.#packages.has(node.name)) return this.#packages.get(node.name);
        return this.#value(node.name) ?? globalProgram(node.name);
      case "Member": {
        const object = this.#packaged(node.object);
        if (object?.type !== "External" || typeof node.property !== "string") return undefined;
        return { ...object, path: [...object.path, node.property] };
      }
      case "Chain":
        return this.#packaged(node.expr);
      case "Foreign": {
        const [part] = node.parts ?? [];
        return node.what === "`import()`" ? packageOf(part, node.span) : this.#packaged(part);
      }
      case "Call": {
        const { callee, args } = node;
        if (callee.type === "Name" && callee.name === "require" && !this.#bound.has("require"))
          return packageOf(args[0], node.span ?? this.#fn.span!);
        return isPromisify(this.#packaged(callee)) ? this.#packaged(args[0]) : undefined;
      }
      default:
        return undefined;
    }
  }

  #text(node: Surface.Expr): string | undefined {
    if (node.type === "Literal") return typeof node.value === "string" ? node.value : undefined;
    if (node.type !== "Name" || this.#bound.has(node.name)) return undefined;
    const value = this.#value(node.name);
    return value?.type === "Known" && typeof value.value === "string" ? value.value : undefined;
  }

  #taint(pattern: Surface.Pattern): void {
    if (pattern.type === "Member") {
      let at: Surface.Expr = pattern;
      while (at.type === "Member") at = at.object;
      if (at.type === "Name") this.#tainted.add(at.name);
      return;
    }
    for (const name of patternNames(pattern)) this.#tainted.add(name);
  }

  #isTainted(node: Surface.Expr | Core.Spread<Surface.Extra> | null): boolean {
    if (node === null) return false;
    const some = (parts: readonly (Surface.Expr | Core.Spread<Surface.Extra> | null)[]): boolean =>
      parts.some((part) => this.#isTainted(part));
    switch (node.type) {
      case "Name":
        return this.#tainted.has(node.name);
      case "Template":
        return some(node.exprs);
      case "Array":
        return some(node.elements);
      case "Object":
        return node.props.some((prop) => this.#isTainted(prop.type === "Spread" ? prop.arg : prop.value));
      case "Spread":
        return this.#isTainted(node.arg);
      case "Binary":
        // Comparisons and sums of numbers end as something a shell can't be told anything with.
        return node.op === "+" && some([node.left, node.right]);
      case "Logical":
        return some([node.left, node.right]);
      case "Conditional":
        return some([node.then, node.else]);
      case "Assign":
        return this.#isTainted(node.value);
      case "Comma":
        return this.#isTainted(node.exprs.at(-1) ?? null);
      case "Chain":
        return this.#isTainted(node.expr);
      case "Member":
        if (node.object.type === "Name" && node.object.name === "ctx")
          if (typeof node.property === "string" && CLEAN_CONTEXT.has(node.property)) return false;
        if (this.#isHarmless(node)) return false;
        return (
          !(typeof node.property === "string" && CLEAN_MEMBERS.has(node.property)) &&
          this.#isTainted(node.object)
        );
      case "Call": {
        const { callee } = node;
        if (callee.type === "Name" && CLEAN_CALLS.test(callee.name)) return false;
        if (callee.type !== "Member") return some(node.args);
        if (typeof callee.property === "string" && CLEAN_METHODS.test(callee.property)) return false;
        return this.#isTainted(callee.object) || some(node.args);
      }
      case "New":
      case "Construct":
        return some(node.args);
      case "Foreign":
        return some(node.parts ?? []);
      case "Arrow":
        return node.body.type !== "Block" && this.#isTainted(node.body);
      case "Literal":
      case "Regex":
      case "Unary":
      case "Update":
      case "Element":
      case "Func":
      case "Class":
        return false;
      default: {
        const never: never = node;
        return never;
      }
    }
  }

  #call(node: Core.Call<Surface.Extra>): void {
    const read = shellText(node, {
      program: (callee) => programOf(this.#packaged(callee)),
      text: (part) => this.#text(part),
    });
    if (read?.parts.some((part) => this.#isTainted(part)))
      this.#found.push({ span: node.span ?? this.#fn.span!, by: read.by });
    const helper = read ? null : this.#helper(node.callee);
    if (!helper || this.#open.length >= MAX_DEPTH || this.#open.includes(helper.fn)) return;
    const tainted = new Set<string>(helper.local ? this.#tainted : []);
    let any = false;
    helper.fn.params.forEach((param, n) => {
      if (!this.#isTainted(node.args[n] ?? null)) return;
      any = true;
      for (const name of patternNames(param)) tainted.add(name);
    });
    if (!any) return;
    const [inner] = new Body(
      helper.fn,
      { env: helper.env, row: this.#around.row, taken: helper.local ? this.#around.taken : () => null },
      tainted,
      [...this.#open, helper.fn],
      helper.local ? this.#packages : new Map(),
    ).commands();
    if (inner) this.#found.push({ span: node.span ?? inner.span, by: inner.by });
  }

  #helper(
    callee: Surface.Expr,
  ): { readonly fn: Fn; readonly env: Environment; readonly local: boolean } | null {
    if (callee.type !== "Name") return null;
    const local = this.#locals.get(callee.name);
    if (local) return { fn: local, env: this.#env, local: true };
    if (this.#bound.has(callee.name)) return null;
    const value = this.#value(callee.name);
    if (value?.type === "Closure") return { fn: value.arrow, env: value.env, local: false };
    return value?.type === "Code" ? { fn: value.func, env: value.env, local: false } : null;
  }

  #value(name: string): Value | undefined {
    try {
      return lookup(this.#env, name)?.value;
    } catch (error) {
      if (error instanceof Bail) return undefined;
      throw error;
    }
  }
}

function packageOf(
  from: Surface.Expr | Core.Spread<Surface.Extra> | undefined,
  span: Core.Span,
): Value | undefined {
  if (from?.type !== "Literal" || typeof from.value !== "string") return undefined;
  return { type: "External", from: from.value, path: [], span };
}

function walk(node: unknown, visit: (node: Surface.Expr | Surface.Stmt) => void): void {
  if (typeof node !== "object" || node === null) return;
  if (Array.isArray(node)) {
    for (const item of node) walk(item, visit);
    return;
  }
  if ("type" in node) visit(node as Surface.Expr | Surface.Stmt);
  for (const [key, part] of Object.entries(node)) if (key !== "span") walk(part, visit);
}
