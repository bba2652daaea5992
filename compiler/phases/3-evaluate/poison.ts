/**
 * What a problem was reported of goes on as a value of which nothing is known, so that the rest of a file is read as
 * well: `POISON` where a value is asked for, a name with a mark in Core text. A build that holds one gives no plan.
 */
import type { Value } from "./value.ts";

/** How names begin that stand in Core text for what was reported, or for a value that rests on it. */
export const POISON_MARK = "$poisoned$";

/** Whether an expression rests on something that was reported. */
export function mentionsPoison(node: unknown): boolean {
  if (typeof node !== "object" || node === null) return false;
  if (Array.isArray(node)) return node.some(mentionsPoison);
  const { type, name } = node as { readonly type?: string; readonly name?: string };
  if (type === "Name") return name?.startsWith(POISON_MARK) === true;
  return Object.entries(node).some(([key, part]) => key !== "span" && mentionsPoison(part));
}

/** Whether a value rests on something that was reported. */
export function isPoisoned(value: Value): boolean {
  switch (value.type) {
    case "Poison":
      return true;
    case "Residual":
      return mentionsPoison(value.expr);
    case "Array":
      return value.items.some((item) => isPoisoned(item.type === "SpreadItem" ? item.value : item));
    case "Object":
      return [...value.props.values()].some(isPoisoned);
    case "Choice":
      return mentionsPoison(value.test) || isPoisoned(value.then) || isPoisoned(value.else);
    default:
      return false;
  }
}
