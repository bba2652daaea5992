/**
 * The frame that a plan gives for some rows: a second, plain reading of plan/types.ts, without memo, journal or scheduler.
 * It works on the draft, whose expressions are printed and parsed again first.
 */

import { type Value as Abstract, toJson } from "../../compiler/phases/3-evaluate/value.ts";
import { writtenOut } from "../../compiler/phases/4-lower/agents.ts";
import type { Field, NodeDraft, PlanDraft } from "../../compiler/phases/4-lower/draft.ts";
import type { Expr } from "../../plan/core/ast.ts";
import { type Compiled, compileExpr, parseExpr, printExpr } from "../../plan/core/index.ts";
import {
  CoreError,
  type Env,
  Handle,
  type HostObject,
  type Outcome,
  Pending,
  type Reader,
  type Value,
} from "../../plan/core/values.ts";
import { isLeaf } from "../../plan/fields.ts";
import type { Store } from "./direct.ts";
import { contextOf } from "./host.ts";
import { MACHINE } from "./machine.ts";
import type { Frame, Mounted } from "./tree.ts";

/** What a frame counts, so that a test can tell a structural plan from a block. */
export interface PlanFrame {
  frame(input: unknown, store: Store): Frame;
}

type Cell = { state: "open" } | { state: "done"; outcome: Outcome } | { state: "new"; make: () => Value };

class ScopeEnv implements Env {
  readonly parent: Env | null;
  readonly cells = new Map<string, Cell>();
  constructor(parent: Env | null) {
    this.parent = parent;
  }
  set(name: string, value: Value): void {
    this.cells.set(name, { state: "done", outcome: { kind: "value", value } });
  }
  name(name: string, reader: Reader): Value {
    const cell = this.cells.get(name);
    if (!cell) {
      if (name.startsWith("host:")) return MACHINE[name.slice("host:".length)];
      if (this.parent) return this.parent.name(name, reader);
      throw new CoreError("FORBIDDEN", `no name '${name}'`);
    }
    if (cell.state === "open") throw new CoreError("LIMIT", `'${name}' needs itself`);
    const outcome = cell.state === "done" ? cell.outcome : this.#settle(name, cell.make);
    if (outcome.kind === "value") return outcome.value;
    if (outcome.kind === "pending") throw new Pending(outcome.cell);
    throw outcome.error;
  }
  #settle(name: string, make: () => Value): Outcome {
    this.cells.set(name, { state: "open" });
    const outcome = settle(make);
    this.cells.set(name, { state: "done", outcome });
    return outcome;
  }
}

function settle(make: () => Value): Outcome {
  try {
    return { kind: "value", value: make() };
  } catch (error) {
    if (error instanceof Pending) return { kind: "pending", cell: error.cell };
    if (error instanceof CoreError) return { kind: "error", error };
    throw error;
  }
}

export function planFrame(draft: PlanDraft): PlanFrame {
  const compiled = new Map<Expr, Compiled>();
  const compile = (expr: Expr): Compiled => {
    const known = compiled.get(expr);
    if (known) return known;
    const made = compileExpr(parseExpr(printExpr(expr)));
    compiled.set(expr, made);
    return made;
  };
  const children = new Map<string, NodeDraft[]>();
  for (const node of draft.nodes) {
    if (node.parent === undefined) continue;
    children.set(node.parent, [...(children.get(node.parent) ?? []), node]);
  }
  const byKey = new Map(draft.nodes.map((node) => [node.key, node]));
  return {
    frame: (input, store) => new Evaluator(draft, compile, children, byKey).run(input, store),
  };
}

/** An error or a wait somewhere in the frame. */
interface Trouble {
  error: string | undefined;
  waiting: boolean;
}

class Evaluator {
  readonly draft: PlanDraft;
  readonly compile: (expr: Expr) => Compiled;
  readonly children: ReadonlyMap<string, readonly NodeDraft[]>;
  readonly byKey: ReadonlyMap<string, NodeDraft>;
  readonly trouble: Trouble = { error: undefined, waiting: false };
  ctx: HostObject = contextOf({}, {});

  constructor(
    draft: PlanDraft,
    compile: (expr: Expr) => Compiled,
    children: ReadonlyMap<string, readonly NodeDraft[]>,
    byKey: ReadonlyMap<string, NodeDraft>,
  ) {
    this.draft = draft;
    this.compile = compile;
    this.children = children;
    this.byKey = byKey;
  }

  run(input: unknown, store: Store): Frame {
    this.ctx = contextOf(input, store);
    const root = new ScopeEnv(null);
    root.set("ctx", this.ctx);
    for (const [name, expr] of [...this.draft.constants, ...this.draft.functions])
      root.cells.set(name, { state: "new", make: () => this.compile(expr).evaluate(root) });
    for (const [name, { template }] of this.draft.prompts) {
      const expr: Expr = { type: "Arrow", params: [{ type: "Name", name: "props" }], body: template };
      root.cells.set(`prompt:${name}`, { state: "new", make: () => this.compile(expr).evaluate(root) });
    }
    const tree: Mounted[] = [];
    const node = this.byKey.get(this.draft.root);
    if (node) this.mount(node, root, tree);
    if (this.trouble.error !== undefined) return { type: "threw", message: this.trouble.error };
    return { type: "tree", tree, waiting: this.trouble.waiting };
  }

  /** The value of an expression; undefined where it is in error or waits, which is noted. */
  value(expr: Expr, env: Env): { readonly value: Value } | undefined {
    const outcome = settle(() => this.compile(expr).evaluate(env));
    if (outcome.kind === "value") return outcome;
    if (outcome.kind === "pending") this.trouble.waiting = true;
    else this.trouble.error ??= `${outcome.error.message} in ${printExpr(expr)}`;
    return undefined;
  }

  field(field: Field, env: Env): { readonly value: Value } | undefined {
    return field.type === "json" ? { value: field.value } : this.value(field.expr, env);
  }

  mount(node: NodeDraft, env: Env, out: Mounted[]): void {
    if (node.if) {
      const test = this.value(node.if, env);
      if (!test?.value) return;
    }
    if (node.else) {
      const test = this.value(node.else, env);
      if (!test || test.value) return;
    }
    const { each } = node;
    if (!each) {
      this.instance(node, this.scope(node, env), out);
      return;
    }
    const of = this.value(each.of, env);
    if (!of) return;
    if (!Array.isArray(of.value)) {
      this.trouble.error ??= "an each over something that is no array";
      return;
    }
    for (const [n, item] of of.value.entries()) {
      const scope = new ScopeEnv(env);
      scope.set(each.as, item);
      if (each.index) scope.set(each.index, n);
      if (each.all) scope.set(each.all, of.value);
      this.declare(node, scope);
      if (each.if) {
        const test = this.value(each.if, scope);
        if (!test?.value) continue;
      }
      this.instance(node, scope, out);
    }
  }

  scope(node: NodeDraft, env: Env): Env {
    if (node.values.size === 0) return env;
    const scope = new ScopeEnv(env);
    this.declare(node, scope);
    return scope;
  }

  declare(node: NodeDraft, scope: ScopeEnv): void {
    for (const [name, expr] of node.values)
      scope.cells.set(name, { state: "new", make: () => this.compile(expr).evaluate(scope) });
  }

  instance(node: NodeDraft, env: Env, out: Mounted[], handle?: Handle): void {
    for (const guard of node.guards) {
      const test = this.value(guard.if, env);
      if (test?.value) this.trouble.error ??= `guard: ${String(this.field(guard.message, env)?.value)}`;
    }
    const inside: Mounted[] = [];
    if (node.kind === "continue-as-new") {
      out.push({ kind: node.kind, id: null, props: this.props(node, env), children: [] });
      return;
    }
    if (isLeaf(node.kind)) {
      out.push(this.task(node, env));
      return;
    }
    if (node.kind === "block") {
      const yields = node.fields.get("yields");
      const value = yields && this.field(yields, env);
      if (value) this.sites(value.value, env, out);
      return;
    }
    if (handle) this.sites(handle.children, env, inside);
    else for (const child of this.children.get(node.key) ?? []) this.mount(child, env, inside);
    if (node.kind === "group") {
      out.push(...inside);
      return;
    }
    const props = this.props(node, env);
    if (node.kind === "loop") props.until = Boolean(props.until);
    out.push({ kind: node.kind, id: this.id(node, env), props, children: inside });
  }

  props(node: NodeDraft, env: Env): Record<string, unknown> {
    const props: Record<string, unknown> = {};
    for (const [name, field] of node.fields) props[name] = this.field(field, env)?.value;
    return props;
  }

  id(node: NodeDraft, env: Env): string | null {
    if (!node.id) return null;
    const value = this.field(node.id, env)?.value;
    return value === undefined || value === null ? null : String(value);
  }

  /** What a block yields: site instances in nested arrays. */
  sites(value: Value, env: Env, out: Mounted[]): void {
    if (Array.isArray(value)) {
      for (const item of value) this.sites(item, env, out);
      return;
    }
    if (!(value instanceof Handle) || value.kind !== "site") {
      if (typeof value === "object" && value !== null) this.trouble.error ??= "a block yields data";
      if (typeof value === "function") this.trouble.error ??= "a block yields a function";
      return;
    }
    const node = this.byKey.get(value.id);
    if (!node) {
      this.trouble.error ??= `no site '${value.id}'`;
      return;
    }
    const scope = new ScopeEnv(env);
    for (const [name, outcome] of Object.entries((value.args ?? {}) as Record<string, Outcome>))
      scope.cells.set(name, { state: "done", outcome });
    this.instance(node, scope, out, value);
  }

  task(node: NodeDraft, env: Env): Mounted {
    const props: Record<string, unknown> = {};
    const scope = new ScopeEnv(env);
    const { blocked } = this.deps(node, scope, props);
    for (const [name, field] of node.fields) {
      if (name === "deps" || name === "module") continue;
      if (blocked && (name === "prompt" || name === "payload")) continue;
      const value = this.field(field, scope)?.value;
      if (name === "skipIf") props.skipIf = Boolean(value);
      else if (name === "agent") props.agent = this.agent(value);
      else if (name === "prompt" || name === "title" || name === "summary")
        props[name] = this.text(value, scope);
      else if (name === "payload") {
        if (value !== undefined && value !== null)
          props.payload = value instanceof Handle ? this.text(value, scope) : this.json(value);
      } else if (value !== undefined) props[name] = value;
    }
    props.skipIf ??= false;
    if (node.fields.has("module")) {
      for (const field of node.captures?.values() ?? []) this.field(field, scope);
      props.compute = true;
    }
    return { kind: node.kind, id: this.id(node, env), props, children: [] };
  }

  json(value: Value): unknown {
    try {
      return JSON.parse(JSON.stringify(value));
    } catch (error) {
      this.trouble.error ??= String(error);
      return undefined;
    }
  }

  deps(node: NodeDraft, scope: ScopeEnv, props: Record<string, unknown>): { blocked: boolean } {
    const field = node.fields.get("deps");
    if (!field) {
      scope.set("deps", Object.freeze({}));
      return { blocked: false };
    }
    const tables = this.field(field, scope)?.value as Record<string, unknown> | undefined;
    if (!tables) return { blocked: false };
    const needsField = node.fields.get("needs");
    const needs = needsField && (this.field(needsField, scope)?.value as Record<string, string> | undefined);
    const rows: Record<string, unknown> = {};
    const names: Record<string, unknown> = {};
    let blocked = false;
    const read = this.ctx.get("outputMaybe", SILENT) as HostObject;
    for (const [key, table] of Object.entries(tables)) {
      names[key] = table;
      const row = read.call?.([table, { nodeId: needs?.[key] ?? key }], SILENT);
      if (row === undefined) blocked = true;
      rows[key] = row;
    }
    props.deps = names;
    if (blocked) props.blocked = true;
    scope.set("deps", Object.freeze(rows));
    return { blocked };
  }

  agent(value: Value): unknown {
    if (Array.isArray(value)) return value.map((x) => this.agent(x));
    const name = value instanceof Handle && value.kind === "agent" ? value.id : value;
    const source = typeof name === "string" ? this.draft.agents.get(name) : undefined;
    if (!source) {
      this.trouble.error ??= `no agent '${String(name)}'`;
      return undefined;
    }
    if (source.type === "Object") return "a plain agent";
    const className = source.callee.type === "External" ? source.callee.path.at(-1) : source.callee.name;
    const machine = (expr: Expr): unknown =>
      this.value(writtenOut(expr, this.draft.everyConstant), new ScopeEnv(null))?.value;
    return `${className ?? ""} ${JSON.stringify(optionsOf(source.args[0], machine))}`;
  }

  /** A prompt field: strings as they are, the rest as `text` prints it. */
  text(value: Value, env: ScopeEnv): string | undefined {
    if (typeof value === "string") return value;
    if (typeof value === "number") return String(value);
    const scope = new ScopeEnv(env);
    scope.set("value$", value);
    return this.value(TEXT, scope)?.value as string | undefined;
  }
}

const SILENT: Reader = { spend: () => undefined };
const TEXT = parseExpr("text(value$)");

/** Constructor options as data; what comes out of a package is only marked. */
function optionsOf(value: Abstract | undefined, machine: (expr: Expr) => unknown): unknown {
  switch (value?.type) {
    case "Instance":
    case "External":
      return "(external)";
    case "Array":
      return value.items.map((x) => (x.type === "SpreadItem" ? "(spread)" : optionsOf(x, machine)));
    case "Residual":
      return machine(value.expr);
    case "Object":
      return Object.fromEntries([...value.props].map(([key, x]) => [key, optionsOf(x, machine)]));
    default:
      return value === undefined ? undefined : toJson(value);
  }
}
