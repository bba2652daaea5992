import { SPECIAL_FORMS } from "../evaluate/special.ts";
import { GLOBALS } from "./globals.ts";

/** Names that mean something to Core itself: a plan gives none of them to a value of its own. */
export const RESERVED_NAMES: ReadonlySet<string> = new Set([...GLOBALS.keys(), ...SPECIAL_FORMS.keys()]);
