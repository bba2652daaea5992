/** Where a diagnostic is, as people read it, and the lines around it. */
import type { Diagnostic, Location } from "./diagnostics.ts";
import type { Span } from "./surface.ts";

/** The texts that spans refer to: position in the list = `span.file`. */
export type Sources = readonly { readonly path: string; readonly text: string }[];

/** The 1-based place of an offset. */
export function locate(sources: Sources, span: Span, offset: number = span.start): Location {
  const source = sources[span.file];
  if (!source) return { path: "?", line: 1, column: 1 };
  const at = Math.min(offset, source.text.length);
  const lineStart = source.text.lastIndexOf("\n", at - 1) + 1;
  let line = 1;
  for (let i = source.text.indexOf("\n"); i >= 0 && i < at; i = source.text.indexOf("\n", i + 1)) line++;
  return { path: source.path, line, column: at - lineStart + 1 };
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
  const lines = source.text.split("\n");
  const last = Math.min(line + 1, lines.length);
  const width = String(last).length;
  const out: string[] = [];
  for (let n = Math.max(1, line - 1); n <= last; n++) {
    const text = lines[n - 1]!;
    // A long line (generated or minified) is shown around the place.
    const from = n === line && column > MAX_WIDTH ? column - MAX_WIDTH / 2 : 0;
    const shown = text.slice(from, from + MAX_WIDTH).replace(/\t/g, " ");
    out.push(`${n === line ? ">" : " "} ${String(n).padStart(width)} | ${shown}`.trimEnd());
    if (n !== line) continue;
    const room = Math.max(1, shown.length - (column - 1 - from));
    const length = Math.max(1, Math.min(span.end - span.start, text.length - column + 1, room));
    out.push(`  ${" ".repeat(width)} | ${" ".repeat(column - 1 - from)}${"^".repeat(length)}`);
  }
  return out.join("\n");
}

/** One diagnostic as plain text: place, severity, code and message; the frame; the hint; related places. */
export function formatDiagnostic(sources: Sources, diagnostic: Diagnostic): string {
  const { code, severity, message, span, hint, related } = diagnostic;
  const head = `${severity} ${code}: ${message}`;
  const out: string[] = [];
  if (span) {
    const { path, line, column } = locate(sources, span);
    out.push(`${path}:${line}:${column} ${head}`, "", codeFrame(sources, span), "");
  } else out.push(head);
  if (hint) out.push(`  ${hint}`);
  for (const { span: at, message: text } of related ?? []) {
    const { path, line, column } = locate(sources, at);
    out.push(`  ${path}:${line}:${column} ${text}`);
  }
  return out.join("\n").trimEnd();
}
