/** Codes of failures as `catchErrors` names them: this runner's own, and those of the public library for the same thing. */
const SAME: Readonly<Record<string, readonly string[]>> = {
  TASK_TIMEOUT: ["TIMEOUT"],
  PROCESS_TIMEOUT: ["TIMEOUT"],
  TASK_HEARTBEAT_TIMEOUT: ["HEARTBEAT_TIMEOUT"],
  TASK_ABORTED: ["CANCELLED"],
  INVALID_OUTPUT: ["OUTPUT_INVALID"],
  MISSING_OUTPUT: ["UPSTREAM_NO_OUTPUT"],
  DEP_NOT_SATISFIED: ["UPSTREAM_NO_OUTPUT"],
  RALPH_MAX_REACHED: ["LOOP_MAX"],
  ASPECT_BUDGET_EXCEEDED: ["BUDGET_EXCEEDED"],
  AGENT_CLI_ERROR: ["PROVIDER", "EXIT"],
};

/** Whether a `catch` for failures of the code `wanted` is for one with the code `code`. */
export const isCaughtBy = (wanted: string, code: string): boolean =>
  wanted === code || (Object.hasOwn(SAME, wanted) && (SAME[wanted] as readonly string[]).includes(code));
