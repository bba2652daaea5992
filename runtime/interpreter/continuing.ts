/**
 * Runs that go on as new ones, so that no run grows without end: where a `ContinueAsNew` has its turn, or a loop has gone
 * round `continueAsNewEvery` times. Nothing more starts then; once what is in flight has ended, the run ends, and another
 * one takes its place (../continuation.ts).
 */
import { CoreError } from "../../plan/core/values.ts";
import type { ContinueNode, Json } from "../../plan/types.ts";
import type { Address } from "../store/store.ts";
import type { Cell } from "../values/cell.ts";
import { toJson } from "../values/json.ts";
import type { Leaf } from "./leaf.ts";

/** Why a run goes on as a new one, and with what. */
export interface Continuing extends Address {
  /** `explicit`: with `state` alone; `loop`: with everything that is done, at the iteration of the loop that is next. */
  readonly reason: "explicit" | "loop";
  readonly state: Json;
}

/** The event with which a run ends that goes on as another one. */
export const RUN_CONTINUED = "run.continued";

/** Bytes of `state` at most: it is the input of the new run, not a store. */
const MAX_STATE = 10 * 1024 * 1024;

/** What the new run begins with. @throws Pending; CoreError where it is no JSON or too large */
export function stateFor(leaf: Leaf, node: ContinueNode, reader: Cell): Json {
  const value = leaf.scope.field(node.state, reader);
  const state = value === undefined ? null : toJson(value, `state of ${leaf.plan.key}`);
  const size = Buffer.byteLength(JSON.stringify(state));
  if (size > MAX_STATE)
    throw new CoreError(
      "LIMIT",
      `the state of ${leaf.plan.key} has ${size} bytes, more than the ${MAX_STATE} that a new run may begin with: keep it in a file, and give its name`,
    );
  return state;
}
