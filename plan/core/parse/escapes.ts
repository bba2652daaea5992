import { CoreSyntaxError } from "./error.ts";

function fail(message: string, offset: number): never {
  throw new CoreSyntaxError(message, offset);
}

/** Reads the escape whose backslash stands at `at`. */
export function readEscape(text: string, at: number): { readonly value: string; readonly end: number } {
  const char = text[at + 1];
  switch (char) {
    case undefined:
      return fail("escape is not finished", at);
    case "n":
      return { value: "\n", end: at + 2 };
    case "r":
      return { value: "\r", end: at + 2 };
    case "t":
      return { value: "\t", end: at + 2 };
    case "b":
      return { value: "\b", end: at + 2 };
    case "f":
      return { value: "\f", end: at + 2 };
    case "v":
      return { value: "\v", end: at + 2 };
    case "\r":
      return { value: "", end: text[at + 2] === "\n" ? at + 3 : at + 2 };
    case "\n":
    case "\u2028":
    case "\u2029":
      return { value: "", end: at + 2 };
    case "x": {
      const hex = /^[\da-fA-F]{2}$/.exec(text.slice(at + 2, at + 4))?.[0];
      return hex === undefined
        ? fail("malformed escape", at)
        : { value: String.fromCharCode(Number.parseInt(hex, 16)), end: at + 4 };
    }
    case "u": {
      const match = /\\u(?:([\da-fA-F]{4})|\{([\da-fA-F]{1,8})\})/y;
      match.lastIndex = at;
      const found = match.exec(text);
      const code = found === null ? Number.NaN : Number.parseInt(found[1] ?? found[2] ?? "", 16);
      if (found === null || !(code <= 0x10ffff)) {
        return fail("malformed escape", at);
      }
      const value = found[1] === undefined ? String.fromCodePoint(code) : String.fromCharCode(code);
      return { value, end: at + found[0].length };
    }
    default:
      if (char >= "0" && char <= "9") {
        const next = text[at + 2] ?? "";
        if (char === "0" && !(next >= "0" && next <= "9")) {
          return { value: "\0", end: at + 2 };
        }
        return fail("octal escape", at);
      }
      return { value: char, end: at + 2 };
  }
}
