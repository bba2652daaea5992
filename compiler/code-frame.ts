/** Where a diagnostic is, as people read it, and the lines around it. */
import { printable } from "../plan/render/printable.ts";
import type { Diagnostic, Location } from "./diagnostics.ts";
import { Lines } from "./lines.ts";
import type { Span } from "./surface.ts";

/** The texts that spans refer to: position in the list = `span.file`. */
export type Sources = readonly Source[];

interface Source {
  readonly path: string;
  readonly text: string;
  /** Where its lines begin, where many places of it are asked for. */
  readonly lines?: Lines;
}

/** The same sources, in which finding a line costs the same wherever it is. */
export const indexed = (sources: Sources): Sources =>
  sources.map((source) => ({ ...source, lines: source.lines ?? new Lines(source.text) }));

/** The 1-based place of an offset. */
export function locate(sources: Sources, span: Span, offset: number = span.start): Location {
  const source = sources[span.file];
  if (!source) return { path: "?", line: 1, column: 1 };
  const at = Math.min(offset, source.text.length);
  return { path: source.path, ...(source.lines ?? new Lines(source.text)).at(at) };
}

const MAX_WIDTH = 120;

/**
 * The line of the span, marked, with one line before and after it:
 *
 *       4 | const a = 1;
 *     > 5 | const b = aa + 2;
 *         |           ^^
 */
export function codeFrame(sources: Sources, span: Span): string {
  const source = sources[span.file];
  if (!source) return "";
  const { line, column } = locate(sources, span);
  // Of the text only what is around the place: it may hold thousands of others.
  const { text: whole } = source;
  const start = Math.min(span.start, whole.length) - (column - 1);
  const before = start < 2 ? 0 : whole.lastIndexOf("\n", start - 2) + 1;
  const lines = new Map<number, string>();
  for (let n = start === 0 ? line : line - 1, at = before; n <= line + 1; n++) {
    const end = whole.indexOf("\n", at);
    lines.set(n, whole.slice(at, end < 0 ? undefined : end));
    if (end < 0) break;
    at = end + 1;
  }
  const last = Math.max(...lines.keys());
  const width = String(last).length;
  const out: string[] = [];
  for (const [n, text] of lines) {
    // A long line (generated or minified) is shown around the place.
    const from = n === line && column > MAX_WIDTH ? column - MAX_WIDTH / 2 : 0;
    const shown = harmless(text.slice(from, from + MAX_WIDTH));
    out.push(`${n === line ? ">" : " "} ${String(n).padStart(width)} | ${shown}`.trimEnd());
    if (n !== line) continue;
    const room = Math.max(1, shown.length - (column - 1 - from));
    const length = Math.max(1, Math.min(span.end - span.start, text.length - column + 1, room));
    const left = columnsOf(shown.slice(0, column - 1 - from));
    const marked = columnsOf(shown.slice(column - 1 - from, column - 1 - from + length));
    out.push(`  ${" ".repeat(width)} | ${" ".repeat(left)}${"^".repeat(Math.max(1, marked))}`);
  }
  return out.join("\n");
}

/** A tab as one space, other control characters as their pictures: a source must not steer the terminal that shows it. */
function harmless(text: string): string {
  return text
    .replace(/\t/g, " ")
    .replace(/[\u0000-\u001f]/g, (c) => String.fromCharCode(0x2400 + c.charCodeAt(0)))
    .replace(/[\u007f-\u009f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, "\ufffd");
}

/** How many columns of a terminal a text takes: two for East Asian wide characters and emoji, none for what combines. */
function columnsOf(text: string): number {
  let columns = 0;
  for (const char of text) {
    if (/^(?:\p{Mn}|\p{Me}|\u200d|\ufe0e|\ufe0f)$/u.test(char)) continue;
    columns += WIDE.test(char) ? 2 : 1;
  }
  return columns;
}

/** Scripts and blocks of UAX #11's class W that sources hold. */
const WIDE =
  /^(?:\p{Emoji_Presentation}|\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}|\p{Script=Hangul}|\p{Script=Bopomofo}|[\u3000-\u303e\uff01-\uff60\uffe0-\uffe6])$/u;

/** One diagnostic as plain text: place, severity, code and message; the frame; the hint; related places. */
export function formatDiagnostic(sources: Sources, diagnostic: Diagnostic): string {
  const { code, severity, message, span, hint, related } = diagnostic;
  const head = `${severity} ${code}: ${printable(message)}`;
  const out: string[] = [];
  if (span) {
    const { path, line, column } = locate(sources, span);
    out.push(`${path}:${line}:${column} ${head}`, "", codeFrame(sources, span), "");
  } else out.push(head);
  if (hint) out.push(`  ${printable(hint)}`);
  for (const { span: at, message: text } of related ?? []) {
    const { path, line, column } = locate(sources, at);
    out.push(`  ${path}:${line}:${column} ${printable(text)}`);
  }
  return out.join("\n").trimEnd();
}
