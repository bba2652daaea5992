import type { Address } from "../../runtime/index.ts";

/** `draft@2` is iteration 2 of a loop's task, `work@@outer=1@2` one in nested loops; the first iteration goes without. */
export function addressName({ nodeId, scope, iteration }: Address): string {
  return `${nodeId}${scope === "" ? "" : `@@${scope}`}${iteration > 0 ? `@${iteration}` : ""}`;
}
