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

/** One agent, or several of which each takes over where the one before failed. */
type Agents = AgentLike | readonly AgentLike[];

/** What all tasks of a kind in a panel are given. */
export interface PanelTaskProps {
  readonly continueOnFail?: boolean;
  readonly timeoutMs?: number;
  readonly heartbeatTimeoutMs?: number;
  readonly retries?: number;
}

export interface PanelProps<Out> extends Skippable {
  readonly panelists: readonly (
    | Agents
    | { readonly agent: Agents; readonly role?: string; readonly label?: string }
  )[];
  readonly moderator: Agents;
  readonly panelistOutput: Out;
  readonly moderatorOutput: Out;
  /** Default `synthesize`. */
  readonly strategy?: "synthesize" | "vote" | "consensus";
  readonly minAgree?: number;
  readonly maxConcurrency?: number;
  readonly panelistTaskProps?: PanelTaskProps;
  readonly moderatorTaskProps?: PanelTaskProps;
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

export interface SupervisorProps<Out> extends Skippable {
  readonly boss: Agents;
  /** By the name of what they do. */
  readonly workers: Readonly<Record<string, Agents>>;
  readonly planOutput: Out;
  readonly workerOutput: Out;
  /** Its table has `allDone: boolean`. */
  readonly reviewOutput: Out;
  readonly finalOutput: Out;
  /** Default 3. */
  readonly maxIterations?: number;
  /** Default 5. */
  readonly maxConcurrency?: number;
  /** Each worker in a worktree of its own. */
  readonly useWorktrees?: boolean;
  readonly children: Renderable;
}

export interface ScanFixVerifyProps<Out> extends Skippable {
  readonly scanner: Agents;
  /** Of several, each issue has another first. */
  readonly fixer: Agents;
  /** Writes the report as well. */
  readonly verifier: Agents;
  /** Its table has `issues`, a list: one fix each. */
  readonly scanOutput: Out;
  readonly fixOutput: Out;
  readonly verifyOutput: Out;
  readonly reportOutput: Out;
  readonly maxConcurrency?: number;
  /** All of them run. Default 3. */
  readonly maxRetries?: number;
  readonly children?: Renderable;
}

interface CheckConfig {
  readonly agent?: Agents;
  /** For a shell; a command that fails is a check that is not passed. */
  readonly command?: string;
  /** Of the command. Default 600,000. */
  readonly timeoutMs?: number;
  readonly label?: string;
}

export interface CheckSuiteProps<Out> extends Skippable {
  readonly checks: readonly (CheckConfig & { readonly id: string })[] | Readonly<Record<string, CheckConfig>>;
  /** The table of all checks and of the verdict: `{ passed, passCount, total, strategy, results }`. */
  readonly verdictOutput: Out;
  /** Default `all-pass`. */
  readonly strategy?: "all-pass" | "majority" | "any-pass";
  readonly maxConcurrency?: number;
  /** Default true. */
  readonly continueOnFail?: boolean;
}

export interface PollerProps<Out> extends Skippable {
  readonly check: Agents | (() => unknown);
  /** Its table has `satisfied: boolean`. */
  readonly checkOutput: Out;
  readonly checkTimeoutMs?: number;
  /** Default 30. */
  readonly maxAttempts?: number;
  /** Default `fixed`. */
  readonly backoff?: "fixed" | "linear" | "exponential";
  /** Between two attempts. Default 5,000. */
  readonly intervalMs?: number;
  /** Default `fail`. */
  readonly onTimeout?: "fail" | "return-last";
  readonly children?: Renderable;
}

export interface ClassifyAndRouteProps<Out> extends Skippable {
  readonly items: unknown;
  readonly categories: Readonly<
    Record<
      string,
      Agents | { readonly agent: Agents; readonly output?: Out; readonly prompt?: (item: never) => string }
    >
  >;
  readonly classifierAgent: Agents;
  readonly classifierOutput: Out;
  readonly routeOutput: Out;
  /** The row of the classification, once it is there: nothing is routed without. */
  readonly classificationResult?: {
    readonly classifications: readonly { readonly category: string; readonly itemId?: string }[];
  } | null;
  readonly maxConcurrency?: number;
  readonly children?: Renderable;
}

export interface KanbanProps<Out> extends Skippable {
  readonly columns: readonly {
    readonly name: string;
    readonly agent?: Agents;
    readonly output: Out;
    readonly prompt?: (of: { readonly item: never; readonly column: string }) => Renderable;
    /** More props of the tasks. */
    readonly task?: { readonly [prop: string]: unknown };
  }[];
  readonly useTickets: () => readonly { readonly id: string }[];
  /** By the name of a column. */
  readonly agents?: Readonly<Record<string, Agents>>;
  readonly maxConcurrency?: number;
  /** The table of what stands as child, once the board is done. */
  readonly onComplete?: Out;
  readonly until?: boolean;
  /** Default 5. */
  readonly maxIterations?: number;
  readonly children?: unknown;
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
export const Supervisor: (props: SupervisorProps<OutputRef>) => Element = neverRun("Supervisor");
export const ScanFixVerify: (props: ScanFixVerifyProps<OutputRef>) => Element = neverRun("ScanFixVerify");
export const CheckSuite: (props: CheckSuiteProps<OutputRef>) => Element = neverRun("CheckSuite");
export const Poller: (props: PollerProps<OutputRef>) => Element = neverRun("Poller");
export const ClassifyAndRoute: (props: ClassifyAndRouteProps<OutputRef>) => Element =
  neverRun("ClassifyAndRoute");
export const Kanban: (props: KanbanProps<OutputRef>) => Element = neverRun("Kanban");
