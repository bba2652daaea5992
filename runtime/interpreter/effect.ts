/** A mounted effect (SEMANTICS 14): where it stands, and what its deps are. When it runs is up to effects.ts. */
import type { Outcome } from "../../plan/core/values.ts";
import type { EffectNode } from "../../plan/types.ts";
import type { Address } from "../store/store.ts";
import type { Cell } from "../values/cell.ts";
import { stableText, toJson } from "../values/json.ts";
import { addressAt } from "../values/place.ts";
import { Instance, type Origin, Slot } from "./instance.ts";
import { holdOf, type Unit } from "./unit.ts";

export class Effect extends Instance {
  readonly node: EffectNode;
  address: Address | null = null;
  #id: Cell | null = null;
  #deps: Cell | null = null;

  constructor(origin: Origin, node: EffectNode) {
    super(origin, "sequence");
    this.node = node;
  }

  /** The deps as text, the same for what counts as equal; pending while something that they read is missing. */
  deps(): Outcome {
    return (this.#deps as Cell).pull();
  }

  /** Whether the turn has come of what the effect stands in: among its siblings it needs none. */
  get reached(): boolean {
    let unit: Unit | null = this.parent;
    while (unit && isTransparent(unit)) unit = unit.parent;
    return unit?.active ?? false;
  }

  protected override mount(): void {
    this.#id = this.cell("id", (reader) => this.id(reader));
    this.#deps = this.cell("deps", (reader) =>
      stableText(toJson(this.scope.field(this.node.watches, reader) ?? [], `deps of ${this.plan.key}`)),
    );
    this.world.watch(this.#id, this, () => this.#identify());
    this.world.watch(this.#deps, this, () => this.world.effects.touch(this), { structural: false });
    this.#identify();
  }

  protected override unmount(): void {
    this.world.effects.detach(this);
    this.address = null;
  }

  /** Nothing waits for an effect. */
  protected override done(): boolean {
    return true;
  }

  #identify(): void {
    const outcome = (this.#id as Cell).pull();
    this.hold = holdOf(outcome, `nodes.${this.plan.key}.id`);
    this.world.effects.detach(this);
    this.address = outcome.kind === "value" ? addressAt(outcome.value as string, this.scope.place) : null;
    if (this.address) this.world.effects.attach(this);
    this.update();
  }
}

/** What an effect stands in for the plan's sake only. */
function isTransparent(unit: Unit): boolean {
  if (unit instanceof Slot) return true;
  if (!(unit instanceof Instance)) return false;
  const { kind } = unit.plan.node;
  return kind === "group" || kind === "aspects" || kind === "block";
}
