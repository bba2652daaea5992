/** Where the code of a module came from: an input map for esbuild, which composes it with its own, and the result for the plan. */
import type { SourceMap } from "../../../plan/types.ts";
import type { Piece } from "../1-parse/slices.ts";
import type { SourceFile } from "../2-bind/files.ts";

/** The text with a map to the sources of its pieces, which stand in it in this order. */
export function withMap(text: string, pieces: readonly Piece[], files: readonly SourceFile[]): string {
  const starts = lineStarts(text);
  const lines: Segment[][] = starts.map(() => []);
  let cursor = 0;
  for (const piece of pieces) {
    const source = files[piece.span.file];
    const at = text.indexOf(piece.text, cursor);
    const origin = source && originOf(piece, source.text);
    if (at < 0 || !source || !origin) continue;
    cursor = at + piece.text.length;
    const sourceStarts = lineStarts(source.text);
    const part = piece.text.slice(origin.from, origin.to);
    for (const token of part.matchAll(/[\w$]+|[^\s\w$]/g)) {
      const [line, column] = placeOf(starts, at + origin.from + token.index);
      const [sourceLine, sourceColumn] = placeOf(sourceStarts, origin.start + token.index);
      lines[line]!.push({ column, file: piece.span.file, line: sourceLine, sourceColumn });
    }
  }
  const used = [...new Set(pieces.map((piece) => piece.span.file))];
  const map = {
    version: 3,
    sources: used.map((file) => `${MARK}${file}`),
    names: [],
    mappings: encode(lines, used),
  };
  return `${text}\n//# sourceMappingURL=data:application/json;base64,${Buffer.from(JSON.stringify(map)).toString("base64")}`;
}

/** What esbuild made of it, with the sources by their paths in the project. */
export function planMap(text: string, files: readonly SourceFile[]): SourceMap {
  const { sources, mappings } = JSON.parse(text) as { sources: string[]; mappings: string };
  return {
    sources: sources.map((source) => {
      const index = source.lastIndexOf(MARK);
      const file = index < 0 ? undefined : files[Number(source.slice(index + MARK.length))];
      return file?.path ?? "";
    }),
    mappings,
  };
}

/** Marks a source by its number; no file is called so. */
const MARK = "source@";

interface Segment {
  readonly column: number;
  readonly file: number;
  readonly line: number;
  readonly sourceColumn: number;
}

/** The part of a piece's text that is the source's own, and where it starts there. */
function originOf(
  { span, text }: Piece,
  source: string,
): { readonly from: number; readonly to: number; readonly start: number } | undefined {
  const own = source.slice(span.start, span.end);
  // A declaration without its `export`, or an expression as it is.
  if (own.endsWith(text)) return { from: 0, to: text.length, start: span.end - text.length };
  const from = text.indexOf(own);
  if (from >= 0) return { from, to: from + own.length, start: span.start };
  // `export default expression;`
  const [, expression] = /^const \w+ = \(?([\s\S]*?)\)?;$/.exec(text) ?? [];
  const start = expression ? own.indexOf(expression) : -1;
  if (!expression || start < 0) return undefined;
  const inText = text.indexOf(expression);
  return { from: inText, to: inText + expression.length, start: span.start + start };
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return starts;
}

function placeOf(starts: readonly number[], offset: number): readonly [line: number, column: number] {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (starts[middle]! <= offset) low = middle;
    else high = middle - 1;
  }
  return [low, offset - starts[low]!];
}

function encode(lines: readonly (readonly Segment[])[], files: readonly number[]): string {
  let source = 0;
  let line = 0;
  let column = 0;
  return lines
    .map((segments) => {
      let before = 0;
      return segments
        .map((segment) => {
          const index = files.indexOf(segment.file);
          const numbers = [
            segment.column - before,
            index - source,
            segment.line - line,
            segment.sourceColumn - column,
          ];
          before = segment.column;
          source = index;
          line = segment.line;
          column = segment.sourceColumn;
          return numbers.map(vlq).join("");
        })
        .join(",");
    })
    .join(";");
}

const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** A number as source maps (ECMA-426) write it. */
function vlq(value: number): string {
  let rest = value < 0 ? -value * 2 + 1 : value * 2;
  let text = "";
  do {
    const digit = rest & 31;
    rest >>>= 5;
    text += DIGITS[rest > 0 ? digit + 32 : digit];
  } while (rest > 0);
  return text;
}
