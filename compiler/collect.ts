/** Diagnostics of all phases as one list: each once, in the order of the sources, as severe as they are to be. */
import type { Diagnostic } from "./diagnostics.ts";

/** Equal findings at one place count once. */
export function collect(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const seen = new Set<string>();
  const list: Diagnostic[] = [];
  for (const found of diagnostics) {
    const key = `${found.code} ${found.span?.file} ${found.span?.start} ${found.span?.end} ${found.span ? "" : found.message}`;
    if (seen.has(key)) continue;
    seen.add(key);
    list.push(found);
  }
  return list.sort(
    (a, b) =>
      (a.span?.file ?? -1) - (b.span?.file ?? -1) ||
      (a.span?.start ?? 0) - (b.span?.start ?? 0) ||
      (a.code < b.code ? -1 : a.code > b.code ? 1 : 0),
  );
}

export type SeverityOverrides = { readonly [code: string]: Diagnostic["severity"] | "off" };

/** Findings as severe as a configuration wants them, without those that are off. What is `firm` stays as it is. */
export function withSeverities(
  diagnostics: readonly Diagnostic[],
  overrides: SeverityOverrides,
  firm: (diagnostic: Diagnostic) => boolean,
): Diagnostic[] {
  return diagnostics.flatMap((d) => {
    const wanted = Object.hasOwn(overrides, d.code) && !firm(d) ? overrides[d.code]! : d.severity;
    return wanted === "off" ? [] : [{ ...d, severity: wanted }];
  });
}

export function offOf(overrides: SeverityOverrides): ReadonlySet<string> {
  return new Set(Object.keys(overrides).filter((code) => overrides[code] === "off"));
}
