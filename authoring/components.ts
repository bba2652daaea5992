/** Props of the built-in components. Every prop here has a meaning in the plan; the compiler refuses any other. */
import type { z } from "zod";
import type { AgentLike } from "./agents.ts";
import type { Element, Renderable } from "./jsx-runtime.ts";

export interface WorkflowProps {
  readonly name: string;
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
  readonly skipIf?: boolean;
  readonly children?: Renderable;
}

export interface RetryPolicy {
  readonly backoff?: "exponential" | "linear" | "fixed";
  readonly initialDelayMs?: number;
  readonly maxDelayMs?: number;
}

/** Props that a task and an approval share. `Out` is `outputs.TABLE` or the table's name. */
export interface ProducerProps<Out> {
  readonly id: string;
  readonly output: Out;
  /** Ids of nodes that must have settled first. */
  readonly dependsOn?: readonly string[];
  readonly skipIf?: boolean;
  readonly label?: string;
  readonly meta?: Readonly<Record<string, unknown>>;
  readonly continueOnFail?: boolean;
  /** Attempts after the first. Default 3 for agents, 0 otherwise. */
  readonly retries?: number;
  readonly retryPolicy?: RetryPolicy;
  readonly timeoutMs?: number;
  readonly onUnmount?: "finish" | "cancel";
}

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
export interface TaskProps<Out, D extends Deps> extends ProducerProps<Out> {
  /** One agent, or a list: the first, then its fallbacks in order. */
  readonly agent?: AgentLike | readonly AgentLike[] | undefined;
  /** Rows the task waits for, by the id of their task (or by the name that `needs` maps to one). */
  readonly deps?: D;
  readonly needs?: Readonly<Record<string, string>>;
  readonly maxSchemaRetries?: number;
  readonly children?:
    | Renderable
    | Payload<Out>
    | ((deps: DepRows<D>) => Renderable | Payload<Out> | Promise<Payload<Out>>);
}

export interface ApprovalProps<Out> extends ProducerProps<Out> {
  readonly request: { readonly title: string; readonly summary?: string };
  /** Default `fail`. */
  readonly onDeny?: "fail" | "continue" | "skip";
}

/** A workflow is compiled, never executed; whoever calls a component has taken a wrong turn. */
function neverRun(name: string): () => Element {
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
export const Each: <T>(props: EachProps<T>) => Element = neverRun("Each");
export const Loop: (props: LoopProps) => Element = neverRun("Loop");
/** The public library's older name of `Loop`. */
export const Ralph: (props: LoopProps) => Element = Loop;
export const Task: <Out, D extends Deps = Record<never, never>>(props: TaskProps<Out, D>) => Element =
  neverRun("Task");
export const Approval: <Out>(props: ApprovalProps<Out>) => Element = neverRun("Approval");
