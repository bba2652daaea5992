/** Putting values of secrets out of JSON, and back into it. */
import type { Json } from "../plan/types.ts";

/** A value and what stands in its place. */
export interface Swap {
  readonly value: string;
  readonly mark: string;
}

/** Shorter values are words that stand everywhere: they are not hidden. */
export const SHORTEST = 8;

/**
 * The values of secrets that are to be hidden, each also as it stands within a string of JSON, for texts that hold such.
 * A value that is part of another one comes after it.
 */
export function swapsOf(secrets: readonly Swap[]): readonly Swap[] {
  return secrets
    .filter(({ value }) => value.length >= SHORTEST)
    .flatMap(({ value, mark }) => {
      const quoted = JSON.stringify(value).slice(1, -1);
      return quoted === value
        ? [{ value, mark }]
        : [
            { value, mark },
            { value: quoted, mark: mark.replace(/\)$/, " in JSON)") },
          ];
    })
    .sort((a, b) => b.value.length - a.value.length);
}

/** `json` with one side of each swap in the place of the other, wherever it stands in a string; itself where it stands in none. */
export function swapped<T>(json: T, swaps: readonly Swap[], from: keyof Swap, to: keyof Swap): T {
  if (swaps.length === 0) return json;
  return inStrings(json, (text) =>
    swaps.reduce((changed, swap) => changed.replaceAll(swap[from], () => swap[to]), text),
  );
}

/** `json` with `change` made to its strings, itself where that changes none. Names of members stay as they are. */
function inStrings<T>(json: T, change: (text: string) => string): T {
  if (typeof json === "string") return change(json) as T;
  if (typeof json !== "object" || json === null) return json;
  if (Array.isArray(json)) {
    const items = json.map((item) => inStrings(item, change));
    return items.some((item, at) => item !== json[at]) ? (items as T) : json;
  }
  const members = Object.entries(json);
  const changed = members.map(([name, member]) => [name, inStrings(member as Json, change)] as const);
  return changed.some(([, member], at) => member !== members[at]?.[1])
    ? (Object.fromEntries(changed) as T)
    : json;
}
