/** Where a scope stands among loops, and addresses made from it (DESIGN §6 "Identity"). */
import type { Address } from "../store/store.ts";

/** The loops around a scope, outermost first, and the iteration of each. */
export interface Place {
  readonly loops: readonly string[];
  readonly at: readonly number[];
}

export const OUTSIDE: Place = Object.freeze({ loops: Object.freeze([]), at: Object.freeze([]) });

/** One loop further in. */
export function within(place: Place, loop: string, iteration: number): Place {
  return { loops: [...place.loops, loop], at: [...place.at, iteration] };
}

/** The address of a node that stands at `place`. */
export function addressAt(nodeId: string, place: Place): Address {
  const outer = place.loops.slice(0, -1).map((loop, level) => `${escapeName(loop)}=${place.at[level]}`);
  return { nodeId, scope: outer.join(","), iteration: place.at.at(-1) ?? 0 };
}

/** Iterations of an address, outermost loop first. */
export function placeOf(address: Address): readonly number[] {
  if (address.scope === "") return [address.iteration];
  const outer = address.scope.split(",").map((part) => Number(part.slice(part.lastIndexOf("=") + 1)));
  return [...outer, address.iteration];
}

/** How many loops, from the outside, two chains share. */
export function commonLoops(a: readonly string[], b: readonly string[]): number {
  let level = 0;
  while (level < a.length && level < b.length && a[level] === b[level]) level++;
  return level;
}

/** `,` and `=` separate the parts of a scope. */
const escapeName = (name: string): string =>
  name.replace(/[%,=\n]/g, (char) => `%${char.charCodeAt(0).toString(16).padStart(2, "0")}`);
