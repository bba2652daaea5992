/** Components that are written as workflow source (compiler/library), and those of the public library that no plan can hold yet. */

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
    "id strategy minAgree maxConcurrency skipIf children",
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
};

/** Why a component is refused, and what to write in its place. */
export const REFUSED: Readonly<Record<string, readonly [why: string, instead: string]>> = {
  Subflow: [
    "runs another workflow, which a plan can't hold yet",
    "Render what it does in place, or run it on its own.",
  ],
  Sandbox: ["runs another workflow elsewhere, which a plan can't hold yet", "Work in a <Worktree>."],
  SuperSmithers: [
    "edits the workflow's own source while it runs, which a plan exists to rule out",
    "Let a task propose the change, and build and review the new plan.",
  ],
  CheckSuite: [
    "leaves its verdict to a task without an agent, which no run can finish",
    "Write the checks as tasks in a <Parallel>, and the verdict as a compute task over their rows.",
  ],
  Supervisor: [
    "leaves its summary to a task without an agent, which no run can finish",
    "Write the plan, the workers in a <Loop>, and a summary with an agent of its own.",
  ],
  ScanFixVerify: [
    "leaves its report to a task without an agent, which no run can finish",
    "Write the scan, the fixes and the check in a <Loop>, and a report with an agent of its own.",
  ],
  Poller: ["uses its interval as a timeout and never pauses", "Write a <Loop> with the check and a <Timer>."],
  ClassifyAndRoute: [
    "routes by a table that it keeps to itself",
    "Write the classifying task, and a <Task> for each item of its row with the agent of its category.",
  ],
  UI: [
    "names a page that shows the run, which is no part of a plan",
    "Take it away; the run is the same without it.",
  ],
  Kanban: [
    "reads its tickets through a hook",
    "Write a <Parallel> for each column with a <Task> for each ticket, in a <Loop>.",
  ],
};
