/** Props of the patterns that the compiler reads in place (compiler/library). */
import type { z } from "zod";
import type { AgentLike } from "./agents.ts";
import { type ApprovalRequest, neverRun, type RetryPolicy } from "./components.ts";
import type { Element, Renderable } from "./jsx-runtime.ts";

/** A table of some workflow: by its key, or by its schema. */
export type OutputRef = z.ZodType | string;

interface Skippable {
  readonly id?: string;
  readonly skipIf?: boolean;
}

export interface ApprovalGateProps<Out> {
  readonly id: string;
  readonly output: Out;
  readonly request: ApprovalRequest;
  /** A person is asked when true; otherwise it is approved. */
  readonly when: boolean;
  readonly onDeny?: "fail" | "continue" | "skip";
  readonly skipIf?: boolean;
  readonly timeoutMs?: number;
  readonly heartbeatTimeoutMs?: number;
  readonly heartbeatTimeout?: number;
  readonly retries?: number;
  readonly retryPolicy?: RetryPolicy;
  readonly continueOnFail?: boolean;
}

export interface PanelProps<Out> extends Skippable {
  readonly panelists: readonly (
    | AgentLike
    | { readonly agent: AgentLike; readonly role?: string; readonly label?: string }
  )[];
  readonly moderator: AgentLike;
  readonly panelistOutput: Out;
  readonly moderatorOutput: Out;
  /** Default `synthesize`. */
  readonly strategy?: "synthesize" | "vote" | "consensus";
  readonly minAgree?: number;
  readonly maxConcurrency?: number;
  readonly children: Renderable;
}

export interface DebateProps<Out> extends Skippable {
  readonly proposer: AgentLike;
  readonly opponent: AgentLike;
  readonly judge: AgentLike;
  /** Default 2. */
  readonly rounds?: number;
  readonly argumentOutput: Out;
  readonly verdictOutput: Out;
  readonly topic: Renderable;
}

interface Looped extends Skippable {
  readonly maxIterations?: number;
  readonly onMaxReached?: "return-last" | "fail";
  readonly children: Renderable;
}

/** `Verdict`: tables that say whether the product will do. */
export interface ReviewLoopProps<Out, Verdict = Out> extends Looped {
  readonly producer: AgentLike;
  readonly reviewer: AgentLike | readonly AgentLike[];
  readonly produceOutput: Out;
  /** Its table has `approved: boolean`. */
  readonly reviewOutput: Verdict;
}

/** `Score`: tables that say how good the product is. */
export interface OptimizerProps<Out, Score = Out> extends Looped {
  readonly generator: AgentLike;
  readonly evaluator: AgentLike;
  readonly generateOutput: Out;
  /** Its table has `score: number`. */
  readonly evaluateOutput: Score;
  /** Without one all iterations run. */
  readonly targetScore?: number;
}

export interface ContentPipelineProps<Out> extends Skippable {
  readonly stages: readonly {
    readonly id: string;
    readonly agent: AgentLike;
    readonly output: Out;
    readonly label?: string;
  }[];
  readonly children: Renderable;
}

export interface GatherAndSynthesizeProps<Out> extends Skippable {
  readonly sources: Readonly<
    Record<
      string,
      {
        readonly agent: AgentLike;
        readonly prompt?: string;
        readonly output?: Out;
        readonly children?: Renderable;
      }
    >
  >;
  readonly synthesizer: AgentLike;
  readonly gatherOutput: Out;
  readonly synthesisOutput: Out;
  readonly gatheredResults?: Readonly<Record<string, unknown>> | null;
  readonly maxConcurrency?: number;
  readonly synthesisPrompt?: string;
  readonly children?: Renderable;
}

export interface DecisionTableProps extends Skippable {
  readonly rules: readonly { readonly when: boolean; readonly then: Element }[];
  readonly default?: Renderable;
  /** Default `first-match`. */
  readonly strategy?: "first-match" | "all-match";
}

export interface RunbookProps<Out> extends Skippable {
  readonly steps: readonly {
    readonly id: string;
    readonly risk: "safe" | "risky" | "critical";
    readonly agent?: AgentLike;
    readonly command?: string;
    readonly label?: string;
    readonly output?: Out;
  }[];
  readonly defaultAgent?: AgentLike;
  readonly stepOutput: Out;
  readonly approvalRequest?: Partial<ApprovalRequest>;
  /** Default `fail`. */
  readonly onDeny?: "fail" | "skip";
}

export interface EscalationChainProps<Out> extends Skippable {
  readonly levels: readonly {
    readonly agent: AgentLike;
    readonly output: Out;
    readonly label?: string;
    /** Of the level's row; a level that failed escalates as well. */
    readonly escalateIf?: (row: never) => boolean;
  }[];
  readonly escalationOutput: Out;
  /** A person behind the last level. */
  readonly humanFallback?: boolean;
  readonly humanRequest?: ApprovalRequest;
  readonly children?: Renderable;
}

export interface DriftDetectorProps<Out> extends Skippable {
  readonly captureAgent: AgentLike;
  readonly compareAgent: AgentLike;
  readonly captureOutput: Out;
  readonly compareOutput: Out;
  readonly baseline: unknown;
  /** Default: the comparison's `drifted` is true. */
  readonly alertIf?: (row: never) => boolean;
  readonly alert?: Element;
  readonly poll?: { readonly intervalMs?: number; readonly maxPolls?: number };
}

export const ApprovalGate: (props: ApprovalGateProps<OutputRef>) => Element = neverRun("ApprovalGate");
export const Panel: (props: PanelProps<OutputRef>) => Element = neverRun("Panel");
export const Debate: (props: DebateProps<OutputRef>) => Element = neverRun("Debate");
export const ReviewLoop: (props: ReviewLoopProps<OutputRef>) => Element = neverRun("ReviewLoop");
export const Optimizer: (props: OptimizerProps<OutputRef>) => Element = neverRun("Optimizer");
export const ContentPipeline: (props: ContentPipelineProps<OutputRef>) => Element =
  neverRun("ContentPipeline");
export const GatherAndSynthesize: (props: GatherAndSynthesizeProps<OutputRef>) => Element =
  neverRun("GatherAndSynthesize");
export const DecisionTable: (props: DecisionTableProps) => Element = neverRun("DecisionTable");
export const Runbook: (props: RunbookProps<OutputRef>) => Element = neverRun("Runbook");
export const EscalationChain: (props: EscalationChainProps<OutputRef>) => Element =
  neverRun("EscalationChain");
export const DriftDetector: (props: DriftDetectorProps<OutputRef>) => Element = neverRun("DriftDetector");
