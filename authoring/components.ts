/** Props of the built-in components. Every prop here has a meaning in the plan; the compiler refuses any other. */
import type { z } from "zod";
import type { AgentLike } from "./agents.ts";
import type { Element, Renderable } from "./jsx-runtime.ts";
import type { HandlerCtx, Handlers, Progress } from "./state.ts";

export interface WorkflowProps {
  readonly name: string;
  readonly cache?: boolean;
  readonly children?: Renderable;
}

export interface SequenceProps {
  readonly id?: string;
  readonly skipIf?: boolean;
  readonly children?: Renderable;
}

export interface ParallelProps {
  readonly id?: string;
  /** At most this many of the children run at once. Default: no limit. */
  readonly maxConcurrency?: number;
  /**
   * What a failure of one of its branches does. `fail` (default): nothing new starts in the run, what is in flight ends. `fail-fast`:
   * what is in flight in the other branches is aborted. `finish`: the other branches go on to their end, then the failure is passed
   * on. `continue`: they do, and the branch counts as done.
   */
  readonly failurePolicy?: "fail" | "fail-fast" | "finish" | "continue";
  readonly skipIf?: boolean;
  readonly children?: Renderable;
}

export interface BranchProps {
  readonly if: boolean;
  readonly then: Renderable;
  readonly else?: Renderable;
}

export interface IfProps {
  readonly test: unknown;
  readonly children?: Renderable;
  readonly else?: Renderable;
}

/** What a case can be for; compared with `===`. */
export type CaseValue = string | number | boolean | null | undefined;

/** Its children are `<Case>` and at most one `<Default>`; or `cases` has what is shown by the value's text. */
export interface SwitchProps<T extends CaseValue> {
  readonly on: T;
  readonly cases?: { readonly [K in T & (string | number)]?: Renderable };
  readonly default?: Renderable;
  readonly children?: Renderable;
}

export interface CaseProps {
  /** A value or several, known at build time; no two cases have the same. */
  readonly when: CaseValue | readonly CaseValue[];
  readonly children?: Renderable;
}

export interface DefaultProps {
  readonly children?: Renderable;
}

/** A sequence that people can follow: when it begins and ends is kept in the journal. */
export interface PhaseProps {
  readonly id?: string;
  readonly name: string;
  /** Asked when its turn comes. */
  readonly skipIf?: boolean;
  readonly children?: Renderable;
}

export interface StepOfPhaseProps extends PhaseProps {}

/** The run pauses when its turn comes; `smithers resume` goes on after it. */
export interface StopProps {
  readonly id?: string;
  readonly reason: string;
  readonly dependsOn?: readonly string[] | undefined;
  readonly skipIf?: boolean;
}

/** The run ends when its turn comes. What is in flight is aborted; what is done in every outcome still is. */
export interface EndProps {
  readonly id?: string;
  /** Default `finished`. */
  readonly status?: "finished" | "failed";
  /** What it came to, as JSON. */
  readonly summary?: unknown;
  readonly dependsOn?: readonly string[] | undefined;
  readonly skipIf?: boolean;
}

export interface EachProps<T> {
  readonly of: readonly T[];
  readonly children: (item: T, index: number) => Renderable;
}

export interface LoopProps {
  readonly id?: string;
  /** Evaluated at every frame; true in mid-body lets nothing more of the body start. */
  readonly until?: boolean;
  /** Default 5. */
  readonly maxIterations?: number;
  /** Default `return-last`. */
  readonly onMaxReached?: "return-last" | "fail";
  /** Iterations that one run has before the next one goes on; a whole number from 1 up. Default: all. */
  readonly continueAsNewEvery?: number;
  readonly skipIf?: boolean;
  readonly children?: Renderable;
}

export interface RetryPolicy {
  readonly backoff?: "exponential" | "linear" | "fixed";
  readonly initialDelayMs?: number;
  readonly maxDelayMs?: number;
}

/** Props of everything that waits for its turn. */
export interface StepProps {
  readonly id: string;
  /** Ids of nodes that must have settled first; of a container that is all in it. */
  readonly dependsOn?: readonly string[] | undefined;
  /** The ids of the nodes behind names of `deps`, where they differ. By itself it waits for nothing. */
  readonly needs?: Readonly<Record<string, string>>;
  readonly skipIf?: boolean;
  readonly label?: string | undefined;
  readonly meta?: Readonly<Record<string, unknown>>;
}

/** Props of everything that gives a row. `Out` is `outputs.TABLE` or the table's name. */
export interface RowProps<Out> extends StepProps, Handlers<RowGiven<Out>> {
  readonly output: Out;
  /** The schema of `output` once more. */
  readonly outputSchema?: Out;
  readonly continueOnFail?: boolean;
  /** While it waits for a person or a signal, what follows it may start. */
  readonly async?: boolean;
  readonly timeoutMs?: number;
  readonly onUnmount?: "finish" | "cancel";
}

export interface CachePolicy {
  readonly by?: (ctx: never) => unknown;
  readonly version?: string;
  readonly key?: string;
  readonly ttlMs?: number;
  readonly scope?: "run" | "workflow" | "global";
}

/** Props that a task and an approval share. */
export interface ProducerProps<Out> extends RowProps<Out> {
  /** Attempts after the first. Default 3 for agents, 0 otherwise. */
  readonly retries?: number;
  readonly retryPolicy?: RetryPolicy;
  readonly heartbeatTimeoutMs?: number;
  readonly heartbeatTimeout?: number;
  readonly cache?: CachePolicy;
}

/** The row that a handler is given. */
export type RowGiven<Out> = Out extends z.ZodType
  ? z.output<Out>
  : // biome-ignore lint/suspicious/noExplicitAny: a table named by a string; its row is known where `outputs.TABLE` is given
    any;

export type Deps = { readonly [name: string]: z.ZodType | string };

/** The rows behind `deps`. */
export type DepRows<D extends Deps> = {
  readonly [K in keyof D]: D[K] extends z.ZodType ? z.output<D[K]> : Record<string, unknown>;
};

/** What the task itself has to give: the input form of its table's schema. */
export type Payload<Out> = Out extends z.ZodType ? z.input<Out> : Record<string, unknown>;

/**
 * With `agent`: children are the prompt. Without: a function child is compute, anything else the static payload.
 * A function child beside `agent` or `deps` is called with the resolved deps when the task starts.
 */
export type TaskProps<Out, D extends Deps> = TaskBase<Out, D> &
  (
    | {
        /** One agent, or a list: the first, then its fallbacks in order. */
        readonly agent: AgentLike | readonly AgentLike[] | undefined;
        readonly children?:
          | Renderable
          | Payload<Out>
          | ((deps: DepRows<D>) => Renderable | Payload<Out> | Promise<Payload<Out>>);
      }
    | {
        readonly agent?: undefined;
        /** Without an agent a text is nobody's prompt: a row, or a function that gives one. */
        readonly children?: Payload<Out> | ((deps: DepRows<D>) => Payload<Out> | Promise<Payload<Out>>);
      }
  );

interface TaskBase<Out, D extends Deps> extends ProducerProps<Out> {
  /** Rows the task waits for, by the id of their task (or by the name that `needs` maps to one). */
  readonly deps?: D;
  /** Take the rows of `deps` that are there once their tasks have settled, instead of waiting for all. */
  readonly depsOptional?: boolean | undefined;
  readonly maxSchemaRetries?: number;
  /** One more agent behind those of `agent`. */
  readonly fallbackAgent?: AgentLike | undefined;
  /** Of ready tasks the one with the highest starts first, in document order among equals. Default 0. */
  readonly priority?: number;
  /** `retries={0}`. */
  readonly noRetry?: boolean;
  /**
   * `"once"` (and `true`): the task acts on the world and must not do so twice. An attempt that nobody knows the outcome of
   * waits for `smithers resolve` instead of being repeated. Otherwise a task may be tried again.
   */
  readonly sideEffect?: "once" | boolean | { readonly idempotent: boolean };
  readonly needsApproval?: boolean;
  /** Of the agent's tools those that this task may use, by the names that the model knows. */
  readonly allowTools?: readonly string[];
  /**
   * What becomes of a conversation in which tools were called when its attempt is lost or fails: it goes on, begins again from
   * the prompt, or the task fails. Default `continue`.
   */
  readonly onResume?: "continue" | "restart" | "fail";
  readonly memory?: {
    readonly recall?: Readonly<Record<string, unknown>>;
    readonly remember?: Readonly<Record<string, unknown>>;
    readonly threadId?: string;
  };
  readonly hijack?: boolean;
  readonly onHijackExit?: "complete" | "reopen";
  /** An attempt says something while it runs. */
  readonly onProgress?: ((progress: Progress, ctx: HandlerCtx) => void) | undefined;
}

export interface ApprovalRequest {
  readonly title: string;
  readonly summary?: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
}

export interface ApprovalProps<Out> extends ProducerProps<Out> {
  readonly request: ApprovalRequest;
  /** Default `approve`. */
  readonly mode?: "approve" | "decision" | "select" | "rank";
  readonly options?: readonly {
    readonly key: string;
    readonly label: string;
    readonly summary?: string;
    readonly metadata?: Readonly<Record<string, unknown>>;
  }[];
  readonly allowedScopes?: readonly string[];
  readonly allowedUsers?: readonly string[];
  readonly autoApprove?: {
    readonly after?: number;
    readonly condition?: (ctx: never) => boolean;
    readonly audit?: boolean;
    readonly revertOn?: (ctx: never) => boolean;
  };
  /** Default `fail`. */
  readonly onDeny?: "fail" | "continue" | "skip";
}

export interface MergeQueueProps extends ParallelProps {}

export interface WorktreeProps {
  readonly id?: string;
  readonly path: string;
  readonly branch?: string;
  readonly baseBranch?: string;
  readonly skipIf?: boolean;
  readonly children?: Renderable;
}

export interface AspectsProps {
  /** Of all tasks inside, over the whole run; `perTask`: what one attempt may use before it makes no further call. */
  readonly tokenBudget?: {
    readonly max: number;
    readonly perTask?: number;
    /** Default `fail`. */
    readonly onExceeded?: "fail" | "warn" | "skip-remaining";
  };
  /** Milliseconds that all attempts inside may take together. */
  readonly latencySlo?: {
    readonly maxMs: number;
    readonly perTask?: number;
    readonly onExceeded?: "fail" | "warn";
  };
  /** US dollars that calls of models inside may cost together, over the whole run. What models cost says smithers.json. */
  readonly costBudget?: {
    readonly maxUsd: number;
    readonly onExceeded?: "fail" | "warn" | "skip-remaining";
  };
  readonly tracking?: { readonly tokens?: boolean; readonly latency?: boolean; readonly cost?: boolean };
  readonly children?: Renderable;
}

/**
 * Exactly one of `duration`, `until` and `every`. `every` is for loops: its points of time are that far apart, counted from where the
 * turn of the first such timer of the loop came, and it is due at the next one that is still ahead.
 */
export type TimerProps = StepProps &
  Handlers<undefined> &
  (
    | { readonly duration: string; readonly until?: undefined; readonly every?: undefined }
    | { readonly until: string | Date; readonly duration?: undefined; readonly every?: undefined }
    | { readonly every: string; readonly duration?: undefined; readonly until?: undefined }
  );

export interface WaitForEventProps<Out> extends RowProps<Out> {
  readonly event: string;
  readonly correlationId?: string;
  /** Default `fail`. */
  readonly onTimeout?: "fail" | "skip" | "continue";
}

export interface SignalProps<S extends z.ZodType>
  extends Omit<WaitForEventProps<S>, "event" | "output" | "outputSchema"> {
  readonly schema: S;
  readonly children?: (data: z.output<S>) => Renderable;
}

export interface HumanTaskProps<Out> extends RowProps<Out> {
  readonly prompt: Renderable;
  /** Default 10. */
  readonly maxAttempts?: number;
}

export interface ContinueAsNewProps {
  /** JSON, at most 10 MB: what the new run finds as `ctx.input.__smithersContinuation.payload`. */
  readonly state?: unknown;
}

/** What a workflow file exports as default. */
export interface WorkflowDefinition {
  readonly kind: "workflow";
}

interface SubflowBase {
  /** What a file exports as `smithers((ctx) => …)`. */
  readonly workflow: WorkflowDefinition;
  /** JSON: its input. */
  readonly input?: unknown;
}

/**
 * Another workflow: as a run of its own, which is retried, resumed and cached as a whole, and whose rows of its table `output`
 * are the node's; or in place, as part of the tree around it.
 */
export type SubflowProps<Out> = SubflowBase &
  (
    | (ProducerProps<Out> & { readonly mode?: "childRun" })
    | { readonly mode: "inline"; readonly id?: string; readonly skipIf?: boolean }
  );

/** What a run finds beside its input that took the place of another one. */
export interface Continuation {
  readonly parentRunId: string;
  readonly reason: "explicit";
  /** Iteration of the innermost loop around the `ContinueAsNew`. */
  readonly iteration: number;
  /** Its `state`; null without one. */
  // biome-ignore lint/suspicious/noExplicitAny: it is whatever the workflow gave, as `JSON.parse` gives it.
  readonly payload: any;
  /** When the run before ended: Unix time, milliseconds. */
  readonly timestampMs: number;
}

/** What ended a `try`. */
export interface TaskFailure {
  /** `TIMEOUT`, `PROVIDER`, `OUTPUT_INVALID`, `DENIED`, …: docs/components.md. */
  readonly code: string;
  readonly message: string;
  /** First line of the message. */
  readonly summary: string;
  /** The task that failed. */
  readonly nodeId: string;
  readonly iteration: number;
}

export interface TryCatchFinallyProps {
  readonly id?: string;
  readonly try: Renderable;
  /** Mounted once something in `try` has failed for good; a function is given the failure. */
  readonly catch?: Element | null | ((error: TaskFailure) => Renderable);
  readonly catchErrors?: readonly string[];
  readonly finally?: Renderable;
  readonly skipIf?: boolean;
}

export interface SagaProps {
  readonly id?: string;
  readonly steps?: readonly {
    readonly id: string;
    readonly action: Element;
    readonly compensation: Element;
    readonly label?: string;
  }[];
  /** Default `compensate`. */
  readonly onFailure?: "compensate" | "compensate-and-fail" | "fail";
  readonly skipIf?: boolean;
  readonly children?: Renderable;
}

export interface SagaStepProps {
  readonly id: string;
  readonly compensation: Element;
  readonly children: Renderable;
}

/** A workflow is compiled, never executed; whoever calls a component has taken a wrong turn. */
export function neverRun(name: string): () => Element {
  return () => {
    throw new Error(
      `<${name}> is read by \`smithers build\`, not executed. Run \`smithers up FILE\` instead.`,
    );
  };
}

export const Workflow: (props: WorkflowProps) => Element = neverRun("Workflow");
export const Sequence: (props: SequenceProps) => Element = neverRun("Sequence");
export const Parallel: (props: ParallelProps) => Element = neverRun("Parallel");
export const Branch: (props: BranchProps) => Element = neverRun("Branch");
export const If: (props: IfProps) => Element = neverRun("If");
export const Switch: <const T extends CaseValue>(props: SwitchProps<T>) => Element = neverRun("Switch");
export const Case: (props: CaseProps) => Element = neverRun("Case");
export const Default: (props: DefaultProps) => Element = neverRun("Default");
export const Phase: (props: PhaseProps) => Element = neverRun("Phase");
export const Step: (props: StepOfPhaseProps) => Element = neverRun("Step");
export const Stop: (props: StopProps) => Element = neverRun("Stop");
export const End: (props: EndProps) => Element = neverRun("End");
export const Each: <T>(props: EachProps<T>) => Element = neverRun("Each");
export const Loop: (props: LoopProps) => Element = neverRun("Loop");
/** The public library's older name of `Loop`. */
export const Ralph: (props: LoopProps) => Element = Loop;
export const Task: <Out, D extends Deps = Record<never, never>>(props: TaskProps<Out, D>) => Element =
  neverRun("Task");
export const Approval: <Out>(props: ApprovalProps<Out>) => Element = neverRun("Approval");
export const MergeQueue: (props: MergeQueueProps) => Element = neverRun("MergeQueue");
export const Worktree: (props: WorktreeProps) => Element = neverRun("Worktree");
export const Aspects: (props: AspectsProps) => Element = neverRun("Aspects");
export const Timer: (props: TimerProps) => Element = neverRun("Timer");
export const WaitForEvent: <Out>(props: WaitForEventProps<Out>) => Element = neverRun("WaitForEvent");
export const Signal: <S extends z.ZodType>(props: SignalProps<S>) => Element = neverRun("Signal");
export const HumanTask: <Out>(props: HumanTaskProps<Out>) => Element = neverRun("HumanTask");
/** A page that shows the run; a plan leaves it out. */
export const UI: (props: { readonly [prop: string]: unknown }) => Element = neverRun("UI");
export const TUI: (props: { readonly [prop: string]: unknown }) => Element = neverRun("TUI");
export const Subflow: <Out>(props: SubflowProps<Out>) => Element = neverRun("Subflow");
export const ContinueAsNew: (props: ContinueAsNewProps) => Element = neverRun("ContinueAsNew");
/** `<ContinueAsNew state={state} />`. */
export const continueAsNew: (state?: unknown) => Element = neverRun("continueAsNew");
export const TryCatchFinally: (props: TryCatchFinallyProps) => Element = neverRun("TryCatchFinally");
export const Saga: ((props: SagaProps) => Element) & { readonly Step: (props: SagaStepProps) => Element } =
  Object.assign(neverRun("Saga"), { Step: neverRun("Saga.Step") });
