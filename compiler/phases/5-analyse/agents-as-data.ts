/** What is known of agents where data flows: the plan refers to them, and no more. */
import type * as Core from "../../../plan/core/ast.ts";
import { eachChild } from "../../../plan/core/walk.ts";
import type { Span } from "../../surface.ts";
import type { NodeDraft } from "../4-lower/draft.ts";
import { type Fields, join, type Type, typeOf } from "./types.ts";

/** A use of an agent as data, which it is not. */
export interface AgentUse {
  readonly node: NodeDraft;
  /** What is asked of it. */
  readonly what: string;
  readonly span: Span | undefined;
}

/** What the run answers of any agent: enough to tell one from an entry that holds one. */
export const ASKED_OF_AGENTS: ReadonlySet<string> = new Set(["generate", "agent"]);

/** Whether a condition tells agents from other things. */
export function asksKind(node: Core.Node): boolean {
  if (node.type === "Binary" && (node.op === "in" || node.op === "instanceof")) return true;
  if (node.type === "Unary" && node.op === "typeof") return true;
  if (node.type === "Call" && node.callee.type === "Member" && node.callee.property === "isArray")
    return true;
  let found = false;
  eachChild(node, (child) => {
    found ||= asksKind(child);
  });
  return found;
}

export const isAgentCall = ({ callee, args }: Core.Call): boolean =>
  callee.type === "Name" && callee.name === "agent" && args[0]?.type === "Literal";

export const anyField = (fields: Fields): Type | null =>
  [...fields.values()].reduce((all, field) => join(all, field), typeOf("an entry"));

/** Whether a value is an agent, or a table with one not far below. */
export function holdsAgent(type: Type | null, depth: number): boolean {
  return (type?.alternatives ?? []).some(
    (one) =>
      one.kind === "agent" ||
      (one.kind === "object" &&
        depth < 3 &&
        [...one.fields.values()].some((field) => holdsAgent(field, depth + 1))),
  );
}
