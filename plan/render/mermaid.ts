/** A plan for Mermaid, as GitHub and editors draw it: containers as subgraphs, data as arrows. */
import type { Plan } from "../types.ts";
import { labelOf } from "./dot.ts";
import { type GraphEdge, type GraphNode, graphOf, pictured } from "./graph.ts";
import { printable } from "./printable.ts";

/** Mermaid flowchart text without a newline at its end. */
export function renderMermaid(plan: Plan): string {
  const graph = graphOf(plan);
  const ids = new Map<string, string>();
  const lines = ["flowchart TD"];
  const add = (node: GraphNode, indent: string): void => {
    const id = `n${ids.size}`;
    ids.set(node.key, id);
    const label = quote(labelOf(node));
    if (node.children.length === 0) {
      lines.push(`${indent}${id}${node.kind === "approval" ? `{{${label}}}` : `[${label}]`}`);
      return;
    }
    lines.push(`${indent}subgraph ${id}[${label}]`);
    for (const child of node.children) add(child, `${indent}  `);
    lines.push(`${indent}end`);
  };
  add(graph.root, "  ");
  for (const edge of pictured(graph)) lines.push(`  ${edgeText(edge, ids)}`);
  return lines.join("\n");
}

function edgeText({ from, to, kind, label }: GraphEdge, ids: ReadonlyMap<string, string>): string {
  const arrow = { after: "==>", deps: "-->", reads: "-.->" }[kind];
  return `${ids.get(from)} ${arrow}${label === "" ? "" : `|${quote(label)}|`} ${ids.get(to)}`;
}

/** Mermaid reads HTML and Markdown in labels: all that could be either stands as an entity. */
function quote(text: string): string {
  const safe = printable(text).replace(/[^\p{L}\p{N} \n.,:;=(){}→…/+'@-]|^\d+\. /gu, (found) =>
    [...found].map((char) => `#${char.codePointAt(0)};`).join(""),
  );
  return `"${safe.replaceAll("\n", "<br/>")}"`;
}
