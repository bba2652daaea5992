import type { Json } from "../../plan/types.ts";

/** Bytes of what a tool says that a model is given. */
export const MAX_OUTPUT = 200_000;

/** A text of at most so many bytes, with a note that says how much was cut. */
export function cut(text: string, max: number = MAX_OUTPUT): string {
  const bytes = Buffer.from(text, "utf8");
  if (bytes.length <= max) return text;
  let end = max;
  // Not in the middle of a character.
  while (end > 0 && ((bytes[end] as number) & 0xc0) === 0x80) end--;
  return `${bytes.subarray(0, end).toString("utf8")}${cutNote(bytes.length - end, bytes.length)}`;
}

export const cutNote = (cut: number, of: number): string =>
  `\n[${cut.toLocaleString("en-US")} of ${of.toLocaleString("en-US")} bytes were cut]`;

/** What a tool gave, as the model and the journal have it: JSON, or a cut text of it where it is too long. */
export function bounded(output: Json): Json {
  const text = typeof output === "string" ? output : JSON.stringify(output);
  const short = cut(text);
  return short === text ? output : short;
}
