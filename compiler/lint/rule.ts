/** What a rule is: one code, one file, one question asked of the model of a plan. */
import type { Diagnostic } from "../diagnostics.ts";
import type { Code } from "../messages.gen.ts";
import type { Model } from "../phases/5-analyse/model.ts";

export interface Rule {
  readonly code: Code;
  /** Asks what is missing or superfluous: not run where errors were found, which may be the cause. */
  readonly ofWhole?: true;
  /** All places where the plan breaks the rule. */
  check(model: Model): readonly Diagnostic[];
}
