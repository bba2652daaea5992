/** Comparisons that no run can decide otherwise. */
import type * as Core from "../../../plan/core/ast.ts";
import { hull, mayHold, mustHold, type Order, point, type Range } from "./ranges.ts";
import { describe, disjoint, maybeNothing, present, spanOf, type Type } from "./types.ts";

export interface Comparison {
  /** The side that can never be what the other is: a literal, where there is one. */
  readonly side: Core.Expr;
  readonly message: string;
  /** Texts that the other side can be, for "did you mean". */
  readonly known: readonly string[];
  /** The literal's text. */
  readonly wanted: string | null;
  /** What the comparison gives in every run. */
  readonly answer: boolean;
}

/** Operators whose answer is false where both sides differ. */
const NEVER_EQUAL: ReadonlySet<string> = new Set(["===", "==", "<", "<=", ">", ">="]);
const LOOSE: ReadonlySet<string> = new Set(["==", "!="]);
const EQUAL: ReadonlySet<string> = new Set(["===", "!==", "==", "!="]);

/** What is wrong with a comparison; null where the run decides it, or where nothing but literals are compared. */
export function compare(
  op: Core.Binary["op"],
  leftExpr: Core.Expr,
  rightExpr: Core.Expr,
  left: Type | null,
  right: Type | null,
): Comparison | null {
  if (!left || !right || (!left.told && !right.told)) return null;
  if (EQUAL.has(op) && maybeNothing(left) && maybeNothing(right)) return null;
  const [a, b] = [present(left)!, present(right)!];
  // Asking whether something is there is not a comparison of types.
  if (a.alternatives.length === 0 || b.alternatives.length === 0) return null;
  const ordered = EQUAL.has(op) ? null : inOrder(op as Order, left, right);
  const never = EQUAL.has(op) ? disjoint(a, b) && !(LOOSE.has(op) && coerces(a, b)) : numberWithWords(a, b);
  if (!never && ordered === null) return null;
  // The side that no schema tells is the one that is mistaken.
  const [told, other, side] = left.told ? [a, b, rightExpr] : [b, a, leftExpr];
  const wanted = side.type === "Literal" && typeof side.value === "string" ? side.value : null;
  const known = told.alternatives.flatMap((one) => (one.kind === "string" ? (one.values ?? []) : []));
  const answer = ordered ?? !NEVER_EQUAL.has(op);
  const often = answer ? "always" : "never";
  const message =
    ordered === null
      ? `\`${told.of}\` is ${describe(told)}, so comparing it with ${describe(other)} ${often} holds.`
      : `\`${told.of}\` is ${describe(told)}, so ${asked(told === a ? op : MIRRORED[op as Order], other)} ${often} holds.`;
  return { side, message, known, wanted, answer };
}

/** `["hgih", "low"].includes(x)`, `tags.includes("x")`. */
export function compareAmong(
  listExpr: Core.Expr,
  valueExpr: Core.Expr,
  item: Type | null,
  value: Type | null,
): Comparison[] {
  if (listExpr.type === "Array" && value?.told)
    return listExpr.elements.flatMap((element) => {
      if (element?.type !== "Literal" || element.value === null) return [];
      const literal: Type = {
        alternatives: [
          { kind: typeof element.value, values: [element.value] } as Type["alternatives"][number],
        ],
        of: "",
        told: false,
      };
      const found = compare("===", valueExpr, element, value, literal);
      return found ? [found] : [];
    });
  if (!item?.told || valueExpr.type !== "Literal") return [];
  const found = compare("===", listExpr, valueExpr, item, value);
  return found ? [found] : [];
}

/** Loose equality turns kinds into one another. */
function coerces(a: Type, b: Type): boolean {
  const kinds = (type: Type): Set<string> => new Set(type.alternatives.map(({ kind }) => kind));
  const [left, right] = [kinds(a), kinds(b)];
  return ![...left].every((kind) => right.has(kind)) || left.size !== right.size;
}

/** `< 0` */
function asked(op: string, type: Type): string {
  const [one, ...more] = type.alternatives;
  const isOne = one?.kind === "number" && one.values?.length === 1 && more.length === 0;
  return isOne ? `\`${op} ${describe(type)}\`` : `\`${op}\` ${describe(type)}`;
}

const MIRRORED: { readonly [op in Order]: Order } = { "<": ">", "<=": ">=", ">": "<", ">=": "<=" };

/** The certain answer of an order between numbers; null where the run decides it. */
function inOrder(op: Order, left: Type, right: Type): boolean | null {
  const [a, b] = [numbersOf(left), numbersOf(right)];
  if (!a || !b) return null;
  if (!mayHold(op, a, b)) return false;
  const isNumber = ({ alternatives }: Type): boolean =>
    !alternatives.some(({ kind }) => kind === "undefined");
  return mustHold(op, a, b) && isNumber(left) && isNumber(right) ? true : null;
}

/** The numbers as which a value is compared: `undefined` is none, and null is 0. */
function numbersOf({ alternatives }: Type): Range | undefined {
  const numbers = alternatives.filter(({ kind }) => kind !== "undefined");
  if (!numbers.every(({ kind }) => kind === "number" || kind === "null")) return undefined;
  const spans = numbers.map((one) => (one.kind === "null" ? point(0) : spanOf(one)));
  return spans.every((one) => one !== undefined)
    ? spans.reduce<Range | undefined>((all, one) => (all ? hull(all, one) : one), undefined)
    : undefined;
}

/** A number beside text that is no number: every order between them is false. */
function numberWithWords(a: Type, b: Type): boolean {
  const isNumber = (type: Type): boolean => type.alternatives.every(({ kind }) => kind === "number");
  const isWords = (type: Type): boolean =>
    type.alternatives.every(
      (one) => one.kind === "string" && one.values?.every((text) => Number.isNaN(Number(text))) === true,
    );
  return (isNumber(a) && isWords(b)) || (isWords(a) && isNumber(b));
}
