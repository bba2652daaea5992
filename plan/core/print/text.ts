import { isIdentifierName } from "../parse/lexer.ts";

const ESCAPES: Readonly<Record<string, string>> = {
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\b": "\\b",
  "\f": "\\f",
  "\v": "\\v",
  "\\": "\\\\",
};

function escapeUnit(char: string): string {
  const code = char.charCodeAt(0);
  return ESCAPES[char] ?? `\\u${code.toString(16).padStart(4, "0")}`;
}

// controls, line separators and lone surrogates: what an editor or JSON would show badly or change
const UNSAFE =
  /[\u0000-\u001f\u007f-\u009f\u2028\u2029\ufeff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** A string literal in single quotes. */
export function quote(text: string): string {
  return `'${text.replace(/['\\]/g, "\\$&").replace(UNSAFE, escapeUnit)}'`;
}

/** The text between the holes of a template; line ends are left to the caller. */
export function quasi(text: string): string {
  return text
    .replace(/[`\\]|\$(?=\{)/g, "\\$&")
    .replace(UNSAFE, (char) => (char === "\n" ? char : escapeUnit(char)));
}

/** A property name as it stands before a colon. */
export function propertyName(key: string): string {
  return isIdentifierName(key) ? key : quote(key);
}
