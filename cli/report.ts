/** What a build or a check found, as all output formats read it: plain data, places as people count them. */
import type { BuildResult } from "../compiler/index.ts";
import { sha256 } from "../plan/index.ts";
import type { FrameDifference } from "./twin/compare.ts";

export type Severity = BuildResult["diagnostics"][number]["severity"];

/** From the most severe. */
export const SEVERITIES = ["error", "warning", "info"] as const satisfies readonly Severity[];

export interface Place {
  /** POSIX, relative to where the report is read: the working directory, or the repository for CI formats. */
  readonly path: string;
  /** 1-based; columns in UTF-16 units, the end exclusive. */
  readonly line: number;
  readonly column: number;
  readonly end: { readonly line: number; readonly column: number };
}

export interface Finding {
  readonly code: string;
  readonly title: string;
  readonly severity: Severity;
  readonly message: string;
  readonly hint: string | null;
  /** Null where no source exists. */
  readonly place: Place | null;
  readonly related: readonly { readonly place: Place; readonly message: string }[];
  /** Stays the same while lines move around it; unique within a report. */
  readonly fingerprint: string;
  /** As people read it: with its lines of source. */
  readonly text: string;
}

export interface BuiltPlan {
  readonly path: string;
  readonly digest: string;
  readonly nodes: number;
}

/** A plan against its plain twin. */
export interface TwinReport {
  /** Null where nothing could be compared: `why` says what is in the way. */
  readonly agrees: boolean | null;
  readonly why: string | null;
  readonly frames: number;
  readonly nodes: number;
  readonly runs: number;
  readonly waiting: number;
  readonly difference: FrameDifference | null;
}

export interface FileReport {
  /** The entry file. */
  readonly file: string;
  readonly findings: readonly Finding[];
  /** Whether there is a plan for it, be it written or not. */
  readonly compiled: boolean;
  /** Null where none was written. */
  readonly plan: BuiltPlan | null;
  /** Null where no comparison was asked for. */
  readonly twin: TwinReport | null;
}

export interface Report {
  readonly version: string;
  /** Where more about a code can be read; null where the package names no home. */
  readonly homepage: string | null;
  /** What of the catalogue the findings need. */
  readonly rules: ReadonlyMap<string, Rule>;
  /** Findings at least this severe make the command fail. */
  readonly maxSeverity: Severity;
  readonly files: readonly FileReport[];
}

/** An entry of the catalogue: its texts are Markdown. */
export interface Rule {
  readonly title: string;
  readonly severity: Severity;
  readonly what: string;
  readonly why: string;
  readonly example: string;
  readonly instead: string;
}

type Compiler = typeof import("../compiler/index.ts");

/** One entry's diagnostics as findings. `show` turns an absolute path into the path that the report shows. */
export function findingsOf(
  compiler: Compiler,
  { diagnostics, sources, root }: Omit<BuildResult, "plan">,
  show: (file: string) => string,
): Finding[] {
  const shown = compiler.indexed(sources.map(({ path, text }) => ({ path: show(`${root}/${path}`), text })));
  const counts = new Map<string, number>();
  type Span = NonNullable<BuildResult["diagnostics"][number]["span"]>;
  const placeOf = (span: Span): Place => {
    const { path, line, column } = compiler.locate(shown, span);
    const end = compiler.locate(shown, span, span.end);
    return { path, line, column, end: { line: end.line, column: end.column } };
  };
  return diagnostics.map((diagnostic) => {
    const { code, severity, message, span, hint, related } = diagnostic;
    const source = span === null ? undefined : sources[span.file];
    const line = source?.text.slice(source.text.lastIndexOf("\n", span!.start - 1) + 1).split("\n", 1)[0];
    const same = [code, source?.path ?? "", message, (line ?? "").trim()].join("\0");
    const nth = counts.get(same) ?? 0;
    counts.set(same, nth + 1);
    return {
      code,
      title: Object.hasOwn(compiler.MESSAGES, code)
        ? compiler.MESSAGES[code as keyof typeof compiler.MESSAGES].title
        : code,
      severity,
      message,
      hint: hint ?? null,
      place: span === null ? null : placeOf(span),
      related: (related ?? []).map((more) => ({ place: placeOf(more.span), message: more.message })),
      fingerprint: sha256(`${same}\0${nth}`).slice("sha256:".length, "sha256:".length + 32),
      text: compiler.formatDiagnostic(shown, diagnostic),
    };
  });
}

/** Every finding once: a file that several workflows import is reported with the first of them. */
export function distinct(files: readonly FileReport[]): FileReport[] {
  const seen = new Set<string>();
  return files.map((file) => ({
    ...file,
    findings: file.findings.filter(({ fingerprint, place }) => {
      const key = `${fingerprint} ${place?.path ?? file.file}`;
      return !seen.has(key) && seen.add(key);
    }),
  }));
}

/** Whether a finding makes the command fail. */
export function counts(severity: Severity, maxSeverity: Severity): boolean {
  return SEVERITIES.indexOf(severity) <= SEVERITIES.indexOf(maxSeverity);
}

/** `2 errors, 1 warning`; empty where there is nothing. */
export function countsOf(findings: readonly Pick<Finding, "severity">[]): string {
  return SEVERITIES.flatMap((severity) => {
    const count = findings.filter((finding) => finding.severity === severity).length;
    const noun = severity === "info" ? "note" : severity;
    return count === 0 ? [] : [`${count} ${noun}${count === 1 ? "" : "s"}`];
  }).join(", ");
}
