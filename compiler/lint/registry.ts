/** Every rule, in the order of their codes. */
import { severityOf } from "../report.ts";
import type { Rule } from "./rule.ts";
import { agentAsData } from "./rules/agent-as-data.ts";
import { anonymousLoop } from "./rules/anonymous-loop.ts";
import { beyondLimits } from "./rules/beyond-limits.ts";
import { constantCondition } from "./rules/constant-condition.ts";
import { dependencyCycle } from "./rules/dependency-cycle.ts";
import { duplicateId } from "./rules/duplicate-id.ts";
import { hardCodedSecret } from "./rules/hard-coded-secret.ts";
import { hostDecides } from "./rules/host-decides.ts";
import { implicitMaxIterations } from "./rules/implicit-max-iterations.ts";
import { impossibleComparison } from "./rules/impossible-comparison.ts";
import { indexDerivedId } from "./rules/index-derived-id.ts";
import { iterationBlindRead } from "./rules/iteration-blind-read.ts";
import { loopWithoutProgress } from "./rules/loop-without-progress.ts";
import { maybeUndefinedInPrompt } from "./rules/maybe-undefined-in-prompt.ts";
import { missingTimeout } from "./rules/missing-timeout.ts";
import { needsWithoutDeps } from "./rules/needs-without-deps.ts";
import { nondeterministicId } from "./rules/nondeterministic-id.ts";
import { objectInPrompt } from "./rules/object-in-prompt.ts";
import { parallelWriteConflict } from "./rules/parallel-write-conflict.ts";
import { schemaMismatch } from "./rules/schema-mismatch.ts";
import { schemaSkew } from "./rules/schema-skew.ts";
import { shapeAtRunTime } from "./rules/shape-at-run-time.ts";
import { unboundedRetries } from "./rules/unbounded-retries.ts";
import { undominatedRead } from "./rules/undominated-read.ts";
import { unknownField } from "./rules/unknown-field.ts";
import { unknownNode } from "./rules/unknown-node.ts";
import { unknownTool } from "./rules/unknown-tool.ts";
import { unreachableNode } from "./rules/unreachable-node.ts";
import { unrestrictedTools } from "./rules/unrestricted-tools.ts";
import { untrustedCommand } from "./rules/untrusted-command.ts";
import { unusedOutput } from "./rules/unused-output.ts";
import { unwrittenState } from "./rules/unwritten-state.ts";

export const RULES: readonly Rule[] = [
  shapeAtRunTime,
  beyondLimits,
  duplicateId,
  indexDerivedId,
  nondeterministicId,
  anonymousLoop,
  unknownNode,
  schemaMismatch,
  unknownField,
  dependencyCycle,
  undominatedRead,
  unusedOutput,
  iterationBlindRead,
  impossibleComparison,
  unwrittenState,
  needsWithoutDeps,
  constantCondition,
  unreachableNode,
  loopWithoutProgress,
  implicitMaxIterations,
  parallelWriteConflict,
  hostDecides,
  unboundedRetries,
  missingTimeout,
  schemaSkew,
  untrustedCommand,
  hardCodedSecret,
  unrestrictedTools,
  unknownTool,
  objectInPrompt,
  maybeUndefinedInPrompt,
  agentAsData,
];

/** Whether a code is an error without whose mending there is no plan: no comment and no setting turns it down. */
export function isFirm(code: string): boolean {
  return severityOf(code) === "error" && !RULES.some((rule) => rule.code === code);
}
