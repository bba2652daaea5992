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

type Fn = Core.Arrow<Surface.Extra> | Surface.Func;

export interface Command {
  readonly span: Core.Span;
  /** `execSync`. */
  readonly by: string;
}

/** The command lines in `fn` that `tainted` names can reach; its parameters are tainted too. */
export function taintedCommands(fn: Closure | Code, tainted: Iterable<string>): readonly Command[] {
  const syntax = fn.type === "Closure" ? fn.arrow : fn.func;
  // Inside the function `ctx` is a snapshot of what the run knows.
  const names = new Set([...tainted, "ctx"]);
  for (const param of paramsOf(syntax)) for (const name of patternNames(param)) names.add(name);
  return new Body(syntax, fn.env, names, []).commands();
}

const paramsOf = (fn: Fn): Surface.Pattern[] => [...fn.params, ...(fn.rest ? [fn.rest] : [])];
/** Helpers of helpers beyond this are not followed. */
const MAX_DEPTH = 6;
const CLEAN_CALLS = /^(Number|Boolean|parseInt|parseFloat|BigInt)$|quote|escape|sanitize/i;
const CLEAN_METHODS =
  /^(includes|startsWith|endsWith|test|some|every|indexOf|findIndex|has|getTime)$|quote|escape|sanitize/i;
const CLEAN_MEMBERS: ReadonlySet<string> = new Set(["length", "size"]);
/** Reaches a shell with its first argument. */
const SHELLS: ReadonlySet<string> = new Set(["exec", "execSync", "execaCommand", "execaCommandSync"]);
/** Reaches one where its options say so, or where the program is one. */
const PROGRAMS: ReadonlySet<string> = new Set([
  ...["spawn", "spawnSync", "execFile", "execFileSync", "execa", "execaSync"],
]);
const FROM = /^(node:child_process|child_process|execa|zx|shelljs)$/;
const SHELL_PROGRAM = /(^|\/)(sh|bash|zsh|dash|ksh|fish|cmd|cmd\.exe|powershell|pwsh)$/;

class Body {
  readonly #fn: Fn;
  readonly #env: Environment;
  readonly #tainted: Set<string>;
  readonly #open: readonly Fn[];
  readonly #locals = new Map<string, Fn>();
  readonly #bound = new Set<string>();
  readonly #found: Command[] = [];

  constructor(fn: Fn, env: Environment, tainted: Set<string>, open: readonly Fn[]) {
    this.#fn = fn;
    this.#env = env;
    this.#tainted = tainted;
    this.#open = open;
  }

  commands(): readonly Command[] {
    for (const param of paramsOf(this.#fn)) for (const name of patternNames(param)) this.#bound.add(name);
    for (let before = -1; before < this.#tainted.size; ) {
      before = this.#tainted.size;
      walk(this.#fn.body, (node) => this.#spread(node));
    }
    walk(this.#fn.body, (node) => {
      if (node.type === "Call") this.#call(node as Core.Call<Surface.Extra>);
    });
    return this.#found;
  }

  /** Taint goes from values to the names they are given. */
  #spread(node: Surface.Expr | Surface.Stmt): void {
    if (node.type === "Declare") {
      for (const { target, init } of node.decls) {
        for (const name of patternNames(target)) this.#bound.add(name);
        if (target.type === "Name" && (init?.type === "Arrow" || init?.type === "Func"))
          this.#locals.set(target.name, init);
        else if (init && this.#isTainted(init)) this.#taint(target);
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
      // `rows.map((row) => …)`; `parts.push(row.name)`.
      if (this.#isTainted(object))
        for (const arg of node.args)
          if (arg.type === "Arrow" || arg.type === "Func")
            for (const param of paramsOf(arg)) this.#taint(param);
      if (object.type === "Name" && (node.callee.property === "push" || node.callee.property === "unshift"))
        if (node.args.some((arg) => this.#isTainted(arg))) this.#tainted.add(object.name);
    }
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
    const program = this.#program(node.callee);
    if (program && this.#reachesShell(program, node))
      this.#found.push({ span: node.span ?? this.#fn.span!, by: program });
    const helper = program ? null : this.#helper(node.callee);
    if (!helper || this.#open.length >= MAX_DEPTH || this.#open.includes(helper.fn)) return;
    const tainted = new Set<string>(helper.local ? this.#tainted : []);
    let any = false;
    helper.fn.params.forEach((param, n) => {
      if (!this.#isTainted(node.args[n] ?? null)) return;
      any = true;
      for (const name of patternNames(param)) tainted.add(name);
    });
    if (!any) return;
    const [inner] = new Body(helper.fn, helper.env, tainted, [...this.#open, helper.fn]).commands();
    if (inner) this.#found.push({ span: node.span ?? inner.span, by: inner.by });
  }

  #reachesShell(program: string, { args }: Core.Call<Surface.Extra>): boolean {
    const [first, second] = args;
    if (!first) return false;
    if (SHELLS.has(program)) return this.#isTainted(first);
    if (args.some((arg) => arg.type === "Object" && asksForShell(arg)))
      return args.some((arg) => this.#isTainted(arg));
    const isShell = first.type === "Literal" && SHELL_PROGRAM.test(String(first.value));
    return isShell && second !== undefined && this.#isTainted(second);
  }

  /** What runs programs, by its own name: `execSync` for `cp.execSync`, `exec` for `promisify(exec)`. */
  #program(callee: Surface.Expr): string | null {
    const path: string[] = [];
    let at = callee;
    while (at.type === "Member" && typeof at.property === "string") {
      path.unshift(at.property);
      at = at.object;
    }
    if (at.type !== "Name" || this.#bound.has(at.name)) return null;
    return programOf(this.#value(at.name), path);
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

function programOf(value: Value | undefined, path: readonly string[]): string | null {
  if (value?.type === "External") {
    const name = [...value.path, ...path].filter((part) => part !== "default").at(-1) ?? "";
    return FROM.test(value.from) && (SHELLS.has(name) || PROGRAMS.has(name)) ? name : null;
  }
  const isPromisified =
    value?.type === "Instance" &&
    value.callee.type === "External" &&
    value.callee.path.at(-1) === "promisify";
  return isPromisified ? programOf(value.args[0], []) : null;
}

function asksForShell(options: Core.ObjectExpr<Surface.Extra>): boolean {
  return options.props.some(
    (prop) =>
      prop.type === "Property" &&
      prop.key === "shell" &&
      prop.value.type === "Literal" &&
      Boolean(prop.value.value),
  );
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
