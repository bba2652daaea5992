/**
 * A document that can be written on one line or on many: pieces of text and the places where it may break. The flat
 * width is kept with every piece, so that fitting is decided in one pass; `ends` says that a line end of a template is in
 * it.
 */
export type Doc =
  | string
  | { readonly kind: "cat"; readonly parts: readonly Doc[]; readonly width: number; readonly ends: boolean }
  | { readonly kind: "indent"; readonly doc: Doc; readonly width: number; readonly ends: boolean }
  /** A place to break; `flat` is what stands there otherwise. */
  | { readonly kind: "line"; readonly flat: string; readonly width: number }
  /** Breaks at all of its lines or at none. */
  | { readonly kind: "group"; readonly doc: Doc; readonly width: number; readonly ends: boolean }
  /** A line end inside a template: escaped on one line, itself (and never indented) on many. */
  | { readonly kind: "newline"; readonly width: number };

export const line: Doc = { kind: "line", flat: " ", width: 1 };
export const softline: Doc = { kind: "line", flat: "", width: 0 };
export const newline: Doc = { kind: "newline", width: 2 };

function widthOf(doc: Doc): number {
  return typeof doc === "string" ? doc.length : doc.width;
}

export function cat(...parts: readonly Doc[]): Doc {
  let width = 0;
  let ends = false;
  for (const part of parts) {
    width += widthOf(part);
    ends ||= hasNewline(part);
  }
  return { kind: "cat", parts, width, ends };
}

export function indent(doc: Doc): Doc {
  return { kind: "indent", doc, width: widthOf(doc), ends: hasNewline(doc) };
}

export function group(doc: Doc): Doc & object {
  return { kind: "group", doc, width: widthOf(doc), ends: hasNewline(doc) };
}

/**
 * `open a, b, c close`, or one element a line: always where one of several elements is a text of many lines, so that
 * a word more in it does not lay out the others anew.
 */
export function list(open: string, items: readonly Doc[], close: string, pad: Doc = softline): Doc {
  if (items.length === 0) {
    return open + close;
  }
  const parts: Doc[] = [];
  items.forEach((item, i) => {
    parts.push(i === 0 ? pad : cat(",", line), item);
  });
  const doc = group(cat(open, indent(cat(...parts)), pad, close));
  return items.length > 1 && items.some(hasNewline) ? { ...doc, width: Number.POSITIVE_INFINITY } : doc;
}

/** The whole on one line. */
export function flat(doc: Doc): string {
  if (typeof doc === "string") {
    return doc;
  }
  switch (doc.kind) {
    case "cat": {
      let out = "";
      for (const part of doc.parts) {
        out += flat(part);
      }
      return out;
    }
    case "indent":
    case "group":
      return flat(doc.doc);
    case "line":
      return doc.flat;
    case "newline":
      return "\\n";
    default:
      return doc satisfies never;
  }
}

/** The first character that would be written. */
export function firstChar(doc: Doc): string {
  if (typeof doc === "string") {
    return doc.slice(0, 1);
  }
  switch (doc.kind) {
    case "cat":
      for (const part of doc.parts) {
        const char = firstChar(part);
        if (char !== "") {
          return char;
        }
      }
      return "";
    case "indent":
    case "group":
      return firstChar(doc.doc);
    case "line":
      return doc.flat;
    case "newline":
      return "\n";
    default:
      return doc satisfies never;
  }
}

export function hasNewline(doc: Doc): boolean {
  return typeof doc !== "string" && (doc.kind === "newline" || (doc.kind !== "line" && doc.ends));
}

/** Writes on many lines of at most `width` where that is possible. Joined by "\n" they are the text. */
export function layout(root: Doc, width: number): string[] {
  const lines: string[] = [];
  let current = "";
  const write = (doc: Doc, depth: number, broken: boolean): void => {
    if (typeof doc === "string") {
      current += doc;
      return;
    }
    switch (doc.kind) {
      case "cat":
        for (const part of doc.parts) {
          write(part, depth, broken);
        }
        return;
      case "indent":
        write(doc.doc, depth + 1, broken);
        return;
      case "group":
        write(doc.doc, depth, current.length + doc.width > width);
        return;
      case "line":
        if (broken) {
          lines.push(current.trimEnd());
          current = "  ".repeat(depth);
        } else {
          current += doc.flat;
        }
        return;
      case "newline":
        lines.push(current);
        current = "";
        return;
      default:
        doc satisfies never;
    }
  };
  write(root, 0, true);
  lines.push(current);
  return lines;
}
