/**
 * The alpha-normalised form of a Core tree (COMPILER 23): binders by index, free names as the caller says, every node
 * combined from its children. One walk serves two uses: hashing, and finding what a tree refers to.
 */
import { hash } from "node:crypto";
import type { Block, Expr, Pattern, Property, Spread, Stmt } from "../core/ast.ts";
import type { Json } from "../types.ts";

/** Answers for what stands outside a tree. Results are forms, as `combine` makes them. */
export interface Outside {
  /** A free name; `member` is the property read from it right there, as the `iteration` of `ctx.iteration`. */
  name(name: string, member: string | null): string;
  /** `agent('x')`, `prompt('x', …)`, `schema('x')`, `output('x')`, `module('x')`. */
  handle(kind: HandleName, id: string): string;
  /** `site('key', { … })`: its form and the order in which the node takes its arguments. */
  site(key: string): { readonly form: string; readonly args: readonly string[] };
  /** Called around a function's parameters and body: what is in there is not read when the tree itself is. */
  arrow?(where: "enter" | "leave"): void;
  /** One form from a tag and the forms of the parts. */
  combine(tag: string, parts: readonly string[]): string;
}

export type HandleName = "agent" | "prompt" | "schema" | "output" | "module" | "subflow";

const HANDLES: ReadonlySet<string> = new Set<HandleName>(["agent", "prompt", "schema", "output", "module"]);

/** Above this many UTF-16 units a form is replaced by its hash: small forms need none, large ones cost one each. */
const INLINE_UNITS = 120;

/** Combines forms injectively: `(tag part …)`, or `#` and 64 hex digits where that is long. */
export function combine(tag: string, parts: readonly string[]): string {
  const text = parts.length === 0 ? `(${tag})` : `(${tag} ${parts.join(" ")})`;
  return text.length <= INLINE_UNITS ? text : `#${hash("sha256", text)}`;
}

/** The form of an expression. `bound` are names the caller binds, as the `props` of a prompt template. */
export function walkExpr(expr: Expr, outside: Outside, bound: readonly string[] = []): string {
  return new Walk(outside, [...bound]).expr(expr);
}

/** The form of JSON: that of the literal a person would write for it, so that naming a table changes nothing. */
export function walkJson(value: Json, make: Outside["combine"]): string {
  if (Array.isArray(value))
    return make(
      "array",
      value.map((item) => walkJson(item as Json, make)),
    );
  if (typeof value === "object" && value !== null) {
    const object = value as { readonly [key: string]: Json };
    const props = Object.keys(object).map((key) =>
      make("prop", [JSON.stringify(key), walkJson(object[key]!, make)]),
    );
    return make("object", props);
  }
  if (typeof value === "number" && (value < 0 || Object.is(value, -0)))
    return make("unary", ["-", make("literal", [String(-value)])]);
  return make("literal", [typeof value === "string" ? JSON.stringify(value) : String(value)]);
}

class Walk {
  readonly outside: Outside;
  readonly bound: string[];

  constructor(outside: Outside, bound: string[]) {
    this.outside = outside;
    this.bound = bound;
  }

  expr(expr: Expr): string {
    switch (expr.type) {
      case "Literal":
        return walkJson(expr.value, this.outside.combine);
      case "Regex":
        return this.make("regex", [JSON.stringify(expr.pattern), JSON.stringify(expr.flags)]);
      case "Template": {
        const parts = [JSON.stringify(expr.quasis[0])];
        if (expr.exprs.length === 0) return this.make("literal", parts);
        expr.exprs.forEach((part, i) => {
          parts.push(this.expr(part), JSON.stringify(expr.quasis[i + 1]));
        });
        return this.make("template", parts);
      }
      case "Name":
        return this.name(expr.name, null);
      case "Array":
        return this.make(
          "array",
          expr.elements.map((element) => (element === null ? "_" : this.item(element))),
        );
      case "Object":
        return this.make(
          "object",
          expr.props.map((prop) => this.property(prop)),
        );
      case "Arrow":
        return this.arrow(expr);
      case "Unary":
        return this.make("unary", [expr.op, this.expr(expr.arg)]);
      case "Binary":
      case "Logical":
        return this.make("binary", [expr.op, this.expr(expr.left), this.expr(expr.right)]);
      case "Conditional":
        return this.make("if", [this.expr(expr.test), this.expr(expr.then), this.expr(expr.else)]);
      case "Assign":
        return this.make("assign", [expr.op, this.pattern(expr.target), this.expr(expr.value)]);
      case "Update":
        return this.make("update", [expr.op, String(expr.prefix), this.expr(expr.target)]);
      case "Call":
        return this.call(expr);
      case "New":
        return this.make("new", [this.expr(expr.callee), ...this.items(expr.args)]);
      case "Member":
        return this.member(expr);
      case "Chain":
        return this.make("chain", [this.expr(expr.expr)]);
      case "Comma":
        return this.make(
          "comma",
          expr.exprs.map((part) => this.expr(part)),
        );
      default:
        return unknownKind(expr);
    }
  }

  private make(tag: string, parts: readonly string[]): string {
    return this.outside.combine(tag, parts);
  }

  private isFree(name: string): boolean {
    return !this.bound.includes(name);
  }

  private name(name: string, member: string | null): string {
    const at = this.bound.lastIndexOf(name);
    if (at === -1) return this.outside.name(name, member);
    return this.make("bound", [String(this.bound.length - 1 - at)]);
  }

  private item(item: Expr | Spread): string {
    return item.type === "Spread" ? this.make("spread", [this.expr(item.arg)]) : this.expr(item);
  }

  private items(items: readonly (Expr | Spread)[]): string[] {
    return items.map((item) => this.item(item));
  }

  private property(prop: Property | Spread): string {
    if (prop.type === "Spread") return this.item(prop);
    const key =
      typeof prop.key === "string" ? JSON.stringify(prop.key) : this.make("computed", [this.expr(prop.key)]);
    return this.make("prop", [key, this.expr(prop.value)]);
  }

  private member(expr: Extract<Expr, { type: "Member" }>): string {
    const { object, property } = expr;
    const key = typeof property === "string" ? walkJson(property, this.outside.combine) : this.expr(property);
    const constant =
      typeof property === "string"
        ? property
        : property.type === "Literal" && typeof property.value === "string"
          ? property.value
          : null;
    const base = object.type === "Name" ? this.name(object.name, constant) : this.expr(object);
    return this.make(expr.optional ? "get?" : "get", [base, key]);
  }

  private call(expr: Extract<Expr, { type: "Call" }>): string {
    const { callee, args } = expr;
    const [first] = args;
    if (callee.type === "Name" && this.isFree(callee.name) && first?.type === "Literal") {
      const id = first.value;
      if (typeof id === "string" && HANDLES.has(callee.name)) {
        const handle = this.outside.handle(callee.name as HandleName, id);
        return args.length === 1 ? handle : this.make("filled", [handle, ...this.items(args.slice(1))]);
      }
      if (typeof id === "string" && callee.name === "site") return this.site(id, args.slice(1));
    }
    return this.make(expr.optional ? "call?" : "call", [this.expr(callee), ...this.items(args)]);
  }

  /** Arguments of a site go by the position in which the node declares them: their names are locals of the plan. */
  private site(key: string, rest: readonly (Expr | Spread)[]): string {
    const { form, args } = this.outside.site(key);
    const [given, ...others] = rest;
    const parts = [form];
    if (given?.type === "Object") {
      const byPosition: [number, string][] = [];
      for (const prop of given.props) {
        const position =
          prop.type === "Property" && typeof prop.key === "string" ? args.indexOf(prop.key) : -1;
        if (prop.type === "Property" && position !== -1)
          byPosition.push([position, this.make("argument", [String(position), this.expr(prop.value)])]);
        else byPosition.push([args.length, this.property(prop)]);
      }
      byPosition.sort((a, b) => a[0] - b[0]);
      parts.push(...byPosition.map(([, part]) => part));
    } else if (given) parts.push(this.item(given));
    return this.make("site", [...parts, ...this.items(others)]);
  }

  private arrow(expr: Extract<Expr, { type: "Arrow" }>): string {
    this.outside.arrow?.("enter");
    const form = this.function(expr);
    this.outside.arrow?.("leave");
    return form;
  }

  private function(expr: Extract<Expr, { type: "Arrow" }>): string {
    return this.within(() => {
      for (const param of expr.params) this.bind(param);
      if (expr.rest) this.bind(expr.rest);
      const params = expr.params.map((param) => this.pattern(param));
      if (expr.rest) params.push(this.make("rest", [this.pattern(expr.rest)]));
      const body = expr.body.type === "Block" ? this.stmt(expr.body) : this.expr(expr.body);
      return this.make("arrow", [...params, body]);
    });
  }

  /** Runs with the binders pushed inside it, and takes them off again. */
  private within(run: () => string): string {
    const depth = this.bound.length;
    const form = run();
    this.bound.length = depth;
    return form;
  }

  private bind(pattern: Pattern): void {
    switch (pattern.type) {
      case "Name":
        this.bound.push(pattern.name);
        return;
      case "Member":
        return;
      case "ArrayPattern":
        for (const element of pattern.elements) if (element) this.bind(element);
        if (pattern.rest) this.bind(pattern.rest);
        return;
      case "ObjectPattern":
        for (const prop of pattern.props) this.bind(prop.value);
        if (pattern.rest) this.bind(pattern.rest);
        return;
      case "DefaultPattern":
        this.bind(pattern.target);
        return;
      default:
        unknownKind(pattern);
    }
  }

  private pattern(pattern: Pattern): string {
    switch (pattern.type) {
      case "Name":
      case "Member":
        return this.expr(pattern);
      case "ArrayPattern": {
        const parts = pattern.elements.map((element) => (element === null ? "_" : this.pattern(element)));
        if (pattern.rest) parts.push(this.make("rest", [this.pattern(pattern.rest)]));
        return this.make("array-pattern", parts);
      }
      case "ObjectPattern": {
        const parts = pattern.props.map(({ key, value }) =>
          this.make("take", [
            typeof key === "string" ? JSON.stringify(key) : this.make("computed", [this.expr(key)]),
            this.pattern(value),
          ]),
        );
        if (pattern.rest) parts.push(this.make("rest", [this.pattern(pattern.rest)]));
        return this.make("object-pattern", parts);
      }
      case "DefaultPattern":
        return this.make("default", [this.pattern(pattern.target), this.expr(pattern.value)]);
      default:
        return unknownKind(pattern);
    }
  }

  /** Declarations of a block are visible in all of it, so they are bound before anything is walked. */
  private body(stmts: readonly Stmt[]): string[] {
    for (const stmt of stmts)
      if (stmt.type === "Declare") for (const { target } of stmt.decls) this.bind(target);
    return stmts.map((stmt) => this.stmt(stmt));
  }

  private block(block: Block): string {
    return this.within(() => this.make("block", this.body(block.body)));
  }

  private stmt(stmt: Stmt): string {
    switch (stmt.type) {
      case "Declare":
        return this.make(
          stmt.kind,
          stmt.decls.map(({ target, init }) =>
            this.make("declare", [this.pattern(target), ...(init ? [this.expr(init)] : [])]),
          ),
        );
      case "ExprStmt":
        return this.make("do", [this.expr(stmt.expr)]);
      case "Block":
        return this.block(stmt);
      case "If":
        return this.make("if-else", [
          this.expr(stmt.test),
          this.stmt(stmt.then),
          ...(stmt.else ? [this.stmt(stmt.else)] : []),
        ]);
      case "Switch": {
        const value = this.expr(stmt.value);
        return this.within(() => {
          const all = stmt.cases.flatMap((one) => one.body);
          const bodies = this.body(all);
          let next = 0;
          const cases = stmt.cases.map((one) => {
            const from = next;
            next += one.body.length;
            const test = one.test ? this.expr(one.test) : "_";
            return this.make("case", [test, ...bodies.slice(from, next)]);
          });
          return this.make("switch", [value, ...cases]);
        });
      }
      case "ForOf": {
        const of = this.expr(stmt.of);
        return this.within(() => {
          if (stmt.kind) this.bind(stmt.target);
          return this.make("for-of", [stmt.kind ?? "_", this.pattern(stmt.target), of, this.stmt(stmt.body)]);
        });
      }
      case "For":
        return this.within(() => {
          const init = stmt.init ? this.body([stmt.init]) : ["_"];
          const test = stmt.test ? this.expr(stmt.test) : "_";
          const update = stmt.update ? this.expr(stmt.update) : "_";
          return this.make("for", [...init, test, update, this.stmt(stmt.body)]);
        });
      case "While":
        return this.make("while", [this.expr(stmt.test), this.stmt(stmt.body)]);
      case "DoWhile":
        return this.make("do-while", [this.stmt(stmt.body), this.expr(stmt.test)]);
      case "Break":
        return this.make("break", []);
      case "Continue":
        return this.make("continue", []);
      case "Return":
        return this.make("return", stmt.value ? [this.expr(stmt.value)] : []);
      case "Throw":
        return this.make("throw", [this.expr(stmt.value)]);
      case "Try":
        return this.make("try", [
          this.block(stmt.block),
          stmt.handler ? this.catch(stmt.param, stmt.handler) : "_",
          stmt.finalizer ? this.block(stmt.finalizer) : "_",
        ]);
      default:
        return unknownKind(stmt);
    }
  }

  private catch(param: Pattern | undefined, handler: Block): string {
    return this.within(() => {
      if (param) this.bind(param);
      return this.make("catch", [param ? this.pattern(param) : "_", this.block(handler)]);
    });
  }
}

function unknownKind(node: never): never {
  throw new TypeError(`unknown Core kind ${JSON.stringify((node as { type?: unknown }).type)}`);
}
