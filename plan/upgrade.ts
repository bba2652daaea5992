/**
 * Plans of older versions in the form of this one. A step takes a plan of one version to the next; steps are added
 * with the version that needs them and never change afterwards, so that any old plan can be read.
 */
import { IR_VERSION } from "./types.ts";

type PlanJson = { readonly [key: string]: unknown };

/** Keyed by the major version it starts from: the plan in the form of the next one. */
const STEPS: ReadonlyMap<number, (plan: PlanJson) => PlanJson> = new Map();

/**
 * @param plan of a major version not above ours, `irVersion` checked
 * @returns the same object where there is nothing to do, as for all of 1.x
 */
export function upgrade<P extends PlanJson & { readonly irVersion: string }>(plan: P): PlanJson {
  const major = (version: string): number => Number(version.split(".")[0]);
  let upgraded: PlanJson = plan;
  for (let version = major(plan.irVersion); version < major(IR_VERSION); version++)
    upgraded = STEPS.get(version)?.(upgraded) ?? upgraded;
  return upgraded;
}
