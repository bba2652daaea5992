/**
 * The Markdown parser, which is slow to load and so loaded only for projects with prompt files: text → the tree of
 * elements (hast with MDX nodes) that `@mdx-js/mdx` makes of it, with GFM tables. Bare addresses, `~` and `[ ]` stay
 * as they are written: GFM's other forms would change what an agent reads without adding anything.
 */

/** What is read of the nodes that hast and MDX together have. */
export interface Node {
  readonly type: string;
  readonly value?: string | undefined;
  readonly tagName?: string;
  readonly name?: string | null;
  readonly properties?: { readonly [name: string]: unknown };
  readonly attributes?: readonly Attribute[];
  readonly children?: readonly Node[];
  readonly position?: Position | undefined;
}

export interface Position {
  readonly start: { readonly offset?: number | undefined };
  readonly end: { readonly offset?: number | undefined };
}

export interface Attribute {
  readonly type: string;
  readonly name?: string;
  readonly value?: string | null | { readonly value: string };
  readonly position?: Position;
}

export interface Markdown {
  /** Throws a MarkdownError. */
  parse(text: string): Node;
}

export class MarkdownError extends Error {
  /** Where the parser stopped, in characters of the text. */
  readonly offset: number;
  /** Where what is wrong ends. */
  readonly end: number;
  constructor(message: string, offset: number, end = offset + 1) {
    super(message);
    this.name = "MarkdownError";
    this.offset = offset;
    this.end = end;
  }
}

export async function loadMarkdown(): Promise<Markdown> {
  const [{ createProcessor }, { gfmTable }, { gfmTableFromMarkdown }] = await Promise.all([
    import("@mdx-js/mdx"),
    import("micromark-extension-gfm-table"),
    import("mdast-util-gfm-table"),
  ]);
  return {
    parse(text) {
      let found: Node = { type: "root", children: [] };
      const tables = function (this: { data(): Record<string, unknown> }): void {
        const data = this.data();
        data.micromarkExtensions = [...((data.micromarkExtensions as unknown[]) ?? []), gfmTable()];
        data.fromMarkdownExtensions = [
          ...((data.fromMarkdownExtensions as unknown[]) ?? []),
          gfmTableFromMarkdown(),
        ];
      };
      // What the processor would do next, writing JavaScript, is not needed: it goes on with nothing.
      const capture = () => (tree: Node) => {
        found = tree;
        return { type: "root", children: [] };
      };
      const processor = createProcessor({
        format: "mdx",
        remarkPlugins: [tables as () => void],
        rehypePlugins: [capture as () => void],
      });
      try {
        processor.runSync(processor.parse(text) as unknown as Parameters<typeof processor.runSync>[0]);
      } catch (error) {
        throw asMarkdownError(error, text);
      }
      return found;
    },
  };
}

/** How a tag that is left open is named in a message: its place is more to the point than that of its paragraph. */
const TAG_AT = / \((\d+):(\d+)-(\d+):(\d+)\)/;

function asMarkdownError(error: unknown, text: string): MarkdownError {
  if (error instanceof RangeError) return new MarkdownError("The Markdown nests too deep.", 0);
  const { reason, place } = error as {
    reason?: string;
    place?: { offset?: number; start?: { offset?: number } };
  };
  const [written, ...numbers] = TAG_AT.exec(reason ?? "") ?? [];
  if (written !== undefined && reason !== undefined) {
    const [line, column, endLine, endColumn] = numbers.map(Number) as [number, number, number, number];
    const message = reason.replace(written, "");
    return new MarkdownError(message, offsetOf(text, line, column), offsetOf(text, endLine, endColumn));
  }
  return new MarkdownError(reason ?? String(error), place?.offset ?? place?.start?.offset ?? 0);
}

/** The character at a line and a column, both counted from one. */
function offsetOf(text: string, line: number, column: number): number {
  const ends = /\r\n|\n|\r/g;
  for (let at = 1; at < line; at++) if (!ends.exec(text)) break;
  return Math.min(ends.lastIndex + column - 1, text.length);
}
