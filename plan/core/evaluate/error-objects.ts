import type { Value } from "../values.ts";
import { hasOwn } from "./types.ts";

/** The `name` of an error: its own, else that of its class. */
export function errorName(error: Error): Value {
  return hasOwn(error, "name") ? error.name : (Object.getPrototypeOf(error) as Error).name;
}
