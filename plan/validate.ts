/** From unknown JSON to a plan, or to everything that is wrong with it. */
import { lineAndColumn, parseJsonText } from "./json.ts";
import { childPath } from "./path.ts";
import { IR_VERSION, type Plan } from "./types.ts";
import { upgrade } from "./upgrade.ts";
import { checkCore } from "./validate/core.ts";
import { checkHeader, checkIntegrity } from "./validate/header.ts";
import { type Problem, Problems, show } from "./validate/problems.ts";
import { checkReferences } from "./validate/references.ts";
import { checkNesting, checkStructure } from "./validate/structure.ts";

export type Validated =
  | { readonly ok: true; readonly plan: Plan }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/**
 * Checks everything that a runner relies on: kind, version and `requires` (alone, where they are wrong: SEMANTICS 37),
 * integrity, types, tree, references, Core texts. Any JSON may be given; it takes time linear in its size and never
 * throws. Unknown fields are left alone: a newer minor version may have them.
 */
export function validatePlan(json: unknown): Validated {
  const problems = new Problems();
  if (!checkHeader(json, problems)) return refused(problems);
  checkNesting(json, problems);
  if (!problems.none) return refused(problems);
  checkIntegrity(json, problems);
  const upgraded = upgrade(json);
  const before = problems.list().length;
  checkStructure(upgraded, problems);
  if (problems.list().length > before) return refused(problems);
  const plan = upgraded as unknown as Plan;
  const known = problems.list().length;
  checkSubflows(plan, problems);
  if (problems.list().length > known) return refused(problems);
  if (checkReferences(plan, problems)) checkCore(plan, problems);
  return problems.none ? { ok: true, plan } : refused(problems);
}

/** Workflows that a plan runs are plans, and touch nothing that the plan does not say it touches. */
function checkSubflows(plan: Plan, problems: Problems): void {
  for (const [name, subflow] of Object.entries(plan.subflows ?? {})) {
    const path = childPath("subflows", name);
    const inner = validatePlan(subflow);
    if (!inner.ok) {
      for (const { path: at, rule, message } of inner.problems)
        problems.add(at === "" ? path : `${path}.${at}`, rule, message);
      continue;
    }
    for (const area of ["net", "env", "exec", "fs", "host"] as const)
      for (const one of inner.plan.capabilities[area])
        if (!plan.capabilities[area].includes(one))
          problems.add(
            path,
            "capability",
            `it asks for ${show(one)}, which is not listed under capabilities.${area}`,
          );
  }
}

/** Reads the text of a plan file, with or without a byte order mark, and validates it. Never throws. */
export function loadPlan(text: string): Validated {
  const body = text.startsWith("\ufeff") ? text.slice(1) : text;
  const parsed = parseJsonText(body);
  if (parsed.ok) return validatePlan(parsed.value);
  const { line, column } = lineAndColumn(body, parsed.offset);
  const rule = parsed.kind === "syntax" ? "json-syntax" : "json-duplicate-key";
  const message = `line ${line}, column ${column}: ${parsed.message}`;
  return { ok: false, problems: [{ path: "", rule, message, line, column }] };
}

/**
 * Reads the plan that a journal keeps: the one its run was begun with, or that was validated when the run was imported. Where
 * it is of this version and its integrity holds it is that plan still, and is not looked through again; all else is
 * validated as any other plan.
 */
export function loadRecordedPlan(text: string): Validated {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return loadPlan(text);
  }
  const problems = new Problems();
  if (checkHeader(json, problems) && json.irVersion === IR_VERSION) {
    checkIntegrity(json, problems);
    if (problems.none) return { ok: true, plan: json as unknown as Plan };
  }
  return validatePlan(json);
}

function refused(problems: Problems): Validated {
  return { ok: false, problems: problems.list() };
}
