/** Where an object comes from: what of the run or of other names can be reached through it. */
import type * as Core from "../../../plan/core/ast.ts";
import type * as Surface from "../../surface.ts";
import { ACCESSORS, FRESH, MUTATORS, PRIMITIVE } from "./methods.ts";
import { freeNames } from "./names.ts";

/** Names that stand for what a nested name can reach, and whether that is shared with the run (rows, input). */
export interface Origin {
  readonly roots: ReadonlySet<string>;
  readonly shared: boolean;
  /** Made just here: only what it holds is reached through `roots`, not the object itself. */
  readonly fresh?: true;
}

export const made = (origin: Origin): Origin => ({ ...origin, fresh: true });
export const held = ({ roots, shared }: Origin): Origin => ({ roots, shared });

export const NOTHING: Origin = { roots: new Set(), shared: false };

export function merge(origins: readonly Origin[], keepShared = true): Origin {
  const roots = new Set<string>();
  let shared = false;
  for (const origin of origins) {
    for (const root of origin.roots) roots.add(root);
    shared ||= origin.shared;
  }
  const merged = { roots, shared: shared && keepShared };
  return origins.length > 0 && origins.every((origin) => origin.fresh) ? made(merged) : merged;
}

/** An object that was made just here: writing it concerns nobody else. */
export function isFresh(node: Surface.Expr): boolean {
  switch (node.type) {
    case "Array":
    case "Object":
      return true;
    case "New":
      return node.callee.name !== "Proxy";
    case "Call":
      return (
        node.callee.type === "Member" &&
        typeof node.callee.property === "string" &&
        (FRESH.has(node.callee.property) ||
          (MUTATORS.has(node.callee.property) && isFresh(node.callee.object)) ||
          isAssignedTo(node))
      );
    case "Conditional":
      return isFresh(node.then) && isFresh(node.else);
    default:
      return false;
  }
}

/** `Object.assign({}, …)`: gives its first argument. */
function isAssignedTo({ callee, args: [first] }: Core.Call<Surface.Extra>): boolean {
  return (
    callee.type === "Member" &&
    callee.property === "assign" &&
    callee.object.type === "Name" &&
    callee.object.name === "Object" &&
    first !== undefined &&
    first.type !== "Spread" &&
    isFresh(first)
  );
}

export interface Known {
  /** What a name can reach. */
  name(name: string): Origin;
  /** Whether a list or object is known to hold nothing but primitives: a copy of it reaches nothing. */
  isFlat(node: Surface.Expr): boolean;
  /** What a call of a function of the source hands back, given what its arguments reach; undefined for other calls. */
  result(node: Core.Call<Surface.Extra>, args: readonly Origin[]): Origin | undefined;
}

/** Properties that are primitives wherever they stand. */
const SCALARS: ReadonlySet<string> = new Set(["length", "size"]);

/** What the value of an expression can reach, given what is known of names. */
export function originOf(node: Surface.Expr | null | undefined, known: Known): Origin {
  if (!node) return NOTHING;
  const of = (x: Surface.Expr): Origin => originOf(x, known);
  const spread = (x: Core.Spread<Surface.Extra>): Origin => (known.isFlat(x.arg) ? NOTHING : of(x.arg));
  switch (node.type) {
    case "Name":
      return known.name(node.name);
    case "Member":
      if (typeof node.property === "string" && SCALARS.has(node.property)) return NOTHING;
      return held(of(node.object));
    case "Chain":
      return of(node.expr);
    case "Call": {
      const parts = node.args.map((x) => of(x.type === "Spread" ? x.arg : x));
      const result = known.result(node, parts);
      if (result) return result;
      if (node.callee.type === "Member") {
        const name = typeof node.callee.property === "string" ? node.callee.property : "";
        if (PRIMITIVE.has(name)) return NOTHING;
        if (ACCESSORS.has(name)) return held(of(node.callee.object));
        const all = merge([held(of(node.callee.object)), ...parts], !FRESH.has(name));
        return isFresh(node) ? made(all) : held(all);
      }
      // A copy all the way down.
      if (node.callee.type === "Name" && node.callee.name === "structuredClone") return NOTHING;
      return held(merge([of(node.callee), ...parts]));
    }
    case "New":
    case "Construct":
      // A proxy stands for what it was made of.
      if (node.type === "New" && node.callee.name === "Proxy" && node.args[0]?.type !== "Spread")
        return of(node.args[0] ?? node.callee);
      return made(
        merge(
          node.args.map((x) => of(x.type === "Spread" ? x.arg : x)),
          false,
        ),
      );
    case "Conditional":
      return merge([of(node.then), of(node.else)]);
    case "Logical":
      return merge([of(node.left), of(node.right)]);
    case "Assign":
      return of(node.value);
    case "Comma":
      return merge(node.exprs.map(of));
    case "Array":
      return made(
        merge(
          node.elements.map((x) => (x ? (x.type === "Spread" ? spread(x) : of(x)) : NOTHING)),
          false,
        ),
      );
    case "Object":
      return made(
        merge(
          node.props.map((x) => (x.type === "Spread" ? spread(x) : of(x.value))),
          false,
        ),
      );
    case "Element":
      return merge(
        [
          ...node.props.map((x) => of(x.type === "Spread" ? x.arg : x.value)),
          ...node.children.map((x) => of(x.type === "Spread" ? x.arg : x)),
        ],
        false,
      );
    case "Arrow":
    case "Func": {
      const names = [...freeNames(node)].map((name): Origin => of({ type: "Name", name }));
      // writing what it captures concerns others, the function itself is new
      return made(merge(names, false));
    }
    case "Literal":
    case "Regex":
    case "Template":
    case "Unary":
    case "Binary":
    case "Update":
    case "Class":
    case "Foreign":
      return NOTHING;
    default: {
      const missing: never = node;
      return missing;
    }
  }
}
