/**
 * What flows where: the types of expressions, from the schemas of tables and input through members, methods, lambdas,
 * named values, helpers and each items. Reports what can't be right; wherever in doubt it says nothing.
 */
import type * as Core from "../../../plan/core/ast.ts";
import { boundNames, declaredNames } from "../../../plan/core/scope.ts";
import { eachChild } from "../../../plan/core/walk.ts";
import type { Span } from "../../surface.ts";
import type { NodeDraft } from "../4-lower/draft.ts";
import {
  type AgentUse,
  ASKED_OF_AGENTS,
  anyField,
  asksKind,
  holdsAgent,
  isAgentCall,
} from "./agents-as-data.ts";
import type { Assumed } from "./assumed.ts";
import { type Comparison, compare, compareAmong } from "./comparisons.ts";
import { Conditions, endsHere, reachedBy } from "./conditions-of.ts";
import { hasMember, itemOf, onlyKind, parametersFor, resultOf } from "./methods.ts";
import type { Model } from "./model.ts";
import { assignedNames, bindPattern, bindStatements, Names } from "./names.ts";
import { type Known, Narrowed } from "./narrowed.ts";
import type { Standing } from "./paths.ts";
import { outputRead } from "./reads.ts";
import { elementOf, isContext, isJsonText, isText, lengthOf, nameSpan, same } from "./type-parts.ts";
import {
  BOOLEAN,
  join,
  maybeNothing,
  NUMBER,
  ofLiteral,
  orUndefined,
  present,
  STRING,
  type Type,
  truthOf,
  typeOf,
  UNDEFINED,
  where,
} from "./types.ts";

export interface UnknownMember {
  readonly node: NodeDraft;
  readonly name: string;
  readonly of: string;
  /** Whether the object is a list whose items would have the field. */
  readonly ofItem: boolean;
  /** False where the schema leaves room for it. */
  readonly isSure: boolean;
  readonly known: readonly string[];
  readonly span: Span | undefined;
}

export interface PlacedComparison extends Comparison {
  readonly node: NodeDraft;
  /** Of the whole comparison. */
  readonly around: Span | undefined;
}

export interface Flow {
  readonly members: readonly UnknownMember[];
  readonly comparisons: readonly PlacedComparison[];
  readonly agentUses: readonly AgentUse[];
  /** The type of an expression in a node's scope. */
  typeOf(node: NodeDraft, expr: Core.Expr): Type | null;
  /** The same where local names are known and conditions hold. */
  typeWhere(node: NodeDraft, expr: Core.Expr, names: Names, assumed: Assumed): Type | null;
}

const MAX_DEPTH = 150;
/** Rounds in which helpers tell each other what they are called with. */
const MAX_ROUNDS = 8;

export function flowOf(model: Model): Flow {
  const typer = new Typer(model);
  // Helpers are judged by all that they are called with, so that comes first.
  for (let round = 0; round < MAX_ROUNDS; round++) {
    typer.pass();
    if (typer.settle()) break;
    if (round === MAX_ROUNDS - 1) typer.forget();
  }
  typer.reports = true;
  typer.pass();
  typer.reports = false;
  return typer;
}

type Calls = ReadonlyMap<Core.Arrow, readonly (Type | null)[]>;

/** Helpers read for one call of a node; of more the type is not known. */
const MAX_READ = 200;

class Typer implements Flow {
  /** Helpers being read, one inside the other, and how many more may be. */
  #open = 0;
  #left = 0;
  readonly members: UnknownMember[] = [];
  readonly comparisons: PlacedComparison[] = [];
  readonly agentUses: AgentUse[] = [];
  reports = false;
  readonly #model: Model;
  readonly #conditions: Conditions;
  readonly #values = new Map<Core.Expr, Type | null>();
  /** What helpers are called with. */
  #calls: Calls = new Map();
  /** The same, as the pass that is under way finds it. */
  readonly #seen = new Map<Core.Arrow, readonly (Type | null)[]>();
  #node: NodeDraft;
  #depth = 0;
  /** Whether a link of the optional chain that is being read may have ended it. */
  #ended = false;
  /** Conditions around what is read, and functions with statements, which may hold some. */
  readonly #tests: Core.Node[] = [];
  /** What holds where the expression stands; null where nobody asked. */
  #assumed: Assumed | null = null;
  /** Which alternatives of unions values are there; where something is assumed, that says it. */
  #narrowed = Narrowed.nothing;

  constructor(model: Model) {
    this.#model = model;
    this.#conditions = new Conditions(model);
    this.#node = model.draft.nodes[0]!;
  }

  /** Reads every expression of the plan, then the helpers with what they were called with. */
  pass(): void {
    for (const placed of this.#model.exprs) {
      // An `else` repeats the condition of its counterpart.
      if (placed.role.type === "else") continue;
      this.#node = placed.scope;
      this.#narrowed = this.#conditions.of(placed);
      this.#visit(placed.expr, new Names(assignedNames(placed.expr)));
    }
    this.#narrowed = Narrowed.nothing;
    for (const constant of this.#model.draft.constants.values()) {
      this.#node = this.#model.draft.nodes[0]!;
      this.#visit(constant, new Names(assignedNames(constant)));
    }
    for (const helper of this.#model.draft.functions.values()) {
      this.#node = this.#model.draft.nodes[0]!;
      this.#arrow(helper, this.#calls.get(helper) ?? [], new Names(assignedNames(helper)));
    }
  }

  /** Takes over what a pass has found of the calls; whether the pass before had found the same. */
  settle(): boolean {
    const before = this.#calls;
    this.#calls = new Map(this.#seen);
    this.#seen.clear();
    const differs = ([helper, types]: [Core.Arrow, readonly (Type | null)[]]): boolean =>
      types.some((type, i) => !same(type, before.get(helper)?.[i] ?? null));
    return before.size === this.#calls.size && ![...this.#calls].some(differs);
  }

  /** Helpers that tell each other more without end are not judged. */
  forget(): void {
    this.#calls = new Map();
  }

  typeOf(node: NodeDraft, expr: Core.Expr): Type | null {
    return this.#unnarrowed(() =>
      this.#silently(node, () => this.#visit(expr, new Names(assignedNames(expr)))),
    );
  }

  typeWhere(node: NodeDraft, expr: Core.Expr, names: Names, assumed: Assumed): Type | null {
    return this.#under(assumed, () => this.#silently(node, () => this.#visit(expr, names)));
  }

  #under<T>(assumed: Assumed | null, read: () => T): T {
    const before = this.#assumed;
    this.#assumed = assumed;
    try {
      return read();
    } finally {
      this.#assumed = before;
    }
  }

  /** Reads a part that is evaluated only where `test` counts as true (or as false). */
  #where(test: Core.Expr, truth: boolean, part: Core.Expr, names: Names): Type | null {
    return this.#asking(test, () =>
      this.#given(
        (known, at) => known.where(at, test, truth),
        names,
        () => this.#visit(part, names),
      ),
    );
  }

  /** Reads what stands under a condition, or beside one: it may be for entries that are no agents. */
  #asking<T>(test: Core.Node, read: () => T): T {
    this.#tests.push(test);
    try {
      return read();
    } finally {
      this.#tests.pop();
    }
  }

  /** Reads with more known than before. */
  #given<T>(more: (known: Known, at: Standing) => Known, names: Names, read: () => T): T {
    const at = { model: this.#model, node: this.#node, names };
    if (this.#assumed) return this.#under(more(this.#assumed, at) as Assumed, read);
    const before = this.#narrowed;
    this.#narrowed = more(before, at) as Narrowed;
    try {
      return read();
    } finally {
      this.#narrowed = before;
    }
  }

  /** Reads where names stand for something of their own. */
  #hiding(names: readonly string[], outer: Names, read: () => void): void {
    this.#given((known) => known.hiding(names), outer, read);
  }

  /** Reads what is the same wherever it is asked for. */
  #unnarrowed<T>(read: () => T): T {
    const before = this.#narrowed;
    this.#narrowed = Narrowed.nothing;
    try {
      return read();
    } finally {
      this.#narrowed = before;
    }
  }

  #silently<T>(node: NodeDraft, read: () => T): T {
    const before = [this.#node, this.reports, this.#ended] as const;
    this.#node = node;
    this.reports = false;
    try {
      return read();
    } finally {
      [this.#node, this.reports, this.#ended] = before;
    }
  }

  #visit(expr: Core.Expr, names: Names): Type | null {
    if (this.#depth > MAX_DEPTH) return null;
    const assumed = this.#assumed;
    if (assumed && --assumed.budget.left < 0) return null;
    this.#depth++;
    try {
      const type = this.#read(expr, names);
      return (assumed ?? this.#narrowed).narrow({ model: this.#model, node: this.#node, names }, expr, type);
    } finally {
      this.#depth--;
    }
  }

  #read(expr: Core.Expr, names: Names): Type | null {
    switch (expr.type) {
      case "Literal":
        return ofLiteral(expr.value);
      case "Template":
        for (const hole of expr.exprs)
          this.#isData(this.#visit(hole, names), "a text", hole.span ?? expr.span);
        return typeOf("a text", STRING);
      case "Name":
        return this.#name(expr.name, names);
      case "Array":
        return this.#array(expr, names);
      case "Object":
        return this.#object(expr, names);
      case "Arrow":
        this.#arrow(expr, [], names);
        return typeOf("a function", { kind: "function" });
      case "Unary":
        return this.#unary(expr, names);
      case "Binary":
        return this.#binary(expr, names);
      case "Logical":
        return this.#logical(expr, names);
      case "Conditional": {
        const truth = truthOf(this.#visit(expr.test, names));
        const then = this.#where(expr.test, true, expr.then, names);
        const otherwise = this.#where(expr.test, false, expr.else, names);
        return truth === null ? join(then, otherwise) : truth ? then : otherwise;
      }
      case "Call":
        return this.#call(expr, names);
      case "Member":
        return this.#member(expr, names);
      case "Chain": {
        const before = this.#ended;
        this.#ended = false;
        const type = this.#visit(expr.expr, names);
        const result = this.#ended ? orUndefined(type) : type;
        this.#ended = before;
        return result;
      }
      case "Comma":
        return expr.exprs.map((part) => this.#visit(part, names)).at(-1) ?? null;
      case "Regex":
        return null;
      case "Assign":
      case "Update":
      case "New":
        this.#children(expr, names);
        return null;
      default:
        return expr satisfies never;
    }
  }

  /** Reads all that stands in a node, whatever its kind. */
  #children(node: Core.Node, names: Names): void {
    eachChild(node, (child) => this.#any(child, names));
  }

  #any(node: Core.Node, names: Names): void {
    switch (node.type) {
      case "Spread":
        this.#visit(node.arg, names);
        return;
      case "Property":
        if (typeof node.key !== "string") this.#visit(node.key, names);
        this.#visit(node.value, names);
        return;
      case "ArrayPattern":
      case "ObjectPattern":
      case "DefaultPattern":
        this.#children(node, names);
        return;
      case "Block":
        this.#statements(node.body, names);
        return;
      case "Switch":
        this.#switch(node, names);
        return;
      case "If":
        this.#if(node, names);
        return;
      case "ForOf": {
        const item = itemOf(this.#visit(node.of, names));
        const bound = node.kind ? bindPattern(names, node.target, item) : names;
        this.#hiding(boundNames(node.target), names, () => this.#any(node.body, bound));
        return;
      }
      case "For":
        if (node.init?.type === "Declare") {
          const inner = bindStatements(names, [node.init]);
          this.#hiding(declaredNames([node.init]), names, () => this.#children(node, inner));
        } else this.#children(node, names);
        return;
      case "Try": {
        this.#any(node.block, names);
        const { handler, param } = node;
        if (handler && param)
          this.#hiding(boundNames(param), names, () => this.#any(handler, bindPattern(names, param, null)));
        else if (handler) this.#any(handler, names);
        if (node.finalizer) this.#any(node.finalizer, names);
        return;
      }
      case "Declare":
      case "ExprStmt":
      case "While":
      case "DoWhile":
      case "Break":
      case "Continue":
      case "Return":
      case "Throw":
        this.#children(node, names);
        return;
      default:
        this.#visit(node, names);
    }
  }

  #statements(body: readonly Core.Stmt[], outer: Names): void {
    this.#hiding(declaredNames(body), outer, () => this.#sequence(body, bindStatements(outer, body)));
  }

  #sequence(body: readonly Core.Stmt[], outer: Names): void {
    let names = outer;
    for (const [n, stmt] of body.entries()) {
      if (stmt.type === "If") {
        this.#if(stmt, names);
        const [then, otherwise] = [endsHere(stmt.then), endsHere(stmt.else)];
        if (then === otherwise) continue;
        // What follows is reached one way only.
        const rest = names;
        this.#given(
          (known, at) => known.where(at, stmt.test, otherwise),
          names,
          () => this.#sequence(body.slice(n + 1), rest),
        );
        return;
      }
      if (stmt.type !== "Declare") {
        this.#any(stmt, names);
        continue;
      }
      for (const { target, init } of stmt.decls) {
        const type = init ? this.#visit(init, names) : null;
        // What is assigned later may be anything by then; Names knows which those are.
        names = this.#bind(names, target, type);
      }
    }
  }

  #if(node: Core.If, names: Names): void {
    this.#visit(node.test, names);
    for (const [part, truth] of [
      [node.then, true],
      [node.else, false],
    ] as const)
      if (part)
        this.#given(
          (known, at) => known.where(at, node.test, truth),
          names,
          () => this.#any(part, names),
        );
  }

  #switch(node: Core.Switch, names: Names): void {
    const value = this.#visit(node.value, names);
    const all = node.cases.flatMap(({ body }) => body);
    const inner = bindStatements(names, all);
    for (const { test, body } of node.cases) {
      if (test)
        this.#compare("===", { ...node, left: node.value, right: test }, value, this.#visit(test, names));
      const reached = reachedBy(node, body);
      this.#given(
        (known, at) => (reached ? known.where(at, ...reached) : known).hiding(declaredNames(all)),
        names,
        () => this.#sequence(body, inner),
      );
    }
  }

  #name(name: string, names: Names): Type | null {
    if (name === "undefined") return typeOf("undefined", UNDEFINED);
    const local = names.get(name);
    if (local !== undefined) return local;
    const meaning = this.#model.lookup(this.#node, name);
    if (!meaning) return name === "deps" ? this.#deps() : null;
    const { from, expr } = meaning;
    if (expr === "item") return itemOf(this.#valueOf(from, from.each!.of, true));
    if (expr === "index") return typeOf("the index", NUMBER);
    if (expr === "all") return this.#valueOf(from, from.each!.of, true);
    if (expr === "argument") return null;
    if (expr.type === "Arrow") {
      // A helper handed to something else may be called with anything.
      if (this.#model.draft.functions.get(name) === expr) this.#helper(name, []);
      return typeOf("a function", { kind: "function" });
    }
    return this.#valueOf(from, expr, false);
  }

  /** The type of a named value, read once. The source of an each stands in the scope around its node. */
  #valueOf(node: NodeDraft, expr: Core.Expr, around: boolean): Type | null {
    const values = this.#assumed?.values ?? this.#values;
    const known = values.get(expr);
    if (known !== undefined) return known;
    // One that needs itself is unknown.
    values.set(expr, null);
    const scope = around && node.parent !== undefined ? this.#model.nodes.get(node.parent)! : node;
    const type = this.#unnarrowed(() =>
      this.#silently(scope, () => this.#visit(expr, new Names(assignedNames(expr)))),
    );
    values.set(expr, type);
    return type;
  }

  /** `deps` of the node in whose prompt or payload it stands. */
  #deps(): Type | null {
    const deps = this.#node.fields.get("deps");
    if (deps?.type !== "json" || typeof deps.value !== "object" || deps.value === null) return null;
    const optional = this.#node.fields.get("depsOptional");
    const mayLack = optional !== undefined && !(optional.type === "json" && optional.value === false);
    const fields = Object.entries(deps.value).map(([name, table]): [string, Type | null] => [
      name,
      mayLack
        ? orUndefined(typeof table === "string" ? this.#model.rowType(table) : null)
        : typeof table === "string"
          ? this.#model.rowType(table)
          : null,
    ]);
    return { ...typeOf("deps", { kind: "object", fields: new Map(fields), closed: true }), told: true };
  }

  #array(expr: Core.ArrayExpr, names: Names): Type | null {
    const items = expr.elements.map((element) => {
      if (element === null) return typeOf("nothing", UNDEFINED);
      if (element.type === "Spread") return itemOf(this.#visit(element.arg, names));
      return this.#visit(element, names);
    });
    const item = items.reduce((all, one) => join(all, one), typeOf("an item"));
    return typeOf("a list", { kind: "array", items: item });
  }

  #object(expr: Core.ObjectExpr, names: Names): Type | null {
    const fields = new Map<string, Type | null>();
    for (const prop of expr.props) {
      if (prop.type === "Spread") this.#isData(this.#visit(prop.arg, names), "its properties", prop.arg.span);
      else {
        if (typeof prop.key !== "string") this.#visit(prop.key, names);
        const type = this.#visit(prop.value, names);
        if (typeof prop.key === "string") fields.set(prop.key, type);
      }
    }
    const isPlain = expr.props.every((prop) => prop.type === "Property" && typeof prop.key === "string");
    return typeOf("an object", { kind: "object", fields: isPlain ? fields : new Map(), closed: false });
  }

  /** Reads a function with these types of its parameters; gives what it returns, where that is one expression. */
  #arrow(
    arrow: Core.Arrow,
    types: readonly (Type | null)[],
    outer: Names,
    list: Core.Expr | null = null,
  ): Type | null {
    const hidden = [...arrow.params, ...(arrow.rest ? [arrow.rest] : [])].flatMap((param) =>
      boundNames(param),
    );
    const [item] = arrow.params;
    const known = (before: Known, at: Standing): Known => {
      const rest = before.hiding(hidden);
      return list && item ? rest.ofItems(at, list, item) : rest;
    };
    return this.#given(known, outer, () => this.#body(arrow, types, outer));
  }

  #body(arrow: Core.Arrow, types: readonly (Type | null)[], outer: Names): Type | null {
    let names = outer;
    for (const [i, param] of arrow.params.entries()) names = this.#bind(names, param, types[i] ?? null);
    if (arrow.rest) names = bindPattern(names, arrow.rest, null);
    const { body } = arrow;
    if (body.type !== "Block") return this.#visit(body, names);
    // A helper or callback may ask at first what it was given.
    if (arrow.params.length > 0) this.#asking(body, () => this.#statements(body.body, names));
    else this.#statements(body.body, names);
    return null;
  }

  /** Binds a pattern; fields that it takes out and that are not there are reported. */
  #bind(names: Names, pattern: Core.Pattern, type: Type | null): Names {
    if (pattern.type === "ObjectPattern")
      for (const { key, value, span } of pattern.props)
        if (typeof key === "string") this.#checkField(type, key, span ?? value.span ?? pattern.span);
    return bindPattern(names, pattern, type);
  }

  #unary(expr: Core.Unary, names: Names): Type | null {
    const arg = this.#visit(expr.arg, names);
    switch (expr.op) {
      case "!": {
        const truth = truthOf(arg);
        const values = truth === null ? null : [!truth];
        return { ...typeOf("the answer", { kind: "boolean", values }), told: arg?.told ?? false };
      }
      case "typeof":
        return typeOf("the type", STRING);
      case "void":
        return typeOf("undefined", UNDEFINED);
      case "delete":
        return typeOf("the answer", BOOLEAN);
      case "-":
      case "+":
      case "~":
        return typeOf("a number", NUMBER);
      default:
        return expr.op satisfies never;
    }
  }

  #binary(expr: Core.Binary, names: Names): Type | null {
    const left = this.#visit(expr.left, names);
    const right = this.#visit(expr.right, names);
    switch (expr.op) {
      case "===":
      case "!==":
      case "==":
      case "!=":
      case "<":
      case "<=":
      case ">":
      case ">=": {
        const answer = this.#compare(expr.op, expr, left, right);
        return typeOf("the answer", { kind: "boolean", values: answer === null ? null : [answer] });
      }
      case "in": {
        const { left: key } = expr;
        const isAnswered = key.type === "Literal" && ASKED_OF_AGENTS.has(String(key.value));
        if (!isAnswered) this.#isData(right, "what it has", expr.span);
        return typeOf("the answer", BOOLEAN);
      }
      case "instanceof":
        return typeOf("the answer", BOOLEAN);
      case "+": {
        const kinds = [onlyKind(left), onlyKind(right)];
        if (isText(left) || isText(right)) return typeOf("a text", STRING);
        if (maybeNothing(left) || maybeNothing(right)) return null;
        return kinds.every((kind) => kind === "number") ? typeOf("a number", NUMBER) : null;
      }
      default:
        return typeOf("a number", NUMBER);
    }
  }

  /** The certain answer of a comparison; null where the run decides it. */
  #compare(
    op: Core.Binary["op"],
    sides: Pick<Core.Binary, "left" | "right" | "span">,
    left: Type | null,
    right: Type | null,
  ): boolean | null {
    const found = compare(op, sides.left, sides.right, left, right);
    if (!found) return null;
    if (this.reports) this.comparisons.push({ ...found, node: this.#node, around: sides.span });
    return found.answer;
  }

  #logical(expr: Core.Logical, names: Names): Type | null {
    const left = this.#visit(expr.left, names);
    const right =
      expr.op === "??"
        ? this.#visit(expr.right, names)
        : this.#where(expr.left, expr.op === "&&", expr.right, names);
    switch (expr.op) {
      case "&&":
        return join(right, where(left, false));
      case "||":
        return join(where(left, true), right);
      case "??":
        return maybeNothing(left) ? join(present(left), right) : left;
      default:
        return expr.op satisfies never;
    }
  }

  #member(expr: Core.Member, names: Names): Type | null {
    const { object, property } = expr;
    if (typeof property !== "string") this.#visit(property, names);
    if (isContext(object, names)) {
      if (property === "input") return this.#model.rowType("input");
      return property === "iteration" ? typeOf("ctx.iteration", NUMBER) : null;
    }
    if (object.type === "Member" && object.property === "outputs" && isContext(object.object, names))
      return typeof property === "string" ? this.#model.rowsType(property) : null;
    const type = this.#visit(object, names);
    if (expr.optional && maybeNothing(type)) this.#ended = true;
    if (typeof property !== "string") return elementOf(type);
    return this.#field(type, property, nameSpan(expr));
  }

  /** The type of a field. */
  #field(type: Type | null, name: string, span: Span | undefined): Type | null {
    if (!type) return null;
    if (!this.#checkField(type, name, span)) return null;
    if (name === "length" && ["array", "string"].includes(onlyKind(type) ?? "")) return lengthOf(type);
    const objects = type.alternatives.filter((one) => one.kind === "object");
    if (objects.length === 0 || onlyKind(type) !== "object") return null;
    return objects
      .map((one) => {
        if (one.fields.has(name)) return one.fields.get(name)!;
        // A field that only others of a union have is not there.
        const isNone = one.closed && !(name in Object.prototype);
        return one.rest ?? (isNone ? { ...typeOf(`${type.of}.${name}`, UNDEFINED), told: true } : null);
      })
      .reduce((all, one) => join(all, one));
  }

  /** `Object.values(table)` and kin. */
  #ofObject(method: string, type: Type, span: Span | undefined): Type | null {
    if (!this.#isData(type, "its properties", span) || method !== "values") return null;
    const [one, ...more] = type.alternatives;
    const items =
      one?.kind === "object" && more.length === 0 && holdsAgent(type, 0) ? anyField(one.fields) : null;
    return items && typeOf("a list", { kind: "array", items });
  }

  /** Whether a value is data; reports an agent. */
  #isData(type: Type | null, what: string, span: Span | undefined): boolean {
    if (onlyKind(type) !== "agent") return true;
    if (this.reports && !this.#tests.some(asksKind)) this.agentUses.push({ node: this.#node, what, span });
    return false;
  }

  /** Whether a value may have a field; reports one that it can't have. */
  #checkField(type: Type | null, name: string, span: Span | undefined): boolean {
    if (!this.#isData(type, `\`.${name}\``, span)) return false;
    const things = present(type)?.alternatives ?? [];
    if (!type?.told || things.length === 0) return true;
    const lacks = things.every((one) =>
      one.kind === "object"
        ? (one.closed || one.unlikely?.has(name)) && !one.fields.has(name) && !(name in Object.prototype)
        : !hasMember(one.kind, name),
    );
    if (!lacks) return true;
    if (this.reports) {
      const known = things.flatMap((one) => (one.kind === "object" ? [...one.fields.keys()] : []));
      const item = present(itemOf(type))?.alternatives ?? [];
      const ofItem = item.some((one) => one.kind === "object" && one.fields.has(name));
      const isSure = things.every((one) => one.kind !== "object" || one.closed);
      this.members.push({
        node: this.#node,
        name,
        of: type.of,
        ofItem,
        isSure,
        known: [...new Set(known)],
        span,
      });
    }
    return false;
  }

  #call(call: Core.Call, names: Names): Type | null {
    const read = outputRead(call);
    if (read) {
      for (const arg of call.args) this.#any(arg, names);
      if (read.method === "iterationCount") return typeOf("the number of iterations", NUMBER);
      const row = read.table === undefined ? null : this.#model.rowType(read.table);
      return read.method === "output" ? row : orUndefined(row);
    }
    const { callee } = call;
    const [first] = call.args;
    // Nothing has no JSON form.
    if (isJsonText(callee) && first && first.type !== "Spread") {
      const value = this.#visit(first, names);
      this.#isData(value, "its JSON", call.span);
      const mayLack = value?.alternatives.some(({ kind }) => kind === "undefined");
      return value && (mayLack ? orUndefined(typeOf("JSON", STRING)) : typeOf("JSON", STRING));
    }
    if (callee.type === "Member" && typeof callee.property === "string" && !isContext(callee.object, names))
      return this.#method(call, callee, callee.property, names);
    const args = call.args.map((arg) => this.#visit(arg.type === "Spread" ? arg.arg : arg, names));
    if (callee.type === "Member") {
      const [table] = call.args;
      const isRows = callee.property === "outputs" && isContext(callee.object, names);
      if (isRows && table?.type === "Literal") return this.#model.rowsType(String(table.value));
      return null;
    }
    if (isAgentCall(call)) return typeOf("an agent", { kind: "agent" });
    if (callee.type === "Name" && names.get(callee.name) === undefined)
      return this.#helper(callee.name, call.args.some((arg) => arg.type === "Spread") ? [] : args);
    if (callee.type === "Arrow") return this.#arrow(callee, args, names);
    this.#visit(callee, names);
    return null;
  }

  #helper(name: string, args: readonly (Type | null)[]): Type | null {
    if (name === "Boolean") return typeOf("the answer", BOOLEAN);
    if (name === "String" || name === "text") return typeOf("a text", STRING);
    if (name === "Number") return typeOf("a number", NUMBER);
    const expr = this.#model.draft.functions.get(name);
    if (!expr) return null;
    const before = this.#seen.get(expr);
    const types = expr.params.map((_, i) => {
      const arg = args[i] ?? null;
      return before ? join(before[i] ?? null, arg) : arg;
    });
    this.#seen.set(expr, types);
    if (expr.body.type === "Block") return null;
    // Helpers that call helpers twice each would double at every level: what is read for one call is bounded.
    if (this.#open === 0) this.#left = MAX_READ;
    if (this.#left <= 0) return null;
    this.#left--;
    this.#open++;
    try {
      return this.#silently(this.#node, () => this.#arrow(expr, args, new Names(assignedNames(expr))));
    } finally {
      this.#open--;
    }
  }

  #method(call: Core.Call, callee: Core.Member, method: string, names: Names): Type | null {
    const receiver = this.#visit(callee.object, names);
    if (callee.optional && maybeNothing(receiver)) this.#ended = true;
    this.#checkField(receiver, method, nameSpan(callee));
    const parameters = parametersFor(method, receiver);
    const ofObject = callee.object.type === "Name" && callee.object.name === "Object" && !receiver;
    let result: Type | null = null;
    const types: (Type | null)[] = [];
    for (const [i, arg] of call.args.entries()) {
      if (arg.type === "Arrow") {
        const given = this.#arrow(arg, i === 0 ? parameters : [], names, callee.object);
        if (i === 0) result = given;
      } else if (arg.type === "Spread") this.#any(arg, names);
      else if (
        arg.type === "Name" &&
        names.get(arg.name) === undefined &&
        this.#model.draft.functions.has(arg.name)
      ) {
        const given = this.#helper(arg.name, i === 0 ? parameters : []);
        if (i === 0) result = given;
      } else types[i] = this.#visit(arg, names);
    }
    if (ofObject && types[0]) return this.#ofObject(method, types[0], call.span);
    if (method === "includes" && call.args.length === 1 && call.args[0]!.type !== "Spread") {
      const found = compareAmong(callee.object, call.args[0]!, itemOf(receiver), types[0] ?? null);
      if (this.reports)
        for (const one of found) this.comparisons.push({ ...one, node: this.#node, around: call.span });
    }
    return resultOf(method, receiver, result);
  }
}
