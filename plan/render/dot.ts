/** A plan for Graphviz: containers as clusters, data as edges. */
import type { Plan } from "../types.ts";
import { type Graph, type GraphEdge, type GraphNode, graphOf, pictured } from "./graph.ts";
import { printable } from "./printable.ts";

/** DOT text without a newline at its end. */
export function renderDot(plan: Plan): string {
  const graph = graphOf(plan);
  const ids = idsOf(graph);
  const lines = [
    `digraph ${quote(plan.workflow.name)} {`,
    "  rankdir=TB; compound=true; newrank=true;",
    '  node [shape=box style=rounded fontname="Helvetica" fontsize=11];',
    '  edge [fontname="Helvetica" fontsize=9];',
    '  graph [fontname="Helvetica" fontsize=11 style=rounded labeljust=l];',
  ];
  const add = (node: GraphNode, indent: string): void => {
    const id = ids.get(node.key) as string;
    if (node.children.length === 0) {
      lines.push(`${indent}${id} [label=${quote(labelOf(node))}${SHAPES[node.kind] ?? ""}];`);
      return;
    }
    lines.push(`${indent}subgraph cluster_${id} {`, `${indent}  label=${quote(labelOf(node))};`);
    for (const child of node.children) add(child, `${indent}  `);
    lines.push(`${indent}}`);
  };
  add(graph.root, "  ");
  for (const edge of pictured(graph)) lines.push(`  ${edgeText(edge, ids)}`);
  lines.push("}");
  return lines.join("\n");
}

const SHAPES: { readonly [kind: string]: string } = { approval: " shape=octagon", block: " style=dashed" };

function edgeText({ from, to, kind, label }: GraphEdge, ids: ReadonlyMap<string, string>): string {
  const style = { after: " style=bold", deps: "", reads: " style=dashed" }[kind];
  return `${ids.get(from)} -> ${ids.get(to)} [label=${quote(label)}${style}];`;
}

/** Short names for keys, which may hold any text. */
function idsOf({ root }: Graph): ReadonlyMap<string, string> {
  const ids = new Map<string, string>();
  const add = (node: GraphNode): void => {
    ids.set(node.key, `n${ids.size}`);
    node.children.forEach(add);
  };
  add(root);
  return ids;
}

export function labelOf(node: GraphNode): string {
  const head = node.kind === "task" ? node.name : `${node.kind} ${node.name}`;
  return [
    head,
    ...(node.work === "" ? [] : [node.work]),
    ...node.notes.map(([label, text]) => `${label}: ${short(text)}`),
  ].join("\n");
}

const WIDTH = 70;
const short = (text: string): string => {
  const chars = [...text];
  return chars.length <= WIDTH ? text : `${chars.slice(0, WIDTH - 1).join("")}…`;
};

function quote(text: string): string {
  const safe = printable(text).replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
  return `"${safe}"`;
}
