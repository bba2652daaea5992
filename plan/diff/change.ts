/** One difference between two plans, as data; renderers turn a list of them into text. */
import type { Place } from "../spans.ts";
import type { ReasonCode } from "./reasons.ts";

/** A node that a change elsewhere reaches. */
export interface Affected {
  /** Key of the node in the new plan. */
  readonly node: string;
  readonly name: string;
  /** The part of it that the change reaches, such as `prompt`; null where it is the whole node. */
  readonly part: string | null;
  /** Over what: a value, a function, an agent it uses; an enclosing each or loop. */
  readonly through:
    | "value"
    | "constant"
    | "function"
    | "prompt"
    | "agent"
    | "module"
    | "schema"
    | "subflow"
    | "each";
}

export interface Change {
  readonly code: ReasonCode;
  /** Key of the node it belongs to (in the new plan; in the old one where it was removed); null for the plan's own parts. */
  readonly node: string | null;
  /** What people call it: a node's id, a value, an agent, a schema. */
  readonly name: string;
  /** Part of the node or entry, such as `retries` or a schema's field; null where the reason says it all. */
  readonly part: string | null;
  /** Text before and after; null where there was none. Several lines for prompts and code. */
  readonly before: string | null;
  readonly after: string | null;
  /** One more sentence where texts say too little: what was added, where to it moved. */
  readonly note: string | null;
  readonly from: Place | null;
  readonly to: Place | null;
  readonly affects: readonly Affected[];
}
