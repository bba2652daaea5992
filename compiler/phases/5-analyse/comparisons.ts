/** Comparisons that no run can decide otherwise. */
import type * as Core from "../../../plan/core/ast.ts";
import { describe, disjoint, maybeNothing, present, type Type } from "./types.ts";

export interface Comparison {
  /** The side that can never be what the other is: a literal, where there is one. */
  readonly side: Core.Expr;
  readonly message: string;
  /** Texts that the other side can be, for "did you mean". */
  readonly known: readonly string[];
  /** The literal's text. */
  readonly wanted: string | null;
}

/** Operators whose answer is false where both sides differ. */
export const NEVER_EQUAL: ReadonlySet<string> = new Set(["===", "==", "<", "<=", ">", ">="]);
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
  const never = EQUAL.has(op) ? disjoint(a, b) && !(LOOSE.has(op) && coerces(a, b)) : numberWithWords(a, b);
  if (!never) return null;
  // The side that no schema tells is the one that is mistaken.
  const [told, other, side] = left.told ? [a, b, rightExpr] : [b, a, leftExpr];
  const wanted = side.type === "Literal" && typeof side.value === "string" ? side.value : null;
  const known = told.alternatives.flatMap((one) => (one.kind === "string" ? (one.values ?? []) : []));
  const answer = NEVER_EQUAL.has(op) ? "never" : "always";
  return {
    side,
    message: `\`${told.of}\` is ${describe(told)}, so comparing it with ${describe(other)} ${answer} holds.`,
    known,
    wanted,
  };
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

/** A number beside text that is no number: every order between them is false. */
function numberWithWords(a: Type, b: Type): boolean {
  const isNumber = (type: Type): boolean => type.alternatives.every(({ kind }) => kind === "number");
  const isWords = (type: Type): boolean =>
    type.alternatives.every(
      (one) => one.kind === "string" && one.values?.every((text) => Number.isNaN(Number(text))) === true,
    );
  return (isNumber(a) && isWords(b)) || (isWords(a) && isNumber(b));
}
