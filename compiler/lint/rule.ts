/** What a rule is: one code, one file, one question asked of the model of a plan. */
import type { Diagnostic } from "../diagnostics.ts";
import type { Code } from "../messages.gen.ts";
import type { Model } from "../phases/5-analyse/model.ts";

export interface Rule {
  readonly code: Code;
  /** All places where the plan breaks the rule. */
  check(model: Model): readonly Diagnostic[];
}
