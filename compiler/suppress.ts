/**
 * Comments that silence a finding:
 *
 *     // smithers-ignore SM306, SM307: reason          the line it stands on; alone on its line, the line below it
 *     {/* smithers-ignore SM306: reason *\/}            the same between elements
 *     // smithers-ignore-file SM503: reason            the whole file
 *
 * What can't be compiled can't be ignored: errors of phases 1 to 4 stay. A comment that silences nothing, has no reason
 * or names no code is SM801.
 */
import type { Sources } from "./code-frame.ts";
import type { Diagnostic } from "./diagnostics.ts";
import { Lines } from "./lines.ts";
import { MESSAGES } from "./messages.gen.ts";
import { commentsWith } from "./phases/1-parse/comments.ts";
import { problem, severityOf } from "./report.ts";
import { nearest } from "./suggest.ts";
import type { Span } from "./surface.ts";

const WORD = "smithers-ignore";

export interface Findings {
  /** Errors without which there is no plan. */
  readonly firm: readonly Diagnostic[];
  /** What an author may decide to live with. */
  readonly soft: readonly Diagnostic[];
  /** Whether every lint had its say: only then a comment can be known to silence nothing. */
  readonly complete: boolean;
  /** Codes that are off: comments about them are neither used nor unused. */
  readonly off: ReadonlySet<string>;
}

interface Suppression {
  readonly span: Span;
  readonly codes: readonly string[];
  /** Lines it speaks of; null for the whole file. */
  readonly lines: readonly number[] | null;
  readonly used: Set<string>;
}

/** The findings that no comment silences, and what is wrong with the comments. The first source is the entry file. */
export function silence(findings: Findings, sources: Sources): Diagnostic[] {
  const problems: Diagnostic[] = [];
  const places = new Map<number, Lines>();
  const lineOf = ({ file, start }: Span): number => {
    const lines = places.get(file) ?? new Lines(sources[file]?.text ?? "");
    places.set(file, lines);
    return lines.at(start).line;
  };
  const suppressions = sources.flatMap((source, file) => suppressionsOf(source, file, problems));
  const speakingOf = ({ code, span }: Diagnostic): Suppression | undefined =>
    span === null
      ? undefined
      : suppressions.find(
          (s) =>
            s.span.file === span.file && s.codes.includes(code) && (s.lines?.includes(lineOf(span)) ?? true),
        );
  const kept = findings.soft.filter((found) => {
    const by = speakingOf(found);
    by?.used.add(found.code);
    return by === undefined;
  });
  for (const error of findings.firm) {
    const by = speakingOf(error);
    if (!by) continue;
    by.used.add(error.code);
    problems.push(
      problem(
        "SM801",
        by.span,
        `\`${error.code}\` is an error and can't be ignored: without its mending there is no plan.`,
        {
          hint: "Mend what it says and remove the comment.",
          ...(error.span ? { related: [{ span: error.span, message: error.message }] } : {}),
        },
      ),
    );
  }
  if (findings.complete) problems.push(...unused(suppressions, findings.off));
  return [...findings.firm, ...kept, ...problems];
}

/** Only the entry's own: what a shared file silences may be for another workflow that uses it. */
function unused(suppressions: readonly Suppression[], off: ReadonlySet<string>): Diagnostic[] {
  return suppressions.flatMap(({ span, codes, used, lines }) => {
    if (span.file !== 0) return [];
    const idle = codes.filter((code) => !used.has(code) && !off.has(code));
    if (idle.length === 0) return [];
    const where = lines === null ? "in this file" : "at this place";
    return [
      problem("SM801", span, `Nothing ${where} is reported as ${idle.join(" or ")}.`, {
        hint:
          idle.length === codes.length
            ? "Remove the comment; it would hide a later finding."
            : `Remove ${idle.join(" and ")} from the comment.`,
      }),
    ];
  });
}

function suppressionsOf(
  source: { readonly path: string; readonly text: string },
  file: number,
  problems: Diagnostic[],
): Suppression[] {
  const comments = commentsWith(source.path, source.text, WORD).filter(({ text }) => text.startsWith(WORD));
  if (comments.length === 0) return [];
  const lines = new Lines(source.text);
  const alone = new Map<number, number>();
  for (const { start, end } of comments)
    if (isAlone(source.text, start, end)) alone.set(lines.at(start).line, lines.at(end).line);
  return comments.flatMap(({ start, end, text }) => {
    const span = { file, start, end };
    const parts = /^smithers-ignore(-file)?(?![\w-])[ \t]*([^:\n]*)(?::([\s\S]*))?$/.exec(text);
    const codes = (parts?.[2] ?? "")
      .split(/[\s,]+/)
      .map((code) => code.trim())
      .filter((code) => code !== "");
    if (!parts || codes.length === 0) {
      problems.push(
        problem("SM801", span, "The comment names no code, so it silences nothing.", {
          hint: "Write: smithers-ignore SM306: why that is as it should be.",
        }),
      );
      return [];
    }
    const unknown = codes.filter((code) => severityOf(code) === null);
    for (const code of unknown) problems.push(unknownCode(code, span));
    const known = codes.filter((code) => !unknown.includes(code));
    if ((parts[3] ?? "").trim() === "") {
      problems.push(
        problem("SM801", span, "The comment gives no reason, so it silences nothing.", {
          hint: `Write: ${WORD}${parts[1] ?? ""} ${codes.join(", ")}: why that is as it should be.`,
        }),
      );
      return [];
    }
    if (known.length === 0) return [];
    const first = lines.at(start).line;
    let last = lines.at(end).line;
    // A comment alone on its line speaks of the line below; further such comments in between count as part of it.
    if (alone.has(first)) {
      last += 1;
      for (let next = alone.get(last); next !== undefined; next = alone.get(last)) last = next + 1;
    }
    const covered = parts[1] ? null : Array.from({ length: last - first + 1 }, (_, i) => first + i);
    return [{ span, codes: known, lines: covered, used: new Set<string>() }];
  });
}

function unknownCode(code: string, span: Span): Diagnostic {
  const near = nearest(code, Object.keys(MESSAGES));
  return problem(
    "SM801",
    span,
    `There is no diagnostic \`${code}\`.`,
    near ? { hint: `Did you mean \`${near}\`?` } : {},
  );
}

/** Whether nothing but the comment stands on its lines; the braces of a JSX comment belong to it. */
function isAlone(text: string, start: number, end: number): boolean {
  const before = text.slice(text.lastIndexOf("\n", start - 1) + 1, start).trim();
  const stop = text.indexOf("\n", end);
  const after = text.slice(end, stop < 0 ? text.length : stop).trim();
  return (before === "" && after === "") || (before === "{" && after === "}");
}
