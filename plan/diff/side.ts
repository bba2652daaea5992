/** One of the two plans of a diff, with what is asked of it again and again. */
import type { Forms } from "../digest/definitions.ts";
import { isLeaf } from "../fields.ts";
import { decodeSpans, locate, type Place, type SpanStart } from "../spans.ts";
import { childrenOf, nodeName } from "../tree.ts";
import type { Node, Plan } from "../types.ts";
import type { Affected, Change } from "./change.ts";
import type { Definitions, PartUser } from "./definitions.ts";
import type { Matches } from "./match.ts";

export interface Context {
  readonly before: Side;
  readonly after: Side;
  readonly matches: Matches;
  readonly definitions: Definitions;
  /** For the plans that a plan holds. */
  readonly diffPlans: (before: Plan, after: Plan) => readonly Change[];
}

export class Side {
  readonly plan: Plan;
  readonly forms: Forms;
  readonly children: ReadonlyMap<string, readonly string[]>;
  private readonly spans: ReadonlyMap<string, SpanStart>;

  constructor(plan: Plan, forms: Forms) {
    this.plan = plan;
    this.forms = forms;
    this.children = childrenOf(plan.nodes);
    this.spans = decodeSpans(plan.spans);
  }

  node(key: string): Node {
    return this.plan.nodes[key]!;
  }

  name(key: string): string {
    return nodeName(key, this.node(key));
  }

  /** Where a part of a node comes from: `each.of` falls back to `each`, and that to the node. */
  placeOf(key: string, part: string | null): Place | null {
    const paths = [`nodes.${key}`];
    for (let end = part?.length ?? -1; part !== null && end > 0; end = part.lastIndexOf(".", end - 1))
      paths.splice(paths.length - 1, 0, `nodes.${key}.${part.slice(0, end)}`);
    return this.place(...paths);
  }

  place(...paths: readonly string[]): Place | null {
    return locate(this.plan, this.spans, ...paths);
  }

  /** The tasks, approvals and loops at or below a node. */
  workBelow(key: string): string[] {
    const found: string[] = [];
    const stack = [key];
    for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
      const { kind } = this.node(next);
      if (isLeaf(kind)) found.push(next);
      stack.push(...(this.children.get(next) ?? []).toReversed());
    }
    return found;
  }
}

/** The nodes a changed thing reaches: those that use it, and all that a list made of it multiplies (COMPILER 24). */
export function affectedBy(side: Side, users: readonly PartUser[], through: Affected["through"]): Affected[] {
  const found = new Map<string, Affected>();
  const add = (affected: Affected): void => {
    const sign = `${affected.node}\0${affected.part ?? ""}`;
    if (!found.has(sign)) found.set(sign, affected);
  };
  for (const { node, part } of users) {
    if (part !== "each.of") add({ node, name: side.name(node), part, through });
    else for (const affected of affectedByEach(side, node)) add(affected);
  }
  return [...found.values()];
}

/** The nodes that an each makes instances of. */
export function affectedByEach(side: Side, key: string): Affected[] {
  return side
    .workBelow(key)
    .map((node) => ({ node, name: side.name(node), part: null, through: "each" as const }));
}
