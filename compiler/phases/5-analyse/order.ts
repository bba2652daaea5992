/**
 * What must have happened before what, whatever the run decides: nodes start after their parents and after what stands
 * before them in a sequence, containers end after their children, and a node that waits starts after what it waits for.
 */

import type { NodeDraft } from "../4-lower/draft.ts";
import { type Facts, factsOf } from "./conditions.ts";
import type { Model } from "./model.ts";
import { type Wait, waitsOf } from "./waits.ts";

const TRANSPARENT: ReadonlySet<NodeDraft["kind"]> = new Set(["group", "block"]);

/** Start and end of the node at position n are 2n and 2n + 1. */
type Event = number;

export class Order {
  readonly #model: Model;
  readonly #positions: ReadonlyMap<NodeDraft, number>;
  /** For every event those that must have happened before it. */
  readonly #needs: Event[][];
  readonly #last = new Map<NodeDraft, NodeDraft>();
  readonly #facts = new Map<NodeDraft, Facts>();
  /** Waits on one node that is certain; those on several alternatives are edges for nobody else. */
  readonly waits: readonly Wait[];

  constructor(model: Model) {
    this.#model = model;
    const { nodes } = model.draft;
    this.#positions = new Map(nodes.map((node, i) => [node, i]));
    this.#needs = Array.from({ length: nodes.length * 2 }, () => []);
    for (const node of nodes) {
      this.#needs[this.#end(node)]!.push(this.#start(node));
      const parent = this.#parent(node);
      if (!parent) continue;
      this.#needs[this.#start(node)]!.push(this.#start(parent));
      this.#needs[this.#end(parent)]!.push(this.#end(node));
      const before = this.#last.get(parent);
      if (before && this.#isSequence(parent)) this.#needs[this.#start(node)]!.push(this.#end(before));
      this.#last.set(parent, node);
    }
    this.waits = waitsOf(model);
    for (const wait of this.waits)
      if (wait.on.length === 1)
        this.#needs[this.#start(wait.node)]!.push(this.#arrival(wait.node, wait.on[0]!));
  }

  /** Whether `later` can start only when `earlier` has settled, because a sequence holds both in this order. */
  comesAfter(later: NodeDraft, earlier: NodeDraft): boolean {
    if (this.#positions.get(later)! <= this.#positions.get(earlier)!) return false;
    const above = new Set(this.#model.above(earlier));
    let shared = this.#parent(later);
    while (shared && !above.has(shared)) {
      // What stands inside of the other is no sibling of it.
      if (shared === earlier) return false;
      shared = this.#parent(shared);
    }
    return shared !== undefined && this.#isSequence(shared);
  }

  /** Whether a node can start only when another has settled: by a sequence, or because it waits for it. */
  isBefore(earlier: NodeDraft, later: NodeDraft): boolean {
    if (this.comesAfter(later, earlier)) return true;
    const chain = new Set([later, ...this.#model.above(later)]);
    // Who waits for a container waits for all in it.
    const held = [earlier, ...this.#model.above(earlier)];
    return this.waits.some((wait) => chain.has(wait.node) && held.some((node) => wait.on.includes(node)));
  }

  /** Whether something of a sequence stands behind a node. */
  hasFollower(node: NodeDraft): boolean {
    return [node, ...this.#model.above(node)].some((at) => {
      const parent = this.#parent(at);
      return parent !== undefined && this.#last.get(parent) !== at && this.#isSequence(parent);
    });
  }

  /** Waits that can never end: what they wait for can only come after the node that waits. */
  deadlocks(): Wait[] {
    const stuck = this.#stuck();
    return this.waits.filter(
      (wait) =>
        (wait.on.length > 1 || stuck.has(this.#start(wait.node))) &&
        // What a sequence runs first anyway adds nothing; where that node waits in turn, it is reported there.
        !wait.on.every((target) => this.comesAfter(wait.node, target)) &&
        wait.on.every((target) => this.#leads(wait.node, target)),
    );
  }

  /** Events that a cycle keeps from happening: what is left when all that can happen has. */
  #stuck(): ReadonlySet<Event> {
    const open = this.#needs.map((needs) => needs.length);
    const then: Event[][] = this.#needs.map(() => []);
    for (const [event, needs] of this.#needs.entries()) for (const need of needs) then[need]!.push(event);
    const ready = [...open.keys()].filter((event) => open[event] === 0);
    for (const event of ready) for (const next of then[event]!) if (--open[next]! === 0) ready.push(next);
    const happened = new Set(ready);
    return new Set([...open.keys()].filter((event) => !happened.has(event)));
  }

  /** Whether the row of `target` needs the start of `reader`, over nodes that are there whenever these two are. */
  #leads(reader: NodeDraft, target: NodeDraft): boolean {
    const certain = new Map([...this.#factsOf(target).certain, ...this.#factsOf(reader).certain]);
    const around = new Set([reader, target, ...this.#model.above(reader), ...this.#model.above(target)]);
    const goal = this.#start(reader);
    const seen = new Set<Event>();
    const queue: Event[] = [this.#arrival(reader, target)];
    for (const event of queue) {
      if (event === goal) return true;
      if (seen.has(event)) continue;
      seen.add(event);
      const node = this.#model.draft.nodes[event >> 1]!;
      if (!around.has(node) && !this.#isThere(node, certain)) continue;
      queue.push(...this.#needs[event]!);
    }
    return false;
  }

  /** Whether a node is mounted once these conditions hold. */
  #isThere(node: NodeDraft, certain: Facts["certain"]): boolean {
    if ([node, ...this.#model.above(node)].some((x) => x.each || x.kind === "block")) return false;
    return [...this.#factsOf(node).certain].every(([text, { holds }]) => certain.get(text)?.holds === holds);
  }

  #factsOf(node: NodeDraft): Facts {
    const known = this.#facts.get(node) ?? factsOf(this.#model, node);
    this.#facts.set(node, known);
    return known;
  }

  /** When `reader` has the row of `target`: from outside of a loop only once that is closed. */
  #arrival(reader: NodeDraft, target: NodeDraft): Event {
    const around = new Set([reader, ...this.#model.above(reader)]);
    const loops = this.#model.above(target).filter((x) => x.kind === "loop" && !around.has(x));
    return this.#end(loops.at(-1) ?? target);
  }

  /** Whether the children of a node run one after another; which sites a block yields, and in what order, only the run knows. */
  #isSequence(node: NodeDraft): boolean {
    let at: NodeDraft | undefined = node;
    while (at && TRANSPARENT.has(at.kind)) {
      if (at.kind === "block") return false;
      at = this.#parent(at);
    }
    return at !== undefined && at.kind !== "parallel";
  }

  #start(node: NodeDraft): Event {
    return this.#positions.get(node)! * 2;
  }

  #end(node: NodeDraft): Event {
    return this.#positions.get(node)! * 2 + 1;
  }

  #parent(node: NodeDraft): NodeDraft | undefined {
    return node.parent === undefined ? undefined : this.#model.nodes.get(node.parent);
  }
}
