/** A frame as both sides give it, and how two of them are compared. */

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

/** One line a node, in document order. */
export function lines(tree: readonly Mounted[], depth = 0): string[] {
  return tree.flatMap((node) => [
    `${"  ".repeat(depth)}${node.kind} ${node.id ?? ""} ${canonical(node.props)}`,
    ...lines(node.children, depth + 1),
  ]);
}

/** Undefined when two frames agree; otherwise what differs first. */
export function difference(direct: Frame, plan: Frame): string | undefined {
  if (direct.type === "tree" && plan.type === "tree") {
    if (plan.waiting) return "the plan waits where direct execution does not";
    const [a, b] = [lines(direct.tree), lines(plan.tree)];
    for (let n = 0; n < Math.max(a.length, b.length); n++) {
      if (a[n] !== b[n])
        return `line ${n}:\n  direct ${a[n] ?? "(nothing)"}\n  plan   ${b[n] ?? "(nothing)"}`;
    }
    return undefined;
  }
  if (direct.type === "waiting") {
    return plan.type === "waiting" || (plan.type === "tree" && plan.waiting)
      ? undefined
      : `direct execution waits, the plan gives ${describe(plan)}`;
  }
  if (direct.type === "threw" && plan.type === "threw") return undefined;
  return `direct execution gives ${describe(direct)}, the plan ${describe(plan)}`;
}

const describe = (frame: Frame): string =>
  frame.type === "threw" ? `an error (${frame.message})` : frame.type === "waiting" ? "a wait" : "a tree";
