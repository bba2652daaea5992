/** A plan as nodes and edges: what the pictures (Mermaid, DOT), XML and JSON are drawn from. */
import { parseExpr } from "../core/index.ts";
import { coreText, dynamicText, isLeaf } from "../fields.ts";
import { idPattern } from "../ids.ts";
import { childrenOf, isScopeOnly, nodeName } from "../tree.ts";
import type { Node, NodeKind, Plan } from "../types.ts";
import { codeText, plainText, workOf } from "./words.ts";

export interface GraphNode {
  readonly key: string;
  readonly kind: NodeKind;
  /** What people call it. */
  readonly name: string;
  /** What does the work and where it goes; "" for containers. */
  readonly work: string;
  /** Conditions, eaches and bounds in reading order: label and text. */
  readonly notes: readonly (readonly [string, string])[];
  readonly children: readonly GraphNode[];
}

export interface GraphEdge {
  readonly from: string;
  readonly to: string;
  /** `after`: dependsOn; `deps`: a row is waited for; `reads`: a row is looked at. */
  readonly kind: "after" | "deps" | "reads";
  /** The table; "" for `after`. */
  readonly label: string;
}

export interface Graph {
  readonly root: GraphNode;
  readonly edges: readonly GraphEdge[];
}

/**
 * The edges between leaves, as pictures can draw them: what a container reads points at its first leaf, and what it reads
 * of its own leaves (a loop's `until`) is left to its notes; what waits for a container stands behind its last leaf.
 */
export function pictured({ root, edges }: Graph): readonly GraphEdge[] {
  const first = new Map<string, string>();
  const last = new Map<string, string>();
  const within = new Map<string, ReadonlySet<string>>();
  const visit = (node: GraphNode): readonly string[] => {
    const leaves = node.children.length === 0 ? [node.key] : node.children.flatMap(visit);
    first.set(node.key, leaves[0] as string);
    last.set(node.key, leaves.at(-1) as string);
    within.set(node.key, new Set(leaves));
    return leaves;
  };
  visit(root);
  const drawn = new Map<string, GraphEdge>();
  for (const edge of edges) {
    const [from, to] = [last.get(edge.from), first.get(edge.to)];
    if (from === undefined || to === undefined) continue;
    if (to !== edge.to && within.get(edge.to)?.has(from)) continue;
    const key = JSON.stringify([from, to]);
    if (!drawn.has(key)) drawn.set(key, { ...edge, from, to });
  }
  return [...drawn.values()];
}

/** Groups that only hold names are left out; what they hold stands in their place. */
export function graphOf(plan: Plan): Graph {
  const children = childrenOf(plan.nodes);
  const shown = (key: string): readonly GraphNode[] => {
    const node = plan.nodes[key] as Node;
    const inside = (children.get(key) ?? []).flatMap(shown);
    if (key !== plan.root && isScopeOnly(node)) return inside;
    return [
      {
        key,
        kind: node.kind,
        name: nodeName(key, node),
        work: workOf(node),
        notes: notesOf(node),
        children: inside,
      },
    ];
  };
  return { root: shown(plan.root)[0] as GraphNode, edges: edgesOf(plan) };
}

function notesOf(node: Node): (readonly [string, string])[] {
  const notes: (readonly [string, string])[] = [];
  const add = (label: string, text: string): void => {
    notes.push([label, text]);
  };
  if (node.each) add("each", `${node.each.as} of ${codeText(node.each.of)}`);
  if (node.each?.if !== undefined) add("each if", codeText(node.each.if));
  if (node.if !== undefined) add("if", codeText(node.if));
  if (node.else !== undefined) add("unless", codeText(node.else));
  if (node.kind === "loop") {
    if (node.until !== undefined) add("until", codeText(node.until));
    add("at most", plainText(node.maxIterations ?? 5));
  }
  if (node.kind === "parallel" && node.maxConcurrency !== undefined)
    add("at once", plainText(node.maxConcurrency));
  if (node.kind === "phase" || node.kind === "step") add("name", plainText(node.name));
  if ((node.kind === "task" || node.kind === "approval") && node.skipIf !== undefined)
    add("skip if", codeText(node.skipIf));
  return notes;
}

/** Edges between nodes, each once, in document order of the reader, then by kind and source. */
function edgesOf(plan: Plan): readonly GraphEdge[] {
  const named = namedIn(plan);
  const edges = new Map<string, GraphEdge>();
  const add = (edge: GraphEdge): void => {
    const key = JSON.stringify([edge.from, edge.to]);
    // What a task waits for it reads as well.
    if (!edges.has(key)) edges.set(key, edge);
  };
  for (const [key, node] of Object.entries(plan.nodes)) {
    for (const id of fixedIds("dependsOn" in node ? node.dependsOn : undefined))
      for (const from of named.withId(id)) add({ from, to: key, kind: "after", label: "" });
    if (node.kind === "task") {
      const needs = fixedTable(node.needs);
      for (const [name, table] of Object.entries(fixedTable(node.deps)))
        for (const from of named.withRow(needs[name] ?? name))
          add({ from, to: key, kind: "deps", label: table });
    }
    for (const read of node.reads ?? []) {
      const [, table, id] = /^outputs\.([^@]*)(?:@([\s\S]*))?$/.exec(read) ?? [];
      if (table === undefined) continue;
      const from = id === undefined || id.includes("*") ? named.into(table) : named.withRow(id, table);
      for (const producer of from) add({ from: producer, to: key, kind: "reads", label: table });
    }
  }
  return [...edges.values()];
}

/** What can be waited for, by id: leaves, of which some give rows, and containers that have an explicit one. */
function namedIn(plan: Plan) {
  const all = Object.entries(plan.nodes).flatMap(([key, node]) => {
    if (!isLeaf(node.kind) && (node.id === undefined || node.kind === "effect")) return [];
    const text = dynamicText(node.id);
    const pattern = text === null ? null : idPattern(parseExpr(coreText(text)));
    const matches = (id: string): boolean => {
      if (typeof node.id === "string") return node.id === id;
      if (pattern === null) return key === id;
      return pattern.type === "exact" ? pattern.id === id : pattern.matches.test(id);
    };
    // A node whose id says nothing at all is nobody's certain source.
    const vague = pattern?.type === "pattern" && pattern.matches.source === "^[\\s\\S]*$";
    const output = "output" in node && typeof node.output === "string" ? node.output : null;
    const givesRow = "output" in node && node.output !== undefined;
    return vague ? [] : [{ key, output, givesRow, matches }];
  });
  const keysOf = (some: typeof all): readonly string[] => some.map(({ key }) => key);
  return {
    withId: (id: string): readonly string[] => keysOf(all.filter((one) => one.matches(id))),
    withRow: (id: string, table?: string): readonly string[] =>
      keysOf(
        all.filter(
          (one) =>
            one.givesRow &&
            one.matches(id) &&
            (table === undefined || one.output === null || one.output === table),
        ),
      ),
    into: (table: string): readonly string[] => keysOf(all.filter(({ output }) => output === table)),
  };
}

function fixedIds(value: unknown): readonly string[] {
  if (typeof value === "string") return [value];
  return Array.isArray(value) ? value.filter((id) => typeof id === "string") : [];
}

function fixedTable(value: unknown): { readonly [name: string]: string } {
  if (typeof value !== "object" || value === null || dynamicText(value) !== null) return {};
  return value as { readonly [name: string]: string };
}
