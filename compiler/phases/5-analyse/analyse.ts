/**
 * Phase 5: what is wrong with a plan that can be built. Runs every lint rule over one model of the draft.
 *
 * In: the draft of the tree with spans, and its schemas as the plan holds them. Out: findings; nothing is changed.
 */
import type { PlanDraft as Lowered } from "../../../plan/draft.ts";
import type { Diagnostic } from "../../diagnostics.ts";
import { RULES } from "../../lint/registry.ts";
import type { SourceFile } from "../2-bind/files.ts";
import type { PlanDraft } from "../4-lower/draft.ts";
import { modelOf } from "./model.ts";

export function analyse(
  draft: PlanDraft,
  lowered: Pick<Lowered, "schemas" | "constants" | "functions">,
  files: readonly SourceFile[],
): Diagnostic[] {
  const model = modelOf(draft, lowered, files);
  return RULES.flatMap((rule) => rule.check(model));
}
