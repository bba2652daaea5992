/**
 * Where each part of the plan comes from, as one encoded line that a plan carries at its end (DESIGN §5).
 *
 * Entries are sorted by path and joined by `;`. An entry is four VLQ numbers (as in source maps: base 64, sign in the
 * lowest bit) and the rest of its path: how many UTF-16 units of the previous path it begins with, file and line as
 * differences to the previous entry, and the column.
 */

import type { Plan } from "./types.ts";

/** A place in a source: `file` indexes `Object.keys(plan.sources)`; line and column are 1-based, columns in UTF-16 units. */
export interface SpanStart {
  readonly file: number;
  readonly line: number;
  readonly column: number;
}

/** A place as people read it. */
export interface Place {
  /** Project-relative POSIX path. */
  readonly path: string;
  readonly line: number;
  readonly column: number;
}

/** Where a part of a plan comes from: that of the first of `paths` that has a place; null where none has. */
export function locate(
  plan: Pick<Plan, "sources">,
  spans: ReadonlyMap<string, SpanStart>,
  ...paths: readonly string[]
): Place | null {
  for (const path of paths) {
    const start = spans.get(path);
    const file = start && Object.keys(plan.sources)[start.file];
    if (file !== undefined) return { path: file, line: start!.line, column: start!.column };
  }
  return null;
}

const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const VALUES: ReadonlyMap<string, number> = new Map([...DIGITS].map((digit, value) => [digit, value]));

/** Paths share prefixes, so a short line could stand for gigabytes; no honest plan comes near this. */
const MAX_DECODED_UNITS = 1 << 24;

// What would end an entry, needs a JSON escape or has no UTF-8 form; `~` is the escape itself and parts numbers from path.
const ESCAPED = /[~;"\\\p{Cc}\p{Surrogate}\u2028\u2029]/gu;

/** One line for a plan's `spans`. Keys are paths such as `nodes.fix.prompt` (plan/path.ts). */
export function encodeSpans(spans: ReadonlyMap<string, SpanStart>): string {
  let previous = "";
  let file = 0;
  let line = 1;
  const entries: string[] = [];
  for (const path of [...spans.keys()].sort()) {
    const at = spans.get(path)!;
    const shared = sharedPrefix(previous, path);
    const numbers = vlq(shared) + vlq(at.file - file) + vlq(at.line - line) + vlq(at.column);
    entries.push(`${numbers}~${path.slice(shared).replace(ESCAPED, escapeUnit)}`);
    previous = path;
    file = at.file;
    line = at.line;
  }
  return entries.join(";");
}

/**
 * The places of a plan's `spans`, sorted by path. Spans are a convenience: garbage never throws, decoding ends at the
 * first entry that makes no sense and gives those before it.
 */
export function decodeSpans(text: string): Map<string, SpanStart> {
  const spans = new Map<string, SpanStart>();
  let previous = "";
  let file = 0;
  let line = 1;
  let budget = MAX_DECODED_UNITS;
  let start = 0;
  while (start < text.length) {
    const semicolon = text.indexOf(";", start);
    const end = semicolon === -1 ? text.length : semicolon;
    const tilde = text.indexOf("~", start);
    if (tilde === -1 || tilde >= end || tilde - start > 40) return spans;
    const numbers = unvlq(text.slice(start, tilde));
    if (numbers === null) return spans;
    const [shared, fileStep, lineStep, column] = numbers;
    const rest = unescapeUnits(text.slice(tilde + 1, end));
    file += fileStep;
    line += lineStep;
    if (rest === null || shared < 0 || shared > previous.length || file < 0 || line < 1 || column < 1)
      return spans;
    budget -= shared + rest.length;
    if (budget < 0) return spans;
    previous = previous.slice(0, shared) + rest;
    spans.set(previous, { file, line, column });
    start = end + 1;
  }
  return spans;
}

function sharedPrefix(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  let i = 0;
  while (i < length && a.charCodeAt(i) === b.charCodeAt(i)) i++;
  return i;
}

function escapeUnit(text: string): string {
  return `~${text.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

function unescapeUnits(text: string): string | null {
  if (!text.includes("~")) return text;
  if (/~(?![0-9a-f]{4})/.test(text)) return null;
  return text.replace(/~([0-9a-f]{4})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

function vlq(value: number): string {
  let rest = value < 0 ? -value * 2 + 1 : value * 2;
  let text = "";
  do {
    const digit = rest % 32;
    rest = Math.floor(rest / 32);
    text += DIGITS[rest > 0 ? digit + 32 : digit];
  } while (rest > 0);
  return text;
}

/** Exactly four numbers, each below 2³¹; null for anything else. */
function unvlq(text: string): readonly [number, number, number, number] | null {
  const numbers: number[] = [];
  let value = 0;
  let scale = 1;
  for (const char of text) {
    const digit = VALUES.get(char);
    if (digit === undefined || scale > 2 ** 30) return null;
    value += (digit % 32) * scale;
    scale *= 32;
    if (digit >= 32) continue;
    const magnitude = Math.floor(value / 2);
    if (magnitude >= 2 ** 31) return null;
    numbers.push(value % 2 === 1 ? -magnitude : magnitude);
    value = 0;
    scale = 1;
  }
  if (scale !== 1 || numbers.length !== 4) return null;
  return numbers as unknown as readonly [number, number, number, number];
}
