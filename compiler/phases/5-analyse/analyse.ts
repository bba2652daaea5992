/**
 * Phase 5: what is wrong with a plan that can be built. Runs every lint rule over one model of the draft.
 *
 * In: the draft of the tree with spans, its schemas as the plan holds them, and whether errors were found already. Out: findings; nothing is changed.
 */
import type { PlanDraft as Lowered } from "../../../plan/draft.ts";
import type { Diagnostic } from "../../diagnostics.ts";
import { RULES } from "../../lint/registry.ts";
import type { SourceFile } from "../2-bind/files.ts";
import type { PlanDraft } from "../4-lower/draft.ts";
import { modelOf } from "./model.ts";

export function analyse(
  draft: PlanDraft,
  lowered: Pick<Lowered, "schemas" | "constants" | "functions" | "agents" | "subflows">,
  files: readonly SourceFile[],
  failed: boolean,
): Diagnostic[] {
  const model = modelOf(draft, lowered, files);
  const certain = RULES.filter((rule) => !rule.ofWhole).flatMap((rule) => rule.check(model));
  if (failed || certain.some(({ severity }) => severity === "error")) return certain;
  return [...certain, ...RULES.filter((rule) => rule.ofWhole).flatMap((rule) => rule.check(model))];
}
