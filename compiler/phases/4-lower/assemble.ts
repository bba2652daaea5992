/** The draft of the tree and what was made of its sources → the plan without digests: expressions printed, reads listed, places noted. */
import type * as Core from "../../../plan/core/ast.ts";
import { printLines, readsOf } from "../../../plan/core/index.ts";
import type { PlanDraft as Draft, DraftModule, DraftNode, DraftPrompt } from "../../../plan/draft.ts";
import { requirementsOf } from "../../../plan/features.ts";
import { FIELDS, type FieldName } from "../../../plan/fields.ts";
import { childPath, itemPath } from "../../../plan/path.ts";
import { encodeSpans, type SpanStart } from "../../../plan/spans.ts";
import {
  type Agent,
  type Capabilities,
  type Constant,
  type CoreText,
  IR_VERSION,
  type Json,
  PLAN_KIND,
  type Plan,
  type SourceMap,
} from "../../../plan/types.ts";
import type { Diagnostic } from "../../diagnostics.ts";
import { Lines } from "../../lines.ts";
import type { SourceFile } from "../2-bind/files.ts";
import { json as exprOf, firstSpan } from "../3-evaluate/core.ts";
import type { Field, NodeDraft, PlanDraft } from "./draft.ts";
import { INPUT, lowerSchemas } from "./schemas.ts";

export interface Assembly {
  readonly draft: PlanDraft;
  readonly files: readonly SourceFile[];
  readonly agents: Readonly<Record<string, Agent>>;
  readonly maps: ReadonlyMap<string, SourceMap>;
  readonly modules: ReadonlyMap<string, DraftModule>;
  readonly subflows: { readonly [name: string]: Plan };
  readonly capabilities: Capabilities;
  readonly toolchain: Readonly<Record<string, string>>;
  /** Digests of the sources, by path. */
  readonly sources: Readonly<Record<string, string>>;
}

export function assemble(input: Assembly, problems: Diagnostic[]): Draft {
  const { draft } = input;
  const functions = mapValues(draft.functions, (arrow) => printLines(arrow));
  const constants = mapValues(draft.constants, constantOf);
  const schemas = lowerSchemas(draft.schemas, { constants, functions }, problems);
  const texts = new Texts(input);
  const nodes: Record<string, DraftNode> = {};
  for (const node of draft.nodes) nodes[node.key] = texts.node(node);
  texts.definitions();
  const modules = Object.fromEntries(input.modules);
  const { agents, subflows } = input;
  return {
    kind: PLAN_KIND,
    irVersion: IR_VERSION,
    requires: [...requirementsOf({ nodes, agents, modules, subflows }).keys()],
    workflow: draft.workflow,
    input: draft.schemas.has(INPUT) ? { schema: INPUT } : null,
    schemas,
    constants,
    agents,
    prompts: mapValues(
      draft.prompts,
      ({ path, template }): DraftPrompt => ({
        source: path,
        template: printLines(template),
      }),
    ),
    functions,
    modules,
    ...(Object.keys(subflows).length > 0 && { subflows }),
    root: draft.root,
    nodes,
    capabilities: input.capabilities,
    toolchain: input.toolchain,
    sources: input.sources,
    spans: texts.spans(),
    ...(input.maps.size > 0 && { maps: Object.fromEntries(input.maps) }),
  };
}

function mapValues<A, B>(map: ReadonlyMap<string, A>, change: (value: A) => B): Record<string, B> {
  return Object.fromEntries([...map].map(([key, value]) => [key, change(value)]));
}

function constantOf(expr: Core.Expr): Constant {
  const value = literalOf(expr);
  return value === undefined ? { expr: printLines(expr) } : { value };
}

/** The JSON that an expression writes out; undefined where it is more than a literal. */
function literalOf(expr: Core.Expr): Json | undefined {
  switch (expr.type) {
    case "Literal":
      return expr.value;
    case "Template":
      return expr.exprs.length === 0 ? expr.quasis[0] : undefined;
    case "Unary": {
      const value = expr.op === "-" ? literalOf(expr.arg) : undefined;
      return typeof value === "number" && value !== 0 ? -value : undefined;
    }
    case "Array": {
      const items = expr.elements.map((e) => (e === null || e.type === "Spread" ? undefined : literalOf(e)));
      return items.every((item) => item !== undefined) ? items : undefined;
    }
    case "Object": {
      const entries: [string, Json][] = [];
      for (const p of expr.props) {
        const value = p.type === "Spread" || typeof p.key !== "string" ? undefined : literalOf(p.value);
        if (value === undefined || p.type === "Spread") return undefined;
        entries.push([p.key as string, value]);
      }
      return Object.fromEntries(entries);
    }
    default:
      return undefined;
  }
}

/** Prints the expressions of nodes and notes where each comes from. */
class Texts {
  readonly #input: Assembly;
  readonly #places = new Map<string, SpanStart>();
  readonly #lines = new Map<number, Lines>();
  /** What names of the plan stand for: named values have unique names. */
  readonly #meaning = new Map<string, Core.Expr>();

  constructor(input: Assembly) {
    this.#input = input;
    const { draft } = input;
    for (const [name, expr] of [...draft.constants, ...draft.functions]) this.#meaning.set(name, expr);
    for (const node of draft.nodes) for (const [name, expr] of node.values) this.#meaning.set(name, expr);
    // `props` is the template's own parameter.
    for (const [name, { template }] of draft.prompts)
      this.#meaning.set(`prompt:${name}`, {
        type: "Arrow",
        params: [{ type: "Name", name: "props" }],
        body: template,
      });
  }

  node(node: NodeDraft): DraftNode {
    const path = childPath("nodes", node.key);
    const own: Core.Expr[] = [];
    this.#place(path, node.span);
    const core = (expr: Core.Expr, at: string): CoreText => {
      own.push(expr);
      this.#place(at, expr.span);
      return printLines(expr);
    };
    const field = (value: Field, at: string, isCore = false): Json => {
      if (value.type === "json" && !isCore)
        return isLong(value.value) ? { $: printLines(template(value.value)) } : value.value;
      const expr = value.type === "json" ? exprOf(value.value) : value.expr;
      const literal = isCore ? undefined : literalOf(expr);
      if (literal !== undefined && !isLong(literal)) {
        this.#place(at, expr.span);
        return literal;
      }
      const text = core(literal === undefined || typeof literal !== "string" ? expr : template(literal), at);
      return isCore ? text : { $: text };
    };
    const out: Record<string, unknown> = { kind: node.kind };
    if (node.parent !== undefined) out.parent = node.parent;
    if (node.component !== undefined) out.component = node.component;
    if (node.if) out.if = core(node.if, `${path}.if`);
    if (node.else) out.else = core(node.else, `${path}.else`);
    if (node.each) {
      const { of, as, index, all, key, if: when } = node.each;
      out.each = {
        of: core(of, `${path}.each.of`),
        as,
        ...(index === undefined ? {} : { index }),
        ...(all === undefined ? {} : { all }),
        ...(key ? { key: core(key, `${path}.each.key`) } : {}),
        ...(when ? { if: core(when, `${path}.each.if`) } : {}),
      };
    }
    if (node.id) out.id = field(asText(node.id), `${path}.id`);
    if (node.orderKey) out.key = field(asText(node.orderKey), `${path}.key`);
    if (node.values.size > 0)
      out.values = mapValues(node.values, (expr) => ({ expr: printLines(expr), reads: this.#reads([expr]) }));
    for (const [name, expr] of node.values) this.#place(childPath(`${path}.values`, name), expr.span);
    if (node.guards.length > 0)
      out.guards = node.guards.map((guard, i) => ({
        if: core(guard.if, `${itemPath(`${path}.guards`, i)}.if`),
        message: field(guard.message, `${itemPath(`${path}.guards`, i)}.message`),
      }));
    if (node.args) out.args = node.args;
    for (const [name, value] of node.fields) {
      const shape = Object.hasOwn(FIELDS, name) ? FIELDS[name as FieldName] : undefined;
      if (!shape) throw new Error(`${node.kind} ${node.key}: a plan has no field ${name}`);
      out[name] = field(value, `${path}.${name}`, shape.form === "core");
    }
    if (node.captures)
      out.captures = Object.fromEntries(
        [...node.captures].map(([name, value]) => [name, field(value, childPath(`${path}.captures`, name))]),
      );
    const reads = [...new Set([...this.#reads(own), ...(node.codeReads ?? [])])].sort();
    if (reads.length > 0) out.reads = reads;
    return out as DraftNode;
  }

  /** Where agents, schemas, prompts, functions, modules and constants stand. */
  definitions(): void {
    const { draft, files } = this.#input;
    const place = (part: string, name: string, span: Core.Span | undefined): void =>
      this.#place(childPath(part, name), span);
    for (const [name, agent] of draft.agents) place("agents", name, agent.span);
    for (const [name, schema] of draft.schemas)
      if (schema.type === "Schema") place("schemas", name, schema.span);
    for (const [name, expr] of draft.constants) place("constants", name, firstSpan(expr));
    for (const [name, arrow] of draft.functions) place("functions", name, firstSpan(arrow));
    for (const [name, { fn }] of draft.modules)
      place("modules", name, fn.type === "Closure" ? fn.arrow.span : fn.func.span);
    for (const [name, { path: source }] of this.#input.draft.prompts) {
      const file = files.find((f) => f.path === source);
      if (file) place("prompts", name, { file: file.index, start: 0, end: 0 });
    }
    for (const [name, agent] of Object.entries(this.#input.agents))
      if ("module" in agent) place("modules", agent.module, draft.agents.get(name)?.span);
  }

  spans(): string {
    return encodeSpans(this.#places);
  }

  #reads(exprs: readonly Core.Expr[]): string[] {
    const cells = new Set(exprs.flatMap((expr) => readsOf(expr, (name) => this.#meaning.get(name))));
    return [...cells].sort();
  }

  #place(path: string, span: Core.Span | undefined): void {
    const file = span && this.#input.files[span.file];
    if (!file) return;
    const lines = this.#lines.get(span.file) ?? new Lines(file.text);
    this.#lines.set(span.file, lines);
    this.#places.set(path, { file: span.file, ...lines.at(span.start) });
  }
}

/** Ids and keys are strings, as in React; only what the run computes is turned into one there. */
function asText(value: Field): Field {
  return value.type === "json" ? { type: "json", value: String(value.value) } : value;
}

/** Text of several lines is kept as Core text, which a plan shows line by line. */
function isLong(value: Json): value is string {
  return typeof value === "string" && value.includes("\n");
}

function template(text: string): Core.Template {
  return { type: "Template", quasis: [text], exprs: [] };
}
