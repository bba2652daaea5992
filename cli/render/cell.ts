/** Values as cells of a table. */
import { printable } from "../../plan/index.ts";
import type { Json } from "../../plan/types.ts";
import { usdText } from "../../runtime/usage/money.ts";
import { cut, table } from "./table.ts";

/** Why a task waits or failed: a text as it is, `CODE: message` of an error, else JSON; "" for null. */
export function reasonText(reason: Json): string {
  if (reason === null) return "";
  if (typeof reason === "string") return reason;
  if (typeof reason === "object" && !Array.isArray(reason)) {
    const { code, message } = reason as { readonly [name: string]: Json };
    if (typeof code === "string" && typeof message === "string") return `${code}: ${message}`;
  }
  return JSON.stringify(reason);
}

/** A time in the ISO form, to the millisecond, in UTC. */
export const when = (at: number): string => new Date(at).toISOString();

/** `1234 in, 56 out` of what a provider reports, `1234 in, 56 out, $0.01` where the cost is known; "" where nothing is. */
export function tokensText(usage: Json): string {
  if (typeof usage !== "object" || usage === null || Array.isArray(usage)) return "";
  const { inputTokens, outputTokens, costUsd } = usage as { readonly [name: string]: Json };
  if (typeof inputTokens !== "number" || typeof outputTokens !== "number") return "";
  const cost = typeof costUsd === "number" ? `, ${usdText(costUsd)}` : "";
  return `${inputTokens} in, ${outputTokens} out${cost}`;
}

/** One line of any text, at most so long, with nothing in it that moves a cursor. */
export const shortened = (text: string, length: number): string =>
  cut(printable(text.slice(0, length + 1).replace(/\s+/g, " ")), length);

/** A table whose cells are at most `WIDEST` long; on a terminal so many columns wide, the last cell has what is left. */
export function shortTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  columns: number | null,
): string {
  const text = table(
    head,
    rows.map((row) => row.map((cell, i) => shortened(cell, i === row.length - 1 ? WIDEST_LAST : WIDEST))),
  );
  return columns === null
    ? text
    : text
        .split("\n")
        .map((line) => cut(line, columns))
        .join("\n");
}

const WIDEST = 60;
const WIDEST_LAST = 200;
