/** Components of the library that a plan can hold, and what each of their props becomes. */
import type { FieldName } from "../../../plan/fields.ts";
import type { Json, NodeKind } from "../../../plan/types.ts";

/** How a prop is carried. */
export type PropUse =
  /** A field: literal or expression. */
  | "field"
  /** A condition or value that always stands as Core text. */
  | "text"
  /** A literal that the plan must know. */
  | "literal"
  /** Text for a person or a model: elements are written as Markdown. */
  | "prompt"
  /** A field whose functions of `ctx` are read in place: `cache={{ by: (ctx) => … }}`. */
  | "answered"
  | "agent"
  /** One more agent behind those of `agent`. */
  | "fallback"
  | "table"
  | "tables"
  /** A schema that has to be the one of `output`: there it says nothing more. */
  | "same"
  /** A workflow that runs as a run of its own. */
  | "workflow"
  /** `retries={0}`. */
  | "once"
  | "side-effect"
  | "id"
  | "skip"
  | "request"
  /** A function that writes state. */
  | "handler"
  | "children";

export interface Kind {
  readonly kind: NodeKind;
  readonly props: Readonly<Record<string, PropUse>>;
  /** Holds other nodes. */
  readonly container: boolean;
  /** Props whose field has another name. */
  readonly names?: Readonly<Record<string, FieldName>>;
  /** Fields that the node has when no prop gives them. */
  readonly defaults?: Readonly<Record<string, Json>>;
  /** Props that it can't be without. */
  readonly wanted?: readonly string[];
  /** Of these, exactly one. */
  readonly oneOf?: readonly string[];
  /** Known props that no plan can hold, with the reason and what to do instead. */
  readonly refused?: Readonly<Record<string, readonly [why: string, instead: string]>>;
}

const STEP: Readonly<Record<string, PropUse>> = {
  id: "id",
  dependsOn: "field",
  needs: "field",
  skipIf: "text",
  label: "field",
  meta: "field",
  onFinished: "handler",
  onError: "handler",
};

const PRODUCER: Readonly<Record<string, PropUse>> = {
  ...STEP,
  output: "table",
  outputSchema: "same",
  continueOnFail: "field",
  async: "field",
  timeoutMs: "field",
  onUnmount: "literal",
};

const ATTEMPT: Readonly<Record<string, PropUse>> = {
  ...PRODUCER,
  retries: "field",
  retryPolicy: "field",
  heartbeatTimeoutMs: "field",
  heartbeatTimeout: "field",
  cache: "answered",
};

const HEARTBEAT: Kind["names"] = { heartbeatTimeout: "heartbeatTimeoutMs" };

const CONTEXT = {
  smithersContext: ["is a React context, which a plan has no use for", "Leave it out."],
} as const satisfies Kind["refused"];

const LOOP: Kind = {
  kind: "loop",
  container: true,
  props: {
    id: "id",
    until: "text",
    maxIterations: "field",
    onMaxReached: "literal",
    continueAsNewEvery: "field",
    skipIf: "skip",
    children: "children",
  },
};

const PARALLEL: Kind = {
  kind: "parallel",
  container: true,
  props: {
    id: "id",
    maxConcurrency: "field",
    failurePolicy: "literal",
    skipIf: "skip",
    children: "children",
  },
};

const STAGE: Omit<Kind, "kind"> = {
  container: true,
  props: { id: "id", name: "field", skipIf: "text", children: "children" },
  wanted: ["name"],
};

/** What comes at its turn and gives no row. */
const TURN: Readonly<Record<string, PropUse>> = { id: "id", dependsOn: "field", skipIf: "text" };

/** A signal's table is its `schema`. */
const { output: _output, outputSchema: _same, ...PRODUCER_OF_SCHEMA } = PRODUCER;

const WAITING: Readonly<Record<string, PropUse>> = {
  correlationId: "field",
  onTimeout: "literal",
};

export const KINDS: Readonly<Record<string, Kind>> = {
  Workflow: {
    kind: "workflow",
    container: true,
    props: { name: "field", cache: "answered", children: "children" },
  },
  Sequence: { kind: "sequence", container: true, props: { id: "id", skipIf: "skip", children: "children" } },
  Parallel: PARALLEL,
  MergeQueue: { ...PARALLEL, defaults: { maxConcurrency: 1 } },
  Phase: { kind: "phase", ...STAGE },
  Step: { kind: "step", ...STAGE },
  Worktree: {
    kind: "worktree",
    container: true,
    props: {
      id: "id",
      path: "field",
      branch: "field",
      baseBranch: "field",
      skipIf: "skip",
      children: "children",
    },
    wanted: ["path"],
  },
  Aspects: {
    kind: "aspects",
    container: true,
    props: {
      tokenBudget: "field",
      latencySlo: "field",
      costBudget: "field",
      tracking: "field",
      children: "children",
    },
  },
  Loop: LOOP,
  Ralph: LOOP,
  While: LOOP,
  Task: {
    kind: "task",
    container: false,
    props: {
      ...ATTEMPT,
      agent: "agent",
      fallbackAgent: "fallback",
      deps: "tables",
      depsOptional: "field",
      maxSchemaRetries: "field",
      noRetry: "once",
      priority: "field",
      sideEffect: "side-effect",
      onResume: "literal",
      memory: "field",
      allowTools: "field",
      needsApproval: "field",
      hijack: "field",
      onHijackExit: "literal",
      onProgress: "handler",
      children: "children",
    },
    names: HEARTBEAT,
    refused: {
      ...CONTEXT,
      scorers: [
        "holds functions that would run beside the plan",
        "Score in a task of its own that depends on this one.",
      ],
      groundTruth: ["is for scorers, which a plan does not hold", "Leave it out."],
      maxAttempts: [
        "is none that any version acts on",
        "Count the attempts after the first: retries={2}, or noRetry for a single one.",
      ],
    },
  },
  Approval: {
    kind: "approval",
    container: false,
    props: {
      ...ATTEMPT,
      request: "request",
      onDeny: "literal",
      mode: "literal",
      options: "field",
      allowedScopes: "field",
      allowedUsers: "field",
      autoApprove: "answered",
    },
    names: HEARTBEAT,
    refused: {
      ...CONTEXT,
      children: ["is nothing that an approval shows", "Put the text into request.summary."],
    },
  },
  Timer: {
    kind: "timer",
    container: false,
    props: { ...STEP, duration: "field", until: "field", every: "field" },
    names: { until: "at" },
    oneOf: ["duration", "until", "every"],
  },
  WaitForEvent: {
    kind: "wait",
    container: false,
    props: { ...PRODUCER, ...WAITING, event: "field" },
    wanted: ["event", "output"],
  },
  Signal: {
    kind: "wait",
    container: false,
    props: { ...PRODUCER_OF_SCHEMA, ...WAITING, schema: "table" },
    names: { schema: "output" },
    wanted: ["id", "schema"],
    refused: CONTEXT,
  },
  HumanTask: {
    kind: "human",
    container: false,
    props: { ...PRODUCER, prompt: "prompt", maxAttempts: "field" },
    wanted: ["prompt", "output"],
  },
  Effect: {
    kind: "effect",
    container: false,
    props: { id: "id", deps: "field", run: "handler", cleanup: "handler" },
    names: { deps: "watches" },
    wanted: ["id", "run"],
  },
  Subflow: {
    kind: "subflow",
    container: false,
    props: { ...ATTEMPT, workflow: "workflow", input: "field", mode: "literal" },
    names: HEARTBEAT,
    wanted: ["workflow", "output"],
  },
  Stop: { kind: "stop", container: false, props: { ...TURN, reason: "field" }, wanted: ["reason"] },
  End: { kind: "end", container: false, props: { ...TURN, status: "literal", summary: "field" } },
  ContinueAsNew: { kind: "continue-as-new", container: false, props: { state: "field" } },
};

/** Components that are lowered in a way of their own, with the props that they know. */
export const SPECIAL: Readonly<Record<string, readonly string[]>> = {
  Branch: ["if", "then", "else"],
  If: ["test", "then", "else", "children"],
  Switch: ["on", "cases", "default", "children"],
  Each: ["of", "children"],
  TryCatchFinally: ["id", "try", "catch", "catchErrors", "finally", "skipIf"],
  Saga: ["id", "steps", "onFailure", "skipIf", "children"],
};

/** The name of the field that a prop becomes. */
export const fieldName = (kind: Kind, prop: string): string => kind.names?.[prop] ?? prop;
