/** Every rule, in the order of their codes. */
import { severityOf } from "../report.ts";
import type { Rule } from "./rule.ts";
import { dependencyCycle } from "./rules/dependency-cycle.ts";
import { duplicateId } from "./rules/duplicate-id.ts";
import { hardCodedSecret } from "./rules/hard-coded-secret.ts";
import { hostDecides } from "./rules/host-decides.ts";
import { impossibleComparison } from "./rules/impossible-comparison.ts";
import { schemaMismatch } from "./rules/schema-mismatch.ts";
import { schemaSkew } from "./rules/schema-skew.ts";
import { shapeAtRunTime } from "./rules/shape-at-run-time.ts";
import { unknownField } from "./rules/unknown-field.ts";
import { unknownNode } from "./rules/unknown-node.ts";
import { unrestrictedTools } from "./rules/unrestricted-tools.ts";
import { untrustedCommand } from "./rules/untrusted-command.ts";

export const RULES: readonly Rule[] = [
  shapeAtRunTime,
  duplicateId,
  unknownNode,
  schemaMismatch,
  unknownField,
  dependencyCycle,
  impossibleComparison,
  hostDecides,
  schemaSkew,
  untrustedCommand,
  hardCodedSecret,
  unrestrictedTools,
];

/** Whether a code is an error without whose mending there is no plan: no comment and no setting turns it down. */
export function isFirm(code: string): boolean {
  return severityOf(code) === "error" && !RULES.some((rule) => rule.code === code);
}
