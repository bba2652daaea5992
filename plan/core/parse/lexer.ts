import { limits } from "../limits.ts";
import { CoreSyntaxError } from "./error.ts";
import { readEscape } from "./escapes.ts";

/** Words that can never be a name: reserved in strict module code, or given another meaning by it. */
export const RESERVED_WORDS: ReadonlySet<string> = new Set(
  (
    "arguments await break case catch class const continue debugger default delete do else enum eval export extends " +
    "false finally for function if implements import in instanceof interface let new null package private protected " +
    "public return static super switch this throw true try typeof var void while with yield"
  ).split(" "),
);

export const PUNCTUATION = [
  ...[
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    ";",
    ",",
    "<",
    ">",
    "<=",
    ">=",
    "==",
    "!=",
    "===",
    "!==",
    "+",
    "-",
    "*",
    "%",
  ],
  ...[
    "/",
    "**",
    "++",
    "--",
    "<<",
    ">>",
    ">>>",
    "&",
    "|",
    "^",
    "!",
    "~",
    "&&",
    "||",
    "??",
    "?",
    "?.",
    ":",
    "=",
    "+=",
  ],
  ...[
    "-=",
    "*=",
    "/=",
    "%=",
    "**=",
    "<<=",
    ">>=",
    ">>>=",
    "&=",
    "|=",
    "^=",
    "&&=",
    "||=",
    "??=",
    "=>",
    ".",
    "...",
    "`",
  ],
];

/** Punctuation by its first character, longest first. */
const BY_FIRST: ReadonlyMap<number, readonly string[]> = (() => {
  const table = new Map<number, string[]>();
  for (const text of [...PUNCTUATION].sort((a, b) => b.length - a.length)) {
    const code = text.charCodeAt(0);
    table.set(code, [...(table.get(code) ?? []), text]);
  }
  return table;
})();

const ID_START = /^[\p{ID_Start}$_]$/u;
const ID_PART = /^[\p{ID_Continue}$_\u200c\u200d]$/u;

function isNameStart(code: number): boolean {
  if (code < 128) {
    return (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === 95 || code === 36;
  }
  return ID_START.test(String.fromCodePoint(code));
}

function isNamePart(code: number): boolean {
  if (code < 128) {
    return isNameStart(code) || (code >= 48 && code <= 57);
  }
  return ID_PART.test(String.fromCodePoint(code));
}

/** Whether `text` can stand where an identifier does, reserved words included. */
export function isIdentifierName(text: string): boolean {
  let first = true;
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0;
    if (!(first ? isNameStart(code) : isNamePart(code))) {
      return false;
    }
    first = false;
  }
  return !first;
}

export type TokenKind = "name" | "number" | "string" | "punct" | "end";

/** One token ahead over a text; regular expressions and templates are read on demand, since only the parser knows where they can stand. */
export class Lexer {
  readonly text: string;
  kind: TokenKind = "end";
  /** The punctuation or name as written; the cooked text of a string. */
  value = "";
  number = 0;
  start = 0;
  end = 0;
  /** End of the token before this one. */
  previousEnd = 0;
  /** A line break stands before this token. */
  newline = false;

  constructor(text: string) {
    if (text.length > limits.source) {
      throw new CoreSyntaxError(`text is longer than ${limits.source}`, 0);
    }
    this.text = text;
    this.next();
  }

  fail(message: string, offset = this.start): never {
    throw new CoreSyntaxError(message, offset);
  }

  next(): void {
    this.previousEnd = this.end;
    this.skipSpace();
    const { text } = this;
    const at = this.end;
    this.start = at;
    if (at >= text.length) {
      this.kind = "end";
      this.value = "";
      return;
    }
    const code = text.charCodeAt(at);
    if (isNameStart(code < 0xd800 || code > 0xdfff ? code : (text.codePointAt(at) ?? 0))) {
      this.readName(at);
    } else if (
      (code >= 48 && code <= 57) ||
      (code === 46 && text.charCodeAt(at + 1) >= 48 && text.charCodeAt(at + 1) <= 57)
    ) {
      this.readNumber(at);
    } else if (code === 39 || code === 34) {
      this.readString(at, code);
    } else {
      this.readPunctuation(at, code);
    }
  }

  private skipSpace(): void {
    const { text } = this;
    let at = this.end;
    this.newline = false;
    for (;;) {
      const code = text.charCodeAt(at);
      if (code === 32 || code === 9) {
        at++;
      } else if (code === 10 || code === 13) {
        this.newline = true;
        at++;
      } else if (code === 47 && text.charCodeAt(at + 1) === 47) {
        const stop = text.indexOf("\n", at);
        at = stop < 0 ? text.length : stop;
      } else if (code === 47 && text.charCodeAt(at + 1) === 42) {
        const stop = text.indexOf("*/", at + 2);
        if (stop < 0) {
          this.fail("comment is not closed", at);
        }
        this.newline ||= text.slice(at, stop).includes("\n");
        at = stop + 2;
      } else {
        this.end = at;
        return;
      }
    }
  }

  private readName(at: number): void {
    const { text } = this;
    let end = at;
    while (end < text.length) {
      let code = text.charCodeAt(end);
      if (code >= 0xd800 && code <= 0xdfff) {
        code = text.codePointAt(end) ?? 0;
      }
      if (!isNamePart(code)) {
        break;
      }
      end += code > 0xffff ? 2 : 1;
    }
    this.kind = "name";
    this.value = text.slice(at, end);
    this.end = end;
  }

  private readNumber(at: number): void {
    const match =
      /0[xX][\da-fA-F](?:_?[\da-fA-F])*|0[oO][0-7](?:_?[0-7])*|0[bB][01](?:_?[01])*|(?:(?:0(?!\d)|[1-9](?:_?\d)*)(?:\.(?:\d(?:_?\d)*)?)?|\.\d(?:_?\d)*)(?:[eE][+-]?\d(?:_?\d)*)?/y;
    match.lastIndex = at;
    const found = match.exec(this.text)?.[0];
    if (found === undefined) {
      this.fail("malformed number", at);
    }
    const end = at + found.length;
    if (end < this.text.length && isNamePart(this.text.codePointAt(end) ?? 0)) {
      this.fail("malformed number", at);
    }
    const value = Number(found.replaceAll("_", ""));
    if (!Number.isFinite(value)) {
      this.fail("a number that is not finite", at);
    }
    this.kind = "number";
    this.number = value;
    this.end = end;
  }

  private readString(at: number, quote: number): void {
    const { text } = this;
    let plain = at + 1;
    let out = "";
    for (let i = at + 1; ; ) {
      const code = text.charCodeAt(i);
      if (code === quote) {
        this.kind = "string";
        this.value = out === "" ? text.slice(plain, i) : out + text.slice(plain, i);
        this.end = i + 1;
        return;
      }
      if (i >= text.length || code === 10 || code === 13) {
        this.fail("string is not closed", at);
      }
      if (code === 92) {
        out += text.slice(plain, i);
        const escaped = readEscape(text, i);
        out += escaped.value;
        i = escaped.end;
        plain = i;
      } else {
        i++;
      }
    }
  }

  private readPunctuation(at: number, code: number): void {
    const candidates = BY_FIRST.get(code);
    if (candidates !== undefined) {
      for (const candidate of candidates) {
        if (candidate.length === 1 || this.text.startsWith(candidate, at)) {
          // `a?.5:b` is a conditional
          if (candidate === "?." && /\d/.test(this.text[at + 2] ?? "")) {
            continue;
          }
          this.kind = "punct";
          this.value = candidate;
          this.end = at + candidate.length;
          return;
        }
      }
    }
    this.fail(`unexpected character ${JSON.stringify(this.text[at])}`, at);
  }

  /** The current token is `/` or `/=`: reads the regular expression that starts here, and moves on. */
  readRegex(): { pattern: string; flags: string } {
    const { text, start } = this;
    let inClass = false;
    let at = start + 1;
    for (; ; at++) {
      const char = text[at];
      if (char === undefined || char === "\n" || char === "\r" || char === "\u2028" || char === "\u2029") {
        this.fail("regular expression is not closed", start);
      }
      if (char === "\\") {
        at++;
        if (/[\n\r\u2028\u2029]/.test(text[at] ?? "\n")) {
          this.fail("regular expression is not closed", start);
        }
      } else if (char === "[") {
        inClass = true;
      } else if (char === "]") {
        inClass = false;
      } else if (char === "/" && !inClass) {
        break;
      }
    }
    const pattern = text.slice(start + 1, at);
    let end = at + 1;
    while (end < text.length && isNamePart(text.codePointAt(end) ?? 0)) {
      end++;
    }
    const flags = text.slice(at + 1, end);
    this.end = end;
    this.next();
    return { pattern, flags };
  }

  /** Reads template text from `at` (after the backtick or the closing brace) up to a hole or the end. Does not move on. */
  readQuasi(at: number): { cooked: string; hole: boolean } {
    const { text } = this;
    let out = "";
    let plain = at;
    for (let i = at; ; ) {
      const code = text.charCodeAt(i);
      if (i >= text.length) {
        this.fail("template is not closed", at);
      }
      if (code === 96 || (code === 36 && text.charCodeAt(i + 1) === 123)) {
        this.end = code === 96 ? i + 1 : i + 2;
        return { cooked: out + text.slice(plain, i), hole: code === 36 };
      }
      if (code === 92) {
        const escaped = readEscape(text, i);
        out += text.slice(plain, i) + escaped.value;
        i = escaped.end;
        plain = i;
      } else if (code === 13) {
        // as JavaScript does: line ends in templates are always "\n"
        out += `${text.slice(plain, i)}\n`;
        i += text.charCodeAt(i + 1) === 10 ? 2 : 1;
        plain = i;
      } else {
        i++;
      }
    }
  }
}
