/** A frame as both sides give it, and a prop's canonical form. */

/** A mounted node: `text` holds all its props in a canonical form. */
export interface Mounted {
  readonly kind: string;
  readonly id: string | null;
  readonly props: Readonly<Record<string, unknown>>;
  readonly children: readonly Mounted[];
}

export type Frame =
  | { readonly type: "tree"; readonly tree: readonly Mounted[]; readonly waiting: boolean }
  | { readonly type: "threw"; readonly message: string }
  /** A read of an output that is not there stopped the whole frame. */
  | { readonly type: "waiting" };

/** JSON of a prop, keys sorted; undefined members left out; what JSON lacks is spelled. */
export function canonical(value: unknown): string {
  if (value === undefined) return "undefined";
  if (typeof value === "number") return Object.is(value, -0) ? "0" : String(value);
  if (value === null || typeof value !== "object") return JSON.stringify(value) ?? typeof value;
  if (Array.isArray(value)) return `[${Array.from(value, canonical).join(",")}]`;
  if (value instanceof Map || value instanceof Set)
    return `${value.constructor.name}${canonical([...value])}`;
  const entries = Object.entries(value).filter(([, x]) => x !== undefined);
  return `{${entries
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, x]) => `${key}:${canonical(x)}`)
    .join(",")}}`;
}
