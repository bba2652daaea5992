/** Whether this reader may read the plan at all (SEMANTICS 37), before anything else is looked at. */
import { CanonicalError } from "../canonical.ts";
import { FEATURES } from "../features.ts";
import { integrityOf } from "../seal.ts";
import { IR_VERSION, PLAN_KIND } from "../types.ts";
import { type Problems, show } from "./problems.ts";

export type Header = {
  readonly [key: string]: unknown;
  readonly kind: typeof PLAN_KIND;
  readonly irVersion: string;
};

/** Narrows JSON to something that claims to be a plan of a version we read; otherwise says in `problems` why not. */
export function checkHeader(json: unknown, problems: Problems): json is Header {
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    problems.add("", "not-a-plan", `a plan is a JSON object, this is ${show(json)}`);
    return false;
  }
  const { kind, irVersion, requires } = json as { readonly [key: string]: unknown };
  if (kind !== PLAN_KIND) {
    problems.add(
      "kind",
      "not-a-plan",
      `a plan has "kind": "${PLAN_KIND}", this has ${kind === undefined ? "none" : show(kind)}; give a file that \`smithers build\` wrote`,
    );
    return false;
  }
  return checkVersion(irVersion, problems) && checkRequires(requires, problems);
}

function checkVersion(version: unknown, problems: Problems): boolean {
  const parts = typeof version === "string" ? /^(\d{1,6})\.(\d{1,6})$/.exec(version) : null;
  if (!parts) {
    problems.add(
      "irVersion",
      "not-a-plan",
      `a version is "major.minor", as in "${IR_VERSION}"; this is ${show(version)}`,
    );
    return false;
  }
  const [ours] = IR_VERSION.split(".");
  const major = Number(parts[1]);
  if (major === 0) {
    problems.add("irVersion", "version", `there is no irVersion ${version}; the first is 1.0`);
    return false;
  }
  if (major <= Number(ours)) return true;
  problems.add(
    "irVersion",
    "version",
    `this plan has irVersion ${version}, this smithers reads up to ${ours}.x; update smithers, or build the plan again with this version`,
  );
  return false;
}

function checkRequires(requires: unknown, problems: Problems): boolean {
  if (!Array.isArray(requires) || requires.some((name) => typeof name !== "string")) {
    problems.add("requires", "type", `a list of feature names is wanted, this is ${show(requires)}`);
    return false;
  }
  const unknown = requires.filter((name) => !FEATURES.has(name));
  if (unknown.length === 0) return true;
  problems.add(
    "requires",
    "requires",
    `this plan needs ${unknown.map(show).join(", ")}, which this smithers does not know; update smithers`,
  );
  return false;
}

/** Whether the plan's `integrity` is that of the rest of it. */
export function checkIntegrity(plan: Header, problems: Problems): void {
  let expected: string;
  try {
    expected = integrityOf(plan);
  } catch (error) {
    if (!(error instanceof CanonicalError)) throw error;
    problems.add(error.path, "type", error.message);
    return;
  }
  if (plan.integrity === expected) return;
  problems.add(
    "integrity",
    "integrity",
    "the plan was changed after it was sealed; build it again from its sources, or seal it again (`seal` of smithers/plan) where the change was meant",
  );
}
