/** Parts of a plan in few words, the same in trees and diffs. */
import type { DraftNode } from "../draft.ts";
import { coreText, dynamicText } from "../fields.ts";
import type { CoreText } from "../types.ts";

/** What does the work of a node and where the result goes: `scorer → score`; "" for containers. */
export function workOf(node: DraftNode): string {
  if (node.kind !== "task" && node.kind !== "approval") return "";
  const by = node.kind === "approval" ? "a person" : executorOf(node);
  return node.output === undefined ? by : `${by} → ${plainText(node.output)}`;
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
