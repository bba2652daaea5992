/** What a condition claims of one value, and which claims no value fulfils together. */
import type * as Core from "../../../plan/core/ast.ts";
import { printExpr } from "../../../plan/core/index.ts";

type Value = string | number | boolean | null | undefined;
type Order = "<" | "<=" | ">" | ">=";

/** `rows.length > 0`, or with `holds` false its denial, which is not `rows.length <= 0` when the value is NaN. */
export interface Claim {
  readonly of: string;
  readonly op: "===" | "==" | Order | "truthy";
  readonly value: Value;
  readonly holds: boolean;
}

const MIRRORED: { readonly [op: string]: Order } = { "<": ">", "<=": ">=", ">": "<", ">=": "<=" };
const FALSY: readonly Value[] = [undefined, null, false, 0, Number.NaN, ""];

/** Whether no value fulfils both claims, which are of the same one. */
export function contradict(a: Claim, b: Claim): boolean {
  const [few, other] = candidates(a) ? [a, b] : [b, a];
  const values = candidates(few);
  if (values) return !values.some((value) => isTrue(few, value) && isTrue(other, value));
  return disjoint(a, b) || (a.holds && !b.holds && within(a, b)) || (b.holds && !a.holds && within(b, a));
}

export function claimOf(test: Core.Expr, holds: boolean): Claim {
  if (test.type === "Binary") {
    const { op, left, right } = test;
    const order = MIRRORED[op];
    if (op === "===" || op === "==" || order) {
      const value = literal(right);
      if (value) return { of: printExpr(left), op: op as Claim["op"], value: value[0], holds };
      const mirrored = literal(left);
      if (mirrored)
        return { of: printExpr(right), op: order ?? (op as Claim["op"]), value: mirrored[0], holds };
    }
  }
  return { of: printExpr(test), op: "truthy", value: true, holds };
}

function literal(expr: Core.Expr): [Value] | null {
  if (expr.type === "Literal") return [expr.value];
  if (expr.type === "Name" && expr.name === "undefined") return [undefined];
  if (expr.type === "Unary" && expr.op === "-" && expr.arg.type === "Literal")
    return [-Number(expr.arg.value)];
  return null;
}

/** Whether the claim can contradict another that is neither of few values nor of a range: only such a one does. */
export const isOfFew = (claim: Claim): boolean => candidates(claim) !== null;
export const isOfRange = (claim: Claim): boolean => rangeOf(claim) !== null;

/** Every value that fulfils the claim, and perhaps some that don't; null where they are without number. */
function candidates({ op, value, holds }: Claim): readonly Value[] | null {
  if (op === "===" && holds) return [value];
  // Of `==`, only null and undefined have no further equals.
  if (op === "==" && holds && (value === null || value === undefined)) return [null, undefined];
  return op === "truthy" && !holds ? FALSY : null;
}

function isTrue({ op, value, holds }: Claim, of: Value): boolean {
  switch (op) {
    case "truthy":
      return Boolean(of) === holds;
    case "===":
      return (of === value) === holds;
    case "==":
      // biome-ignore lint/suspicious/noDoubleEquals: what the condition itself does.
      return (of == value) === holds;
    case "<":
      return of! < value! === holds;
    case "<=":
      return of! <= value! === holds;
    case ">":
      return of! > value! === holds;
    case ">=":
      return of! >= value! === holds;
    default:
      return op satisfies never;
  }
}

interface Range {
  readonly up: boolean;
  readonly from: number;
  readonly with: boolean;
}

function rangeOf({ op, value }: Claim): Range | null {
  if (typeof value !== "number" || op === "===" || op === "==" || op === "truthy") return null;
  return { up: op.startsWith(">"), from: value, with: op.endsWith("=") };
}

/** `x > 3` and `x < 2`. */
function disjoint(a: Claim, b: Claim): boolean {
  const [one, two] = [rangeOf(a), rangeOf(b)];
  if (!one || !two || !a.holds || !b.holds || one.up === two.up) return false;
  const [above, below] = one.up ? [one, two] : [two, one];
  return above.from > below.from || (above.from === below.from && !(above.with && below.with));
}

/** Every number above 3 is above 2. */
function within(a: Claim, b: Claim): boolean {
  const [one, two] = [rangeOf(a), rangeOf(b)];
  if (!one || !two || one.up !== two.up) return false;
  if (one.from === two.from) return two.with || !one.with;
  return one.up ? one.from > two.from : one.from < two.from;
}
