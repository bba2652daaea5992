/** Components of the library that a plan can hold, and what each of their props becomes. */
import type { NodeKind } from "../../../plan/types.ts";

/** How a prop is carried. */
export type PropUse =
  /** A field of the same name: literal or expression. */
  | "field"
  /** A condition or value that always stands as Core text. */
  | "text"
  /** A literal that the plan must know. */
  | "literal"
  | "agent"
  | "table"
  | "tables"
  | "id"
  | "skip"
  | "request"
  | "children"
  /** Meant for people or the renderer: no part of a plan. */
  | "ignored";

export interface Kind {
  readonly kind: NodeKind;
  readonly props: Readonly<Record<string, PropUse>>;
  /** Holds other nodes. */
  readonly container: boolean;
}

const PRODUCER: Readonly<Record<string, PropUse>> = {
  id: "id",
  output: "table",
  dependsOn: "field",
  skipIf: "text",
  label: "field",
  meta: "field",
  continueOnFail: "field",
  retries: "field",
  retryPolicy: "field",
  timeoutMs: "field",
  heartbeatTimeoutMs: "field",
  onUnmount: "literal",
};

const LOOP: Kind = {
  kind: "loop",
  container: true,
  props: {
    id: "id",
    until: "text",
    maxIterations: "field",
    onMaxReached: "literal",
    skipIf: "skip",
    children: "children",
  },
};

export const KINDS: Readonly<Record<string, Kind>> = {
  Workflow: { kind: "workflow", container: true, props: { name: "field", children: "children" } },
  Sequence: { kind: "sequence", container: true, props: { id: "id", skipIf: "skip", children: "children" } },
  Parallel: {
    kind: "parallel",
    container: true,
    props: { id: "id", maxConcurrency: "field", skipIf: "skip", children: "children" },
  },
  Loop: LOOP,
  Ralph: LOOP,
  While: LOOP,
  Task: {
    kind: "task",
    container: false,
    props: {
      ...PRODUCER,
      agent: "agent",
      deps: "tables",
      needs: "field",
      maxSchemaRetries: "field",
      children: "children",
    },
  },
  Approval: {
    kind: "approval",
    container: false,
    props: { ...PRODUCER, request: "request", onDeny: "literal" },
  },
};

/** Components that are lowered without a node of their own kind. */
export const TRANSPARENT: ReadonlySet<string> = new Set(["Fragment", "Branch", "If", "Each"]);
