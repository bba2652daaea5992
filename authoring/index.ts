/**
 * What a workflow file imports. It is written for the editor and the type checker: the compiler knows these names and
 * never executes this package.
 */
import type * as components from "./components.ts";
import type { Ctx, Schemas, Table, TableRef, TableWith } from "./ctx.ts";
import type { Element, Renderable } from "./jsx-runtime.ts";
import type * as patterns from "./patterns.ts";
import type * as state from "./state.ts";

export * from "./agents.ts";
export * from "./components.ts";
export type { Address, Ctx, Recorded, RowOf, Schemas } from "./ctx.ts";
export { Fragment } from "./jsx-runtime.ts";
export * from "./patterns.ts";
export * from "./schemas.ts";
export * from "./state.ts";
export * from "./tools.ts";
export type { Element, Renderable };

/** The components and helpers, typed by the schemas of one workflow. */
export interface Smithers<S extends Schemas> {
  readonly Workflow: typeof components.Workflow;
  readonly Sequence: typeof components.Sequence;
  readonly Parallel: typeof components.Parallel;
  readonly Branch: typeof components.Branch;
  readonly If: typeof components.If;
  readonly Switch: typeof components.Switch;
  readonly Case: typeof components.Case;
  readonly Default: typeof components.Default;
  readonly Phase: typeof components.Phase;
  readonly Step: typeof components.Step;
  readonly Stop: typeof components.Stop;
  readonly End: typeof components.End;
  readonly Each: typeof components.Each;
  readonly Loop: typeof components.Loop;
  readonly Ralph: typeof components.Ralph;
  readonly Task: <Out extends TableRef<S>, D extends components.Deps = Record<never, never>>(
    props: components.TaskProps<Out, D>,
  ) => Element;
  readonly MergeQueue: typeof components.MergeQueue;
  readonly Worktree: typeof components.Worktree;
  readonly Aspects: typeof components.Aspects;
  readonly Timer: typeof components.Timer;
  readonly Effect: typeof state.Effect;
  readonly WaitForEvent: <Out extends TableRef<S>>(props: components.WaitForEventProps<Out>) => Element;
  readonly Signal: <Out extends S[Table<S>]>(props: components.SignalProps<Out>) => Element;
  readonly HumanTask: <Out extends TableRef<S>>(props: components.HumanTaskProps<Out>) => Element;
  readonly Subflow: <Out extends TableRef<S>>(props: components.SubflowProps<Out>) => Element;
  readonly ContinueAsNew: typeof components.ContinueAsNew;
  readonly TryCatchFinally: typeof components.TryCatchFinally;
  readonly Saga: typeof components.Saga;
  readonly ApprovalGate: (props: patterns.ApprovalGateProps<TableRef<S>>) => Element;
  readonly Panel: (props: patterns.PanelProps<TableRef<S>>) => Element;
  readonly Debate: (props: patterns.DebateProps<TableRef<S>>) => Element;
  readonly ReviewLoop: (
    props: patterns.ReviewLoopProps<TableRef<S>, TableWith<S, { approved: boolean }>>,
  ) => Element;
  readonly Optimizer: (
    props: patterns.OptimizerProps<TableRef<S>, TableWith<S, { score: number }>>,
  ) => Element;
  readonly ContentPipeline: (props: patterns.ContentPipelineProps<TableRef<S>>) => Element;
  readonly GatherAndSynthesize: (props: patterns.GatherAndSynthesizeProps<TableRef<S>>) => Element;
  readonly DecisionTable: typeof patterns.DecisionTable;
  readonly Runbook: (props: patterns.RunbookProps<TableRef<S>>) => Element;
  readonly EscalationChain: (props: patterns.EscalationChainProps<TableRef<S>>) => Element;
  readonly DriftDetector: (props: patterns.DriftDetectorProps<TableRef<S>>) => Element;
  readonly Supervisor: (props: patterns.SupervisorProps<TableRef<S>>) => Element;
  readonly ScanFixVerify: (props: patterns.ScanFixVerifyProps<TableRef<S>>) => Element;
  readonly CheckSuite: (props: patterns.CheckSuiteProps<TableRef<S>>) => Element;
  readonly Poller: (props: patterns.PollerProps<TableRef<S>>) => Element;
  readonly ClassifyAndRoute: (props: patterns.ClassifyAndRouteProps<TableRef<S>>) => Element;
  readonly Kanban: (props: patterns.KanbanProps<TableRef<S>>) => Element;
  readonly UI: typeof components.UI;
  readonly TUI: typeof components.TUI;
  readonly Approval: <Out extends TableRef<S>>(props: components.ApprovalProps<Out>) => Element;
  /** The output schemas by table: what `output={outputs.review}` names. */
  readonly outputs: { readonly [T in Table<S>]: S[T] };
  readonly useCtx: () => Ctx<S>;
  readonly smithers: (workflow: (ctx: Ctx<S>) => Renderable) => components.WorkflowDefinition;
}

/** Declares a workflow's input and output tables. @see docs/architecture.md */
export function createSmithers<const S extends Schemas>(_schemas: S): Smithers<S> {
  throw new Error("A workflow is read by `smithers build`, not executed. Run `smithers up FILE` instead.");
}
