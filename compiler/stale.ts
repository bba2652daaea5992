/** SM803: whether the plan that is committed beside a workflow is what the workflow compiles to. */
import { diffPlans } from "../plan/diff/diff.ts";
import { countsText, summary } from "../plan/diff/text.ts";
import type { Plan } from "../plan/types.ts";
import { loadPlan } from "../plan/validate.ts";
import { formatPlan } from "../plan/write.ts";
import type { Diagnostic } from "./diagnostics.ts";
import type { BuildResult } from "./pipeline.ts";
import { problem } from "./report.ts";

/** Changes named in the message; the rest is counted. */
const NAMED = 3;

export interface Committed {
  /** As people are to read it. */
  readonly path: string;
  /** Null where there is no such file. */
  readonly text: string | null;
  /** The command that writes it. */
  readonly command: string;
}

/** Null where the committed plan has exactly the bytes that a build would write, or where there is nothing to compare. */
export function stalePlan(
  { plan, sources }: BuildResult,
  { path, text, command }: Committed,
): Diagnostic | null {
  if (plan === null || text === formatPlan(plan)) return null;
  const at = Math.max(0, sources[0]?.text.search(/^export default\b/m) ?? 0);
  const span = { file: 0, start: at, end: at + (sources[0]?.text.startsWith("export default", at) ? 14 : 0) };
  return problem("SM803", span, message(plan, path, text), {
    hint: `Run \`${command}\` and commit what it writes.`,
  });
}

function message(plan: Plan, path: string, text: string | null): string {
  if (text === null) return `There is no committed plan: \`${path}\` is missing.`;
  const old = loadPlan(text);
  if (!old.ok)
    return `\`${path}\` is not a plan that can be used: ${old.problems[0]?.message ?? "it is broken"}`;
  const changes = diffPlans(old.plan, plan);
  if (changes.length === 0)
    return `\`${path}\` means the same as this source but was built from other text: ${apart(old.plan, plan)}.`;
  const named = changes.slice(0, NAMED).map((change) => `${change.name} ${summary(change)}`);
  const rest = changes.length > NAMED ? "; …" : "";
  return `\`${path}\` is not what this source compiles to. ${countsText(changes)} (${named.join("; ")}${rest}).`;
}

/** What differs where the meaning does not. */
function apart(old: Plan, now: Plan): string {
  const tools = Object.keys(now.toolchain).filter((name) => old.toolchain[name] !== now.toolchain[name]);
  const files = [...new Set([...Object.keys(old.sources), ...Object.keys(now.sources)])].filter(
    (file) => old.sources[file] !== now.sources[file],
  );
  const parts = [
    ...files.slice(0, NAMED).map((file) => `${file} has changed`),
    ...tools.map((name) => `${name} is ${now.toolchain[name]}, not ${old.toolchain[name] ?? "there"}`),
  ];
  return parts.length > 0 ? parts.join(", ") : "its layout differs";
}
