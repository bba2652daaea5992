/** Every reason for which two plans can differ: a closed table, used by the differ, the renderers and later by verdicts on running nodes. */
import type { Part } from "../digest/nodes.ts";

/** `+` something came, `-` something went, `>` something stands elsewhere, `~` something is otherwise. */
export type Sign = "+" | "-" | ">" | "~";

interface Reason {
  readonly sign: Sign;
  /** What happened, as it follows the name of what it happened to. */
  readonly title: string;
}

export const REASONS = {
  "node-added": { sign: "+", title: "added" },
  "node-removed": { sign: "-", title: "removed" },
  "node-moved": { sign: ">", title: "moved" },
  "id-changed": { sign: "~", title: "id changed" },
  "scope-changed": { sign: "~", title: "loops or lists around it changed" },
  "condition-changed": { sign: "~", title: "condition changed" },
  "guard-changed": { sign: "~", title: "guard changed" },
  "each-changed": { sign: "~", title: "list changed" },
  "loop-changed": { sign: "~", title: "loop changed" },
  "sites-changed": { sign: "~", title: "what it yields changed" },
  "output-changed": { sign: "~", title: "output changed" },
  "prompt-changed": { sign: "~", title: "prompt changed" },
  "agent-changed": { sign: "~", title: "agent changed" },
  "module-changed": { sign: "~", title: "module changed" },
  "captures-changed": { sign: "~", title: "captures changed" },
  "payload-changed": { sign: "~", title: "payload changed" },
  "approval-changed": { sign: "~", title: "approval changed" },
  "dependency-changed": { sign: "~", title: "dependencies changed" },
  "policy-changed": { sign: "~", title: "policy changed" },
  "label-changed": { sign: "~", title: "label changed" },
  "value-changed": { sign: "~", title: "value changed" },
  "constant-changed": { sign: "~", title: "constant changed" },
  "function-changed": { sign: "~", title: "function changed" },
  "template-changed": { sign: "~", title: "prompt file changed" },
  "agent-definition-changed": { sign: "~", title: "agent definition changed" },
  "module-code-changed": { sign: "~", title: "module code changed" },
  "schema-changed": { sign: "~", title: "schema changed" },
  "input-changed": { sign: "~", title: "input changed" },
  "workflow-renamed": { sign: "~", title: "workflow renamed" },
  "capability-changed": { sign: "~", title: "capabilities changed" },
  "requirement-changed": { sign: "~", title: "requirements changed" },
  /** The digests differ and nothing above says why; a plan of a newer minor version may do that. */
  "meaning-changed": { sign: "~", title: "meaning changed" },
} as const satisfies { readonly [code: string]: Reason };

export type ReasonCode = keyof typeof REASONS;

/** Which reason a difference in a part of a node is. */
export const PART_REASONS: { readonly [part in Part]: ReasonCode } = {
  if: "condition-changed",
  else: "condition-changed",
  "each.of": "each-changed",
  "each.key": "each-changed",
  "each.if": "condition-changed",
  id: "id-changed",
  key: "policy-changed",
  name: "label-changed",
  until: "loop-changed",
  maxIterations: "loop-changed",
  onMaxReached: "loop-changed",
  maxConcurrency: "policy-changed",
  yields: "sites-changed",
  output: "output-changed",
  deps: "dependency-changed",
  needs: "dependency-changed",
  dependsOn: "dependency-changed",
  skipIf: "condition-changed",
  agent: "agent-changed",
  prompt: "prompt-changed",
  maxSchemaRetries: "policy-changed",
  module: "module-changed",
  captures: "captures-changed",
  payload: "payload-changed",
  title: "approval-changed",
  summary: "approval-changed",
  onDeny: "approval-changed",
  label: "label-changed",
  meta: "label-changed",
  continueOnFail: "policy-changed",
  retries: "policy-changed",
  retryPolicy: "policy-changed",
  timeoutMs: "policy-changed",
  heartbeatTimeoutMs: "policy-changed",
  onUnmount: "policy-changed",
  guards: "guard-changed",
};
