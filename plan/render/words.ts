/** Parts of a plan in few words, the same in trees and diffs. */
import type { DraftNode } from "../draft.ts";
import { coreText, dynamicText, isLeaf } from "../fields.ts";
import type { CoreText, LeafNode } from "../types.ts";

/** What does the work of a node and where the result goes: `scorer → score`; "" for containers. */
export function workOf(node: DraftNode): string {
  if (!isLeafNode(node)) return "";
  const by = doerOf(node);
  return node.output === undefined ? by : `${by} → ${plainText(node.output)}`;
}

type Leaf = Extract<DraftNode, { kind: LeafNode["kind"] }>;

const isLeafNode = (node: DraftNode): node is Leaf => isLeaf(node.kind);

function doerOf(node: Leaf): string {
  switch (node.kind) {
    case "task":
      return executorOf(node);
    case "approval":
    case "human":
      return "a person";
    case "timer":
      if (node.every !== undefined) return `every ${plainText(node.every)}`;
      return node.duration === undefined ? `until ${plainText(node.at)}` : plainText(node.duration);
    case "wait":
      return `event ${plainText(node.event)}`;
    case "subflow":
      return `workflow ${node.workflow}`;
    case "continue-as-new":
      return "a new run";
    case "stop":
      return `pauses the run: ${plainText(node.reason)}`;
    case "end":
      return `ends the run: ${node.status ?? "finished"}`;
    default:
      return node satisfies never;
  }
}

function executorOf(node: Extract<DraftNode, { kind: "task" }>): string {
  if (Array.isArray(node.agent)) return node.agent.join(", else ");
  if (node.agent !== undefined) return plainText(node.agent);
  return node.module !== undefined ? `compute ${node.module}` : "static";
}

/** A plain value or the text of a dynamic one, on one line. */
export function plainText(value: unknown): string {
  const dynamic = dynamicText(value);
  if (dynamic !== null) return codeText(dynamic);
  if (typeof value === "string") return oneLine(value);
  return Array.isArray(value) ? value.join(", ") : JSON.stringify(value);
}

/** Core text on one line. */
export function codeText(text: CoreText): string {
  return oneLine(coreText(text));
}

function oneLine(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, " ");
}

/** A cell as people say it: `outputs.review@check` is "the output of check (review)". */
export function cellInWords(cell: string): string {
  const output = /^outputs\.(.*)@(.*)$/s.exec(cell);
  if (output) return `the output of ${output[2]} (${output[1]})`;
  return cell.startsWith("node ") ? `${cell.slice("node ".length)} to end` : cell;
}
