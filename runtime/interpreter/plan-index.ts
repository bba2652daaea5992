/** A plan's nodes as a tree, with what is asked again and again worked out once. */
import type { Node, Plan } from "../../plan/types.ts";
import { isDynamic } from "../values/core.ts";

export interface PlanNode {
  readonly key: string;
  readonly node: Node;
  readonly children: PlanNode[];
  /** Keys of the loops around it, outermost first. */
  readonly loops: readonly string[];
}

export class PlanIndex {
  readonly plan: Plan;
  readonly root: PlanNode;
  readonly nodes: ReadonlyMap<string, PlanNode>;

  constructor(plan: Plan) {
    this.plan = plan;
    const nodes = new Map<string, PlanNode>();
    for (const [key, node] of Object.entries(plan.nodes)) {
      const parent = node.parent === undefined ? undefined : nodes.get(node.parent);
      const loops = parent
        ? parent.node.kind === "loop"
          ? [...parent.loops, parent.key]
          : parent.loops
        : [];
      const entry: PlanNode = { key, node, children: [], loops };
      nodes.set(key, entry);
      parent?.children.push(entry);
    }
    const root = nodes.get(plan.root);
    if (!root) throw new Error(`the plan has no node ${plan.root}`);
    this.nodes = nodes;
    this.root = root;
  }

  /** Loops around every node whose id is known from the plan alone: node id → loop ids. */
  *staticLoops(): Iterable<readonly [string, readonly string[]]> {
    for (const { key, node, loops } of this.nodes.values()) {
      const id = fixedId(key, node);
      const around = loops.map((loop) => fixedId(loop, (this.nodes.get(loop) as PlanNode).node));
      if (id !== null && around.every((loop) => loop !== null)) yield [id, around as string[]];
    }
  }
}

/** The id a node has in every instance; null when it depends on the run. */
function fixedId(key: string, node: Node): string | null {
  if (typeof node.id === "string") return node.id;
  return isDynamic(node.id) || node.each || node.key !== undefined ? null : key;
}
