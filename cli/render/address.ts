import type { Address, EventRecord } from "../../runtime/index.ts";

/** `draft@2` is iteration 2 of a loop's task, `work@@outer=1@2` one in nested loops; the first iteration goes without. */
export function addressName({ nodeId, scope, iteration }: Address): string {
  return `${nodeId}${scope === "" ? "" : `@@${scope}`}${iteration > 0 ? `@${iteration}` : ""}`;
}

/** The node an event is about, as `addressName` gives it; "" for what is about the run. */
export function addressOf({ nodeId, scope, iteration }: EventRecord["data"]): string {
  return addressName({
    nodeId: typeof nodeId === "string" ? nodeId : "",
    scope: typeof scope === "string" ? scope : "",
    iteration: typeof iteration === "number" ? iteration : 0,
  });
}
