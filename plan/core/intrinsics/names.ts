import { Intrinsic } from "../evaluate/functions.ts";
import { SPECIAL_FORMS } from "../evaluate/special.ts";
import { GLOBALS } from "./globals.ts";
import { methodOf } from "./table.ts";

/** Names that mean something to Core itself: a plan gives none of them to a value of its own. */
export const RESERVED_NAMES: ReadonlySet<string> = new Set([...GLOBALS.keys(), ...SPECIAL_FORMS.keys()]);

/** Whether a function that stands in a name of Core's is there: `Math.max`, and what every function can. */
export function hasFunction(name: string, member: string): boolean {
  const value = GLOBALS.get(name);
  return (
    !(value instanceof Intrinsic) ||
    value.members.has(member) ||
    ["call", "apply", "bind"].includes(member) ||
    methodOf("object", member) !== undefined
  );
}
