/** Props that take one of a few words: what is said where something else stands. */
import type * as Core from "../../../plan/core/ast.ts";
import { FIELDS, type Field, type FieldName } from "../../../plan/fields.ts";
import type { Json } from "../../../plan/types.ts";
import { nearest } from "../../suggest.ts";
import { type Evaluation, report } from "../3-evaluate/state.ts";

/** The words that a field of a plan takes; none where it takes other things. */
export function wordsOf(name: FieldName): readonly string[] {
  const field: Field = FIELDS[name];
  return "plain" in field && typeof field.plain !== "string" ? field.plain : [];
}

/** The words as a message lists them. */
export const listed = (words: readonly string[]): string =>
  words.map((word) => JSON.stringify(word)).join(" or ");

/** The word that was meant, where what is given is a slip of the pen; else `otherwise`. */
export function meant(
  given: Json | undefined,
  words: readonly string[],
  otherwise?: string,
): string | undefined {
  const near = typeof given === "string" ? nearest(given, words) : null;
  return near === null ? otherwise : `Did you mean ${JSON.stringify(near)}?`;
}

/**
 * SM119 where a prop holds none of its words. `given`: undefined where only the run knows it.
 *
 * @returns whether it is one of them
 */
export function isWord(
  ev: Evaluation,
  prop: string,
  given: Json | undefined,
  words: readonly string[],
  span: Core.Span | undefined,
): boolean {
  if (words.includes(given as string)) return true;
  const what = given === undefined ? "known at build time" : `this is ${JSON.stringify(given)}`;
  const hint = meant(given, words, "Give it one of these, or leave it out.");
  report(ev, "SM119", span, `'${prop}' wants ${listed(words)}, ${what}`, hint);
  return false;
}
