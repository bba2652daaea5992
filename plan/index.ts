/** `smithers/plan`: everything that can be done with a plan without compiling or running one. */
export { CanonicalError, canonicalize, digestJson, sha256 } from "./canonical.ts";
export type { Affected, Change } from "./diff/change.ts";
export { diffPlans } from "./diff/diff.ts";
export { renderDiffJson } from "./diff/json.ts";
export { renderDiffMarkdown } from "./diff/markdown.ts";
export { REASONS, type ReasonCode } from "./diff/reasons.ts";
export { type DiffStyle, type DiffTextOptions, renderDiffText } from "./diff/text.ts";
export type { DraftModule, DraftNode, DraftPrompt, DraftSchema, PlanDraft } from "./draft.ts";
export { printable } from "./render/printable.ts";
export { renderTree, type TreeOptions, type TreeStyle } from "./render/tree.ts";
export { integrityOf, seal } from "./seal.ts";
export { decodeSpans, encodeSpans, locate, type Place, type SpanStart } from "./spans.ts";
export type * from "./types.ts";
export { IR_VERSION, PLAN_KIND } from "./types.ts";
export { upgrade } from "./upgrade.ts";
export type { Problem, Rule } from "./validate/problems.ts";
export { loadPlan, type Validated, validatePlan } from "./validate.ts";
export { formatPlan } from "./write.ts";
