/** Comments of a source file that hold a word. Only the parser knows what is a comment and what is text in a string or in JSX. */
import { ts } from "ts-morph";
import { scriptKind } from "./parse.ts";

export interface Comment {
  readonly start: number;
  readonly end: number;
  /** Without its marks (`//`, slash-star, the stars at the head of lines). */
  readonly text: string;
}

/** In order of place. Empty where the text can't be parsed far enough to tell. */
export function commentsWith(path: string, text: string, word: string): Comment[] {
  if (!text.includes(word)) return [];
  if (/\.mdx?$/.test(path)) return markup(text).filter((comment) => comment.text.includes(word));
  const found = new Map<number, Comment>();
  try {
    const source = ts.createSourceFile(path, text, ts.ScriptTarget.ESNext, false, scriptKind(path));
    for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
      const comment = commentAt(source, text, at);
      if (comment) found.set(comment.start, comment);
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  return [...found.values()];
}

/** Descends to the token that owns the place: a comment stands between a token's full start and its own. */
function commentAt(source: ts.SourceFile, text: string, at: number): Comment | null {
  let node: ts.Node = source;
  for (;;) {
    const next: ts.Node | undefined = node
      .getChildren(source)
      .find((child) => child.pos <= at && (at < child.end || child.kind === ts.SyntaxKind.EndOfFileToken));
    if (!next) break;
    node = next;
  }
  if (node.kind === ts.SyntaxKind.JsxText) return null;
  const ranges = [
    ...(ts.getLeadingCommentRanges(text, node.pos) ?? []),
    ...(ts.getTrailingCommentRanges(text, node.pos) ?? []),
  ];
  const range = ranges.find(({ pos, end }) => pos <= at && at < end && end <= node.getStart(source));
  return range ? { start: range.pos, end: range.end, text: bare(text.slice(range.pos, range.end)) } : null;
}

/** Comments of Markdown and MDX. */
function markup(text: string): Comment[] {
  return [...text.matchAll(/<!--[\s\S]*?-->|\{\/\*[\s\S]*?\*\/\}/g)].map((match) => ({
    start: match.index,
    end: match.index + match[0].length,
    text: bare(match[0]),
  }));
}

function bare(comment: string): string {
  return comment
    .replace(/^(\/\/+|\{?\/\*+|<!--)/, "")
    .replace(/(\*+\/\}?|-->)$/, "")
    .replace(/^[ \t]*\*/gm, "")
    .trim();
}
