/** Diagnostics of all phases as one list: each once, in the order of the sources, without those the author has silenced. */
import { locate, type Sources } from "./code-frame.ts";
import type { Diagnostic } from "./diagnostics.ts";
import { severityOf } from "./report.ts";

/** The catalogue decides severities; equal findings at one place count once. */
export function collect(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const seen = new Set<string>();
  const list: Diagnostic[] = [];
  for (const found of diagnostics) {
    const key = `${found.code} ${found.span?.file} ${found.span?.start} ${found.span?.end} ${found.span ? "" : found.message}`;
    if (seen.has(key)) continue;
    seen.add(key);
    list.push({ ...found, severity: severityOf(found.code) ?? found.severity });
  }
  return list.sort(
    (a, b) =>
      (a.span?.file ?? -1) - (b.span?.file ?? -1) ||
      (a.span?.start ?? 0) - (b.span?.start ?? 0) ||
      (a.code < b.code ? -1 : a.code > b.code ? 1 : 0),
  );
}

/**
 * Leaves out what a comment silences: `smithers-ignore SM306: reason`, on the line of the finding or on the one before
 * it. Several codes are parted by commas. A comment without a reason silences nothing.
 */
export function unsilenced(diagnostics: readonly Diagnostic[], sources: Sources): Diagnostic[] {
  const lines = new Map<number, string[]>();
  return diagnostics.filter(({ code, span }) => {
    if (!span) return true;
    const { line } = locate(sources, span);
    const known = lines.get(span.file) ?? sources[span.file]?.text.split("\n") ?? [];
    lines.set(span.file, known);
    return ![known[line - 1], known[line - 2]].some((text) => text !== undefined && silences(text, code));
  });
}

function silences(line: string, code: string): boolean {
  const comment = /(?:\/\/|\/\*).*?smithers-ignore\s+(SM\d{3}(?:\s*,\s*SM\d{3})*)\s*:\s*\S/.exec(line);
  return comment?.[1]?.split(",").some((c) => c.trim() === code) ?? false;
}
