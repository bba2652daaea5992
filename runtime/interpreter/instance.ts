/** Instances: mounted plan nodes, each with its scope; and slots, the places where instances come and go. */
import { CoreError, Handle, type Outcome, type Value } from "../../plan/core/values.ts";
import { Cell, Source } from "../values/cell.ts";
import { textOf } from "../values/core.ts";
import { Argument, type Scope } from "../values/scope.ts";
import type { PlanNode } from "./plan-index.ts";
import { holdOf, type Mode, Unit } from "./unit.ts";
import type { World } from "./world.ts";

/** Where an instance comes from. */
export interface Origin {
  readonly world: World;
  readonly plan: PlanNode;
  /** Scope of the parent. */
  readonly scope: Scope;
  readonly outer: Instance | null;
  /** Mode of the nearest container. */
  readonly mode: Mode;
  readonly item?: Item;
  readonly site?: Site;
}

/** One turn of an `each`. */
interface Item {
  readonly value: Value;
  readonly index: number;
  readonly all: Value;
}

/** One site handle that a block yielded; `ordinal` counts those of the same site. */
interface Site {
  readonly ordinal: number;
  readonly args: { readonly [name: string]: Outcome };
  readonly children: Value;
}

export abstract class Instance extends Unit {
  readonly world: World;
  readonly plan: PlanNode;
  readonly scope: Scope;
  readonly outer: Instance | null;
  readonly #item: { value: Source<Value>; index: Source<number>; all: Source<Value> } | null = null;
  readonly #args = new Map<string, Argument>();
  readonly #ordinal: number;
  readonly #cells: Cell[] = [];
  /** How many of the cells outlive an unmounting. */
  #lasting = 0;
  /** Whether `scope` is this instance's and not its parent's. */
  readonly #own: boolean;
  #key: Cell | null = null;
  #gate: Cell | null = null;
  /** Children that a block gave to this site; undefined for nodes that find their children in the plan. */
  protected sites: { readonly children: Value } | undefined;
  mounted = false;

  constructor(origin: Origin, mode: Mode) {
    super(mode);
    const { world, plan, scope, outer, item, site } = origin;
    const { node } = plan;
    this.world = world;
    this.plan = plan;
    this.outer = outer;
    this.#ordinal = site?.ordinal ?? 0;
    this.sites = site && { children: site.children };
    this.#own = Boolean(item || site || node.values || ("deps" in node && node.deps !== undefined));
    this.scope = this.#own ? scope.child() : scope;
    const { graph } = world;
    if (item && node.each) {
      const bound = {
        value: new Source(graph, item.value),
        index: new Source(graph, item.index),
        all: new Source(graph, item.all),
      };
      this.#item = bound;
      this.scope.define(node.each.as, bound.value);
      if (node.each.index !== undefined) this.scope.define(node.each.index, bound.index);
      if (node.each.all !== undefined) this.scope.define(node.each.all, bound.all);
    }
    for (const name of node.args ?? []) {
      const argument = new Argument(new Source<Outcome>(graph, site?.args[name] ?? ABSENT));
      this.#args.set(name, argument);
      this.scope.define(name, argument);
    }
    this.scope.defineValues(plan.key, node.values);
  }

  override get isTransparent(): boolean {
    const { kind } = this.plan.node;
    return kind === "group" || kind === "block" || kind === "aspects";
  }

  /** To be called once, after construction. */
  begin(): void {
    const { each, key } = this.plan.node;
    const keyText = each ? each.key : undefined;
    if (keyText !== undefined)
      this.#key = this.cell("each.key", (reader) => this.scope.evaluate(keyText, reader));
    else if (key !== undefined) this.#key = this.cell("key", (reader) => this.scope.field(key, reader));
    const condition = each?.if;
    if (condition === undefined && !(each && this.#key)) {
      this.#mount();
      return;
    }
    this.#gate = this.cell("each.if", (reader) => {
      if (each) this.#key?.read(reader);
      return condition === undefined || Boolean(this.scope.evaluate(condition, reader));
    });
    this.world.watch(this.#gate, this, () => this.#pass());
    this.#pass();
  }

  /** Another item at the same position. */
  bind(item: Item): void {
    this.#item?.value.set(item.value);
    this.#item?.index.set(item.index);
    this.#item?.all.set(item.all);
  }

  /** The block yielded this site again, with these arguments. */
  rebind(site: Site): void {
    for (const [name, argument] of this.#args) argument.set(site.args[name] ?? ABSENT);
    this.sites = { children: site.children };
    if (this.mounted) this.resited();
  }

  /** What tells this instance from others of the same node: keys of the eaches around it. */
  suffix(reader: Cell): string {
    // A site inside a yielded container is another than the same site beside it.
    const within = this.sites && this.outer?.sites ? `:${this.outer.plan.key}` : "";
    const outer = `${this.outer?.suffix(reader) ?? ""}${within}`;
    if (this.#key) return `${outer}:${keyText(this.#key.read(reader), this.plan.key)}`;
    if (this.#item) return `${outer}:${this.#item.index.read(reader)}`;
    return this.#ordinal > 0 ? `${outer}:${this.#ordinal}` : outer;
  }

  /** The node's id: explicit, else from its key and those around it. Throws Pending and CoreError. */
  id(reader: Cell): string {
    const explicit = this.scope.field(this.plan.node.id, reader);
    if (explicit === undefined || explicit === null) return `${this.plan.key}${this.suffix(reader)}`;
    if (typeof explicit === "string" && explicit !== "") return explicit;
    if (typeof explicit === "number") return String(explicit);
    throw new CoreError("FORBIDDEN", `the id of ${this.plan.key} must be a non-empty string`);
  }

  /** Evaluates something about this node once, outside the frame: policies, previews. */
  ask<T>(question: (reader: Cell) => T): Outcome {
    const cell = new Cell(this.world.graph, `nodes.${this.plan.key}`, question);
    const outcome = cell.pull();
    cell.dispose();
    return outcome;
  }

  override dispose(): void {
    super.dispose();
    this.unmount();
    for (const cell of this.#cells) cell.dispose();
    if (this.#own) this.scope.dispose();
  }

  /** Builds what the node holds. */
  protected abstract mount(): void;

  /** Lets go of what `mount` made, children excepted. */
  protected unmount(): void {}

  /** `sites` changed. */
  protected resited(): void {}

  /** A cell of this instance, let go with it. */
  protected cell(field: string, compute: (reader: Cell) => Value): Cell {
    const cell = new Cell(this.world.graph, `nodes.${this.plan.key}.${field}`, compute);
    this.#cells.push(cell);
    return cell;
  }

  /** Slots for the children that the plan gives, or instances of the sites that a block gave. */
  protected slots(scope: Scope, mode: Mode): readonly Unit[] {
    const { world } = this;
    if (this.sites)
      return mountSites(this.children, this.sites.children, { world, scope, outer: this, mode });
    return this.plan.children.map((plan) => {
      const slot = new Slot({ world, plan, scope, outer: this, mode });
      slot.begin();
      return slot;
    });
  }

  protected override isSettled(unsettled: number): boolean {
    return !this.mounted || this.done(unsettled);
  }

  protected done(unsettled: number): boolean {
    return unsettled === 0;
  }

  #pass(): void {
    const outcome = (this.#gate as Cell).pull();
    const mount = outcome.kind === "value" && outcome.value === true;
    // What is mounted and stays so may be held by something of its own.
    if (!mount || !this.mounted) this.hold = holdOf(outcome, `nodes.${this.plan.key}.each`);
    if (mount === this.mounted) this.update();
    else if (mount) this.#mount();
    else {
      this.mounted = false;
      for (const child of this.children) child.dispose();
      this.unmount();
      for (const cell of this.#cells.splice(this.#lasting)) cell.dispose();
      this.adopt([]);
    }
  }

  #mount(): void {
    this.mounted = true;
    this.#lasting = this.#cells.length;
    this.#guard();
    this.mount();
    this.update();
  }

  #guard(): void {
    const { guards } = this.plan.node;
    if (!guards || guards.length === 0) return;
    for (const [index, guard] of guards.entries()) {
      const holds = this.cell(`guards.${index}`, (reader) =>
        this.scope.evaluate(guard.if, reader) ? String(this.scope.field(guard.message, reader)) : null,
      );
      this.world.guard(holds, this);
    }
  }
}

/** The place of one plan node among its siblings: nothing, one instance, or one for each item. */
export class Slot extends Unit {
  readonly plan: PlanNode;
  readonly #origin: Origin;
  #list: Cell | null = null;

  constructor(origin: Origin) {
    super(origin.mode);
    this.plan = origin.plan;
    this.#origin = origin;
  }

  override get isTransparent(): boolean {
    return true;
  }

  begin(): void {
    const { plan, scope, world } = this.#origin;
    const { node } = plan;
    const { each } = node;
    if (node.if === undefined && node.else === undefined && !each) {
      this.#fill(ONE);
      return;
    }
    const label = each
      ? `nodes.${plan.key}.each.of`
      : `nodes.${plan.key}.${node.if === undefined ? "else" : "if"}`;
    this.#list = new Cell(world.graph, label, (reader) => {
      if (node.if !== undefined && !scope.evaluate(node.if, reader)) return NONE;
      if (node.else !== undefined && scope.evaluate(node.else, reader)) return NONE;
      if (!each) return ONE;
      const source = scope.evaluate(each.of, reader);
      if (Array.isArray(source)) return source;
      throw new CoreError("THROWN", `${label}: ${textOf(each.of)} is not an array`);
    });
    world.watch(this.#list, this, () => this.#apply());
    this.#apply();
  }

  override dispose(): void {
    super.dispose();
    this.#list?.dispose();
  }

  #apply(): void {
    const list = this.#list as Cell;
    const outcome = list.pull();
    this.hold = holdOf(outcome, list.label);
    this.#fill(outcome.kind === "value" ? (outcome.value as readonly Value[]) : NONE);
  }

  #fill(items: readonly Value[]): void {
    const each = this.#origin.plan.node.each !== undefined;
    const kept = this.children as readonly Instance[];
    for (const surplus of kept.slice(items.length)) surplus.dispose();
    const instances = Array.from(items, (value, index) => {
      const item: Item = { value, index, all: items };
      const old = kept[index];
      if (old) {
        if (each) old.bind(item);
        return old;
      }
      const instance = this.#origin.world.make(each ? { ...this.#origin, item } : this.#origin);
      instance.begin();
      return instance;
    });
    if (instances.length === kept.length) this.update();
    else this.adopt(instances);
  }
}

type Surroundings = Omit<Origin, "plan" | "item" | "site">;

/** Instances of the site handles in `value`, in order; those in `kept` that stay are bound anew, the others disposed. */
export function mountSites(kept: readonly Unit[], value: Value, around: Surroundings): readonly Instance[] {
  const counts = new Map<string, number>();
  const old = new Map<string, Instance>();
  for (const unit of kept)
    if (unit instanceof Instance) old.set(`${unit.plan.key}\n${nth(counts, unit.plan.key)}`, unit);
  counts.clear();
  const instances = sitesIn(value).map((handle) => {
    const plan = around.world.index.nodes.get(handle.id);
    if (!plan) throw new CoreError("HANDLE", `there is no site ${handle.id}`);
    const ordinal = nth(counts, handle.id);
    const site: Site = { ordinal, args: handle.args as Site["args"], children: handle.children };
    const known = old.get(`${handle.id}\n${ordinal}`);
    if (known) {
      old.delete(`${handle.id}\n${ordinal}`);
      known.rebind(site);
      return known;
    }
    const instance = around.world.make({ ...around, plan, site });
    instance.begin();
    return instance;
  });
  for (const gone of old.values()) gone.dispose();
  return instances;
}

function nth(counts: Map<string, number>, key: string): number {
  const count = counts.get(key) ?? 0;
  counts.set(key, count + 1);
  return count;
}

/** The sites among what a block yields. `count && <Task/>` leaves its falsy left side, which is no more than an `if` not met. */
export function sitesIn(value: Value): Handle[] {
  if (!value || value === true) return [];
  if (value instanceof Handle && value.kind === "site") return [value];
  if (Array.isArray(value)) return value.flatMap((member) => sitesIn(member));
  throw new CoreError("HANDLE", "a block may yield sites, arrays of them and nothing else");
}

function keyText(key: Value, node: string): string {
  if (typeof key === "string" || typeof key === "number" || typeof key === "boolean") return String(key);
  throw new CoreError("FORBIDDEN", `the key of ${node} must be a string or a number`);
}

const NONE: readonly Value[] = Object.freeze([]);
const ONE: readonly Value[] = Object.freeze([undefined]);
const ABSENT: Outcome = Object.freeze({ kind: "value", value: undefined });
