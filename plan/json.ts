/** JSON text as a plan file holds it, read strictly: a syntax error says where, a key that stands twice is an error. */

export type JsonText =
  | { readonly ok: true; readonly value: unknown }
  | {
      readonly ok: false;
      readonly kind: "syntax" | "duplicate";
      readonly message: string;
      readonly offset: number;
    };

/**
 * Parses JSON as JSON.parse does, without recursion. A duplicate key is refused, because a reviewer may read the first
 * of the two while every program takes the last. `offset` counts UTF-16 code units.
 */
export function parseJsonText(text: string): JsonText {
  const problem = new Scanner(text).scan();
  if (problem) return { ok: false, ...problem };
  return { ok: true, value: JSON.parse(text) };
}

/** 1-based line and column (UTF-16 code units) of an offset. */
export function lineAndColumn(
  text: string,
  offset: number,
): { readonly line: number; readonly column: number } {
  let line = 1;
  let start = 0;
  for (;;) {
    const end = text.indexOf("\n", start);
    if (end === -1 || end >= offset) return { line, column: offset - start + 1 };
    line++;
    start = end + 1;
  }
}

interface Problem {
  readonly kind: "syntax" | "duplicate";
  readonly message: string;
  readonly offset: number;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

class Scanner {
  readonly text: string;
  private at = 0;

  constructor(text: string) {
    this.text = text;
  }

  /** The first problem, or null where the text is JSON without duplicate keys. */
  scan(): Problem | null {
    // One entry an open bracket: the keys so far of an object, null of an array.
    const open: (Set<string> | null)[] = [];
    for (;;) {
      this.space();
      const start = this.text[this.at];
      if (start === "{" || start === "[") {
        this.at++;
        this.space();
        const close = start === "{" ? "}" : "]";
        if (this.text[this.at] !== close) {
          open.push(start === "{" ? new Set() : null);
          const problem = start === "{" ? this.key(open.at(-1)!) : null;
          if (problem) return problem;
          continue;
        }
        this.at++;
      } else {
        const problem = this.scalar();
        if (problem) return problem;
      }
      const end = this.afterValue(open);
      if (end !== "more") return end;
    }
  }

  /** Closes what ends here and stands at the next value afterwards; null at the end of the text. */
  private afterValue(open: (Set<string> | null)[]): Problem | null | "more" {
    for (;;) {
      this.space();
      const next = this.text[this.at];
      const keys = open.at(-1);
      if (keys === undefined) return next === undefined ? null : this.unexpected("the end of the file");
      const close = keys ? "}" : "]";
      if (next === ",") {
        this.at++;
        this.space();
        return (keys ? this.key(keys) : null) ?? "more";
      }
      if (next !== close) return this.unexpected(`"," or "${close}"`);
      this.at++;
      open.pop();
    }
  }

  private key(keys: Set<string>): Problem | null {
    const start = this.at;
    if (this.text[start] !== '"') return this.unexpected("a key in double quotes");
    const problem = this.string();
    if (problem) return problem;
    const key: string = JSON.parse(this.text.slice(start, this.at));
    if (keys.has(key))
      return {
        kind: "duplicate",
        message: `the key ${JSON.stringify(key)} stands twice in one object`,
        offset: start,
      };
    keys.add(key);
    this.space();
    if (this.text[this.at] !== ":") return this.unexpected('":"');
    this.at++;
    return null;
  }

  private scalar(): Problem | null {
    const { text } = this;
    const first = text[this.at];
    if (first === '"') return this.string();
    for (const word of ["true", "false", "null"])
      if (text.startsWith(word, this.at)) {
        this.at += word.length;
        return null;
      }
    return first === "-" || isDigit(text.charCodeAt(this.at)) ? this.number() : this.unexpected("a value");
  }

  private number(): Problem | null {
    const { text } = this;
    if (text[this.at] === "-") this.at++;
    if (text[this.at] === "0") this.at++;
    else if (!this.digits()) return this.unexpected("a digit");
    if (text[this.at] === ".") {
      this.at++;
      if (!this.digits()) return this.unexpected("a digit");
    }
    if (text[this.at] === "e" || text[this.at] === "E") {
      this.at++;
      if (text[this.at] === "+" || text[this.at] === "-") this.at++;
      if (!this.digits()) return this.unexpected("a digit");
    }
    return null;
  }

  private digits(): boolean {
    const start = this.at;
    while (isDigit(this.text.charCodeAt(this.at))) this.at++;
    return this.at > start;
  }

  private string(): Problem | null {
    const { text } = this;
    this.at++;
    for (; this.at < text.length; this.at++) {
      const unit = text.charCodeAt(this.at);
      if (unit === QUOTE) {
        this.at++;
        return null;
      }
      if (unit < 0x20) return this.unexpected("the end of the string");
      if (unit !== BACKSLASH) continue;
      this.at++;
      const escaped = text[this.at];
      if (escaped === "u") {
        if (!/^[0-9a-fA-F]{4}$/.test(text.slice(this.at + 1, this.at + 5)))
          return this.unexpected("four hex digits");
        this.at += 4;
      } else if (escaped === undefined || !'"\\/bfnrt'.includes(escaped)) return this.unexpected("an escape");
    }
    return this.unexpected("the end of the string");
  }

  private space(): void {
    for (;;) {
      const unit = this.text.charCodeAt(this.at);
      if (unit !== 0x20 && unit !== 0x0a && unit !== 0x0d && unit !== 0x09) return;
      this.at++;
    }
  }

  private unexpected(wanted: string): Problem {
    const found = this.text.codePointAt(this.at);
    const char = found === undefined ? "" : String.fromCodePoint(found);
    const what = char === "" ? "the file ends" : `${char === '"' ? "a quote" : JSON.stringify(char)} stands`;
    return { kind: "syntax", message: `${what} where ${wanted} should be`, offset: this.at };
  }
}

function isDigit(unit: number): boolean {
  return unit >= 0x30 && unit <= 0x39;
}
