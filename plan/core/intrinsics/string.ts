import { toInteger, toNumber, toText } from "../evaluate/coerce.ts";
import { native, throwRange, throwType } from "../evaluate/errors.ts";
import type { Evaluation } from "../evaluate/evaluation.ts";
import { index, type Method, methods } from "./define.ts";
import { locale, localeOptions } from "./locale.ts";
import { REGEX_STRING_METHODS } from "./regexp-string.ts";

type StringMethod = Method<string>;

/** Pays for reading the text. */
function scan(ev: Evaluation, self: string): void {
  ev.spend(self.length >> 6);
}

function search(name: "includes" | "startsWith" | "endsWith"): StringMethod {
  return (ev, self, args) => {
    scan(ev, self);
    if (args[0] instanceof RegExp) {
      return throwType(`First argument to String.prototype.${name} must not be a regular expression`);
    }
    const wanted = toText(ev, args[0]);
    return self[name](wanted, index(ev, args[1]));
  };
}

function pad(name: "padStart" | "padEnd"): StringMethod {
  return (ev, self, args) => {
    const length = toInteger(ev, args[0]);
    const fill = args[1] === undefined ? " " : toText(ev, args[1]);
    if (length > self.length && fill !== "") {
      ev.textOf(length);
    }
    return self[name](Math.min(length, Number.MAX_SAFE_INTEGER), fill);
  };
}

function changed(run: (self: string) => string): StringMethod {
  return (ev, self) => ev.text(run(self));
}

export const STRING_METHODS = methods<string>("String", {
  at: (ev, self, args) => self.at(toInteger(ev, args[0])),
  charAt: (ev, self, args) => self.charAt(toInteger(ev, args[0])),
  charCodeAt: (ev, self, args) => self.charCodeAt(toInteger(ev, args[0])),
  codePointAt: (ev, self, args) => self.codePointAt(toInteger(ev, args[0])),
  concat: (ev, self, args) => {
    let out = self;
    for (const arg of args) {
      out += toText(ev, arg);
      ev.fits(out.length);
    }
    return ev.text(out);
  },
  endsWith: search("endsWith"),
  includes: search("includes"),
  indexOf: (ev, self, args) => {
    scan(ev, self);
    const wanted = toText(ev, args[0]);
    return self.indexOf(wanted, index(ev, args[1]));
  },
  isWellFormed: (ev, self) => {
    scan(ev, self);
    return (self as unknown as { isWellFormed(): boolean }).isWellFormed();
  },
  lastIndexOf: (ev, self, args) => {
    scan(ev, self);
    const wanted = toText(ev, args[0]);
    return self.lastIndexOf(wanted, args[1] === undefined ? undefined : toNumber(ev, args[1]));
  },
  localeCompare: (ev, self, args) => {
    scan(ev, self);
    const other = toText(ev, args[0]);
    const options = localeOptions(args[2]);
    const where = locale(args[1]);
    return native(() => self.localeCompare(other, where, options));
  },
  normalize: (ev, self, args) => {
    const form = args[0] === undefined ? undefined : toText(ev, args[0]);
    ev.textOf(self.length * 4);
    return ev.text(native(() => self.normalize(form)));
  },
  padEnd: pad("padEnd"),
  padStart: pad("padStart"),
  repeat: (ev, self, args) => {
    const count = toInteger(ev, args[0]);
    if (count < 0 || count === Number.POSITIVE_INFINITY) {
      return throwRange(
        `Invalid count value: ${typeof args[0] === "object" ? String(count) : String(args[0])}`,
      );
    }
    if (self !== "") {
      ev.textOf(self.length * count);
    }
    return self === "" ? "" : self.repeat(count);
  },
  slice: (ev, self, args) => {
    const start = toInteger(ev, args[0]);
    return self.slice(start, index(ev, args[1]));
  },
  startsWith: search("startsWith"),
  substr: (ev, self, args) => {
    const start = toInteger(ev, args[0]);
    return self.substr(start, index(ev, args[1]));
  },
  substring: (ev, self, args) => {
    const start = toInteger(ev, args[0]);
    return self.substring(start, index(ev, args[1]));
  },
  toLocaleLowerCase: (ev, self, args) => ev.text(self.toLocaleLowerCase(locale(args[0]))),
  toLocaleUpperCase: (ev, self, args) => ev.text(self.toLocaleUpperCase(locale(args[0]))),
  toLowerCase: changed((self) => self.toLowerCase()),
  toString: (_ev: Evaluation, self: string) => self,
  toUpperCase: changed((self) => self.toUpperCase()),
  toWellFormed: changed((self) => (self as unknown as { toWellFormed(): string }).toWellFormed()),
  trim: changed((self) => self.trim()),
  trimEnd: changed((self) => self.trimEnd()),
  trimStart: changed((self) => self.trimStart()),
  valueOf: (_ev: Evaluation, self: string) => self,
  ...REGEX_STRING_METHODS,
});
