/**
 * The sound fallback: a region as one Core expression that yields instances of sites. Statements run in source order;
 * every dynamic prop is evaluated in place and handed to its site as an argument.
 */
import type * as Core from "../../../plan/core/ast.ts";
import type * as Surface from "../../surface.ts";
import { arrowOf, call, literal, memberOf, nameOf, objectOf } from "../3-evaluate/core.ts";
import { touchesElements } from "../3-evaluate/shape.ts";
import { type Evaluation, freshName, report } from "../3-evaluate/state.ts";
import {
  arrow,
  type ElementWriter,
  expr,
  Names,
  type Translation,
  translation,
  written,
} from "../3-evaluate/translate.ts";
import type { BlockValue, Closure, Value } from "../3-evaluate/value.ts";
import { inLoops, type LoopId } from "./block-loops.ts";
import type { NodeDraft } from "./draft.ts";
import { tableName } from "./fields.ts";
import { HandedFunctions } from "./handed-functions.ts";
import { addNode, type Lowering, newLowering, type Place, uniqueKey } from "./place.ts";
import { type Inside, NOWHERE } from "./prompts/inside.ts";
import { collectHandles } from "./prune.ts";
import { writeSite } from "./sites.ts";

/** Lowers a region to a block node and its sites. */
export function lowerBlock(to: Lowering, value: BlockValue, place: Place): void {
  const node = addNode(to, place, "block", `${place.owner}/block`, undefined, spanOf(value));
  const writer = new BlockWriter(to, node.key, place.owner);
  const yields = writer.write(value);
  const named = new Set<string>();
  collectHandles(yields, named);
  const sites = writer.all().filter(({ key }) => {
    const isNamed = named.has(`site ${key}`);
    // What was written to be looked at only is no node.
    if (!isNamed) to.keys.delete(key);
    return isNamed;
  });
  to.nodes.push(...inDocumentOrder(sites, node.key));
  node.fields.set("yields", { type: "core", expr: yields });
  to.blocks.push({ key: node.key, why: value.why, span: node.span, ...(value.at && { at: value.at }) });
}

/** Sites of functions are written where those are first called, perhaps in the midst of another site's children. */
function inDocumentOrder(sites: readonly NodeDraft[], parent: string): NodeDraft[] {
  const children = new Map<string | undefined, NodeDraft[]>();
  for (const site of sites) children.set(site.parent, [...(children.get(site.parent) ?? []), site]);
  const under = (key: string): NodeDraft[] =>
    (children.get(key) ?? []).flatMap((site) => [site, ...under(site.key)]);
  return under(parent);
}

/** Throws Bail where a region can't be a block by itself: the one around it has to be. */
export function checkBlock(ev: Evaluation, tables: ReadonlyMap<string, Value>, value: BlockValue): void {
  new BlockWriter(newLowering(ev, tables), "block", "block").write(value);
}

const spanOf = (value: BlockValue): Core.Span => {
  const { syntax } = value;
  if (syntax.span) return syntax.span;
  if (syntax.type === "Call" && syntax.callee.type === "Arrow") {
    const { body } = syntax.callee;
    const first = body.type === "Block" ? body.body[0]?.span : body.span;
    if (body.span ?? first) return (body.span ?? first)!;
  }
  return { file: 0, start: 0, end: 0 };
};

/** Thrown when a component turns up while elements are written eagerly. */
class NeedsLaziness extends Error {}

/**
 * Writes one block. As long as no component of the source is involved, elements are site instances where they stand. A
 * component is called only when its element is mounted, as in React: then elements are wrapped, and `mount` opens them.
 */
export class BlockWriter implements ElementWriter {
  readonly to: Lowering;
  readonly parent: string;
  readonly owner: string;
  /** Sites of the text that is being written: the block's own, or that of a function. */
  #sites: NodeDraft[] = [];
  /** Sites of functions that are written already. */
  #ofFunctions: NodeDraft[] = [];
  /** When each was written: a function stands where it is first called. */
  readonly #order = new Map<NodeDraft, number>();
  lazy = false;
  mountName = "mount";
  #prelude: { readonly name: string; readonly expr: Core.Expr }[] = [];
  #names = new Map<unknown, string>();
  #keys: Set<string> | null = null;
  /** The site whose children are being written: parent of the sites among them. */
  parents: string[] = [];
  /** The tag of a prompt whose children are being written. */
  inside: Inside = NOWHERE;
  readonly handed = new HandedFunctions();
  readonly loopKids = new Map<unknown, LoopId>();
  /** How many list items were written so far. */
  items = 0;

  constructor(to: Lowering, parent: string, owner: string) {
    this.to = to;
    this.parent = parent;
    this.owner = owner;
  }

  write(value: BlockValue): Core.Expr {
    try {
      return this.#once(value);
    } catch (error) {
      if (!(error instanceof NeedsLaziness)) throw error;
      this.lazy = true;
      this.mountName = freshName(this.to.ev, "mount");
      return this.#once(value);
    }
  }

  #once(value: BlockValue): Core.Expr {
    const { ev } = this.to;
    const result = translation(ev, value.env, this, (t) => {
      this.#reset();
      return expr(t, value.syntax, new Names(null));
    });
    for (const { prop, span } of this.handed.found()) functionAsProp(ev, prop, span);
    const { functions, text } = inLoops(this.#prelude, result, this.loopKids, (at) =>
      iterationOfUnnamed(ev, at),
    );
    const mounted = this.lazy ? call(this.mountName, text) : text;
    const prelude = functions.map(
      ({ name, expr: init }): Core.Stmt => ({
        type: "Declare",
        kind: "const",
        decls: [{ target: nameOf(name), init }],
      }),
    );
    if (this.lazy) prelude.unshift(mountFunction(this.mountName));
    if (prelude.length === 0) return mounted;
    return call(arrowOf([], { type: "Block", body: [...prelude, { type: "Return", value: mounted }] }));
  }

  add(site: NodeDraft): void {
    this.#order.set(site, this.#order.size);
    this.#sites.push(site);
  }

  all(): readonly NodeDraft[] {
    const order = (site: NodeDraft): number => this.#order.get(site) ?? 0;
    return [...this.#ofFunctions, ...this.#sites].sort((a, b) => order(a) - order(b));
  }

  #reset(): void {
    this.#drop(this.#ofFunctions);
    this.#drop(this.#sites);
    this.#sites = [];
    this.#ofFunctions = [];
    this.#prelude = [];
    this.#names = new Map();
    this.parents = [];
    this.handed.reset();
  }

  /** Sites of a text that is written anew. */
  #drop(sites: readonly NodeDraft[]): void {
    for (const site of sites) this.to.keys.delete(site.key);
  }

  element(t: Translation, node: Surface.Element, names: Names): Core.Expr {
    return writeSite(this, t, node, names);
  }

  /** Property names that stand anywhere in the source: the only ones that a spread object can have. */
  writtenKeys(): ReadonlySet<string> {
    if (!this.#keys) {
      this.#keys = new Set();
      for (const module of this.to.ev.modules.keys()) collectKeys(module.body, this.#keys);
    }
    return this.#keys;
  }

  /** Names that only the block's own text has. */
  local(names: Names): ReadonlySet<string> {
    return names.texts(new Set([...this.#names.values(), this.mountName]));
  }

  needLaziness(): void {
    if (!this.lazy) throw new NeedsLaziness();
  }

  /** Writes something that stands in another place of a prompt. */
  within<T>(inside: Inside, write: () => T): T {
    const { inside: around } = this;
    this.inside = inside;
    try {
      return write();
    } finally {
      this.inside = around;
    }
  }

  siteKey(wanted: string): string {
    return uniqueKey(this.to, wanted);
  }

  parentKey(): string {
    return this.parents.at(-1) ?? this.parent;
  }

  value(t: Translation, value: Value, span?: Core.Span): Core.Expr | undefined {
    switch (value.type) {
      case "Closure":
        return touchesElements(value.arrow, value.env, new Set()) ? this.#closure(value) : undefined;
      case "Element":
        return expr({ ...t, env: value.env }, value.syntax, new Names(null));
      case "Block":
        return expr({ ...t, env: value.env }, value.syntax, new Names(null));
      case "Schema":
        return tableName(this.to.ev, value, this.to.tables, span ?? value.span);
      case "Array":
        if (value.ref) return undefined;
        return {
          type: "Array",
          elements: value.items.map((item) =>
            item.type === "SpreadItem" ? { type: "Spread", arg: written(t, item.value) } : written(t, item),
          ),
        };
      case "Object":
        if (value.ref || value.props.has("generate")) return undefined;
        return objectOf([...value.props].map(([key, x]) => [key, written(t, x)]));
      case "Choice":
        return {
          type: "Conditional",
          test: value.test,
          then: written(t, value.then),
          else: written(t, value.else),
        };
      case "Select": {
        const table = memberOf(objectOf(value.cases.map((x) => [x.key, written(t, x.value)])), value.key);
        return value.other.type === "Known" && value.other.value === undefined
          ? table
          : { type: "Logical", op: "??", left: table, right: written(t, value.other) };
      }
      case "Known":
      case "Residual":
      case "Each":
      case "Code":
      case "Class":
      case "Component":
      case "Instance":
      case "External":
      case "Table":
      case "Prompt":
      case "Namespace":
      case "Native":
      case "Workflow":
      case "Fail":
      case "Poison":
        return undefined;
      default: {
        const missing: never = value;
        return missing;
      }
    }
  }

  /** A function that makes elements stands once, before the block's own text. */
  #closure(value: Closure): Core.Expr {
    const existing = this.#names.get(value.arrow);
    if (existing) return nameOf(existing);
    const name = freshName(this.to.ev, value.name ?? "make");
    this.#names.set(value.arrow, name);
    const { parents } = this;
    const sites = this.#sites;
    this.#sites = [];
    this.handed.within.push(value.arrow);
    const text = this.within(NOWHERE, () =>
      translation(this.to.ev, value.env, this, (t) => {
        this.#drop(this.#sites);
        this.#sites = [];
        this.parents = [];
        return arrow(t, value.arrow, new Names(null));
      }),
    );
    this.handed.within.pop();
    this.#ofFunctions.push(...this.#sites);
    this.#sites = sites;
    this.parents = parents;
    this.#prelude.push({ name, expr: text });
    return nameOf(name);
  }

  /** A wrapped element: what it becomes is made when it is mounted. */
  wrapped(result: Core.Expr): Core.Expr {
    if (!this.lazy) return result;
    return {
      type: "New",
      callee: nameOf("Map"),
      args: [
        {
          type: "Array",
          elements: [{ type: "Array", elements: [literal("mount"), arrowOf([], result)] }],
        },
      ],
    };
  }

  mounted(children: Core.Expr): Core.Expr {
    return this.lazy ? call(this.mountName, children) : children;
  }
}

function collectKeys(node: unknown, into: Set<string>): void {
  if (typeof node !== "object" || node === null) return;
  if (Array.isArray(node)) {
    for (const item of node) collectKeys(item, into);
    return;
  }
  for (const [key, part] of Object.entries(node)) {
    if (key === "span") continue;
    if (
      (key === "key" || key === "property" || key === "name" || key === "value") &&
      typeof part === "string"
    )
      into.add(part);
    collectKeys(part, into);
  }
}

function functionAsProp(ev: Evaluation, prop: string, span: Core.Span | undefined): void {
  report(
    ev,
    "SM103",
    span,
    `'${prop}' is a function that the component was handed, and in a part whose shape is known only at run time a task can't run it`,
    "Write the function inside the task, or give this part a shape that the plan shows (SM109).",
  );
}

/** A loop is asked by its id where it stands in a block. */
function iterationOfUnnamed(ev: Evaluation, at: Core.Span | undefined): void {
  report(
    ev,
    "SM307",
    at,
    "which iteration this is can't be told: it stands in a loop without an id, in a part whose shape is known only at run time",
    "Give the loop an id.",
  );
}

/** `mount` opens wrapped elements, through arrays. */
function mountFunction(name: string): Core.Stmt {
  const x = nameOf("x");
  const isMap: Core.Expr = { type: "Binary", op: "instanceof", left: x, right: nameOf("Map") };
  const opened = call(call(memberOf(x, "get"), literal("mount")));
  const body: Core.Expr = {
    type: "Conditional",
    test: call(memberOf(nameOf("Array"), "isArray"), x),
    then: call(memberOf(x, "map"), arrowOf([nameOf("item")], call(name, nameOf("item")))),
    else: { type: "Conditional", test: isMap, then: call(name, opened), else: x },
  };
  return { type: "Declare", kind: "const", decls: [{ target: nameOf(name), init: arrowOf([x], body) }] };
}
