/** Components that are written as workflow source (compiler/library), and those of the public library that no plan can hold, or need not. */
import type * as Core from "../../../plan/core/ast.ts";
import { type Evaluation, report } from "../3-evaluate/state.ts";

interface Pattern {
  readonly wanted: readonly string[];
  readonly others: readonly string[];
}

const pattern = (wanted: string, others: string): Pattern => ({
  wanted: wanted.split(" "),
  others: others.split(" "),
});

/** Props of each: those that it can't do without, and the others. */
export const PATTERNS: Readonly<Record<string, Pattern>> = {
  ApprovalGate: pattern(
    "id output request when",
    "onDeny skipIf timeoutMs heartbeatTimeoutMs heartbeatTimeout retries retryPolicy continueOnFail",
  ),
  Panel: pattern(
    "panelists moderator panelistOutput moderatorOutput",
    "id strategy minAgree maxConcurrency panelistTaskProps moderatorTaskProps skipIf children",
  ),
  Debate: pattern("proposer opponent judge argumentOutput verdictOutput topic", "id rounds skipIf"),
  ReviewLoop: pattern(
    "producer reviewer produceOutput reviewOutput",
    "id maxIterations onMaxReached skipIf children",
  ),
  Optimizer: pattern(
    "generator evaluator generateOutput evaluateOutput",
    "id targetScore maxIterations onMaxReached skipIf children",
  ),
  ContentPipeline: pattern("stages", "id skipIf children"),
  GatherAndSynthesize: pattern(
    "sources synthesizer gatherOutput synthesisOutput",
    "id gatheredResults maxConcurrency synthesisPrompt skipIf children",
  ),
  DecisionTable: pattern("rules", "id default strategy skipIf"),
  Runbook: pattern("steps stepOutput", "id defaultAgent approvalRequest onDeny skipIf"),
  EscalationChain: pattern("levels escalationOutput", "id humanFallback humanRequest skipIf children"),
  DriftDetector: pattern(
    "captureAgent compareAgent captureOutput compareOutput baseline",
    "id alertIf alert poll skipIf",
  ),
  Supervisor: pattern(
    "boss workers planOutput workerOutput reviewOutput finalOutput",
    "id maxIterations maxConcurrency useWorktrees skipIf children",
  ),
  ScanFixVerify: pattern(
    "scanner fixer verifier scanOutput fixOutput verifyOutput reportOutput",
    "id maxConcurrency maxRetries skipIf children",
  ),
  CheckSuite: pattern("checks verdictOutput", "id strategy maxConcurrency continueOnFail skipIf"),
  Poller: pattern(
    "check checkOutput",
    "id checkTimeoutMs maxAttempts backoff intervalMs onTimeout skipIf children",
  ),
  ClassifyAndRoute: pattern(
    "items categories classifierAgent classifierOutput routeOutput",
    "id classificationResult maxConcurrency skipIf children",
  ),
  Kanban: pattern(
    "columns useTickets",
    "id agents maxConcurrency onComplete until maxIterations skipIf children",
  ),
};

const DENIED = ["fail", "continue", "skip"];
const MAX_REACHED = ["return-last", "fail"];

/** Props of them that take one of a few words; another would quietly be taken for the first. */
export const PATTERN_WORDS: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  ApprovalGate: { onDeny: DENIED },
  Panel: { strategy: ["synthesize", "vote", "consensus"] },
  ReviewLoop: { onMaxReached: MAX_REACHED },
  Optimizer: { onMaxReached: MAX_REACHED },
  DecisionTable: { strategy: ["first-match", "all-match"] },
  Runbook: { onDeny: DENIED },
  CheckSuite: { strategy: ["all-pass", "majority", "any-pass"] },
  Poller: { backoff: ["fixed", "linear", "exponential"], onTimeout: ["fail", "return-last"] },
};

/** Those that a block can hold: others ask functions of the author's about rows, or have lists of their own. */
export const IN_BLOCKS: ReadonlySet<string> = new Set([
  ...["ApprovalGate", "Panel", "Debate", "ReviewLoop", "Optimizer", "ContentPipeline"],
  ...["GatherAndSynthesize", "DecisionTable", "Runbook"],
]);

/** Why a component is refused, and what to write in its place. */
export const REFUSED: Readonly<Record<string, readonly [why: string, instead: string]>> = {
  Case: ["stands outside a <Switch>", "Put it directly into one."],
  Default: ["stands outside a <Switch>", "Put it directly into one."],
  Sandbox: ["runs another workflow elsewhere, which a plan can't hold yet", "Work in a <Worktree>."],
  SuperSmithers: [
    "edits the workflow's own source while it runs, which a plan exists to rule out",
    "Let a task propose the change, and build and review the new plan.",
  ],
  Memory: [
    "gives all agents within it a bank of memory, which a plan holds for each task by itself",
    "Say with the prop 'memory' of each <Task> what it recalls and remembers.",
  ],
  Monitor: [
    "watches another run, of which a plan knows nothing",
    "Leave it out: it is no part of what this workflow does.",
  ],
};

/** Components that say nothing of the run: they name what shows it. */
const LEFT_OUT: ReadonlySet<string> = new Set(["UI", "TUI"]);

/** Whether a plan has no place for an element, which is noted. */
export function isLeftOut(ev: Evaluation, name: string, span: Core.Span | undefined): boolean {
  if (!LEFT_OUT.has(name)) return false;
  const message = `<${name}> names what shows the run, which is no part of a plan: it is left out.`;
  report(ev, "SM804", span, message, "The run is the same without it.", "info");
  return true;
}
