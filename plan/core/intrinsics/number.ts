import { toInteger, toNumber, toText } from "../evaluate/coerce.ts";
import { native } from "../evaluate/errors.ts";
import type { Evaluation } from "../evaluate/evaluation.ts";
import { Intrinsic } from "../evaluate/functions.ts";
import type { Value } from "../values.ts";
import { fn, methods, statics } from "./define.ts";
import { locale, localeOptions } from "./locale.ts";

export const NUMBER_METHODS = methods<number>("Number", {
  toExponential: (ev, self, args) => {
    const digits = args[0] === undefined ? undefined : toInteger(ev, args[0]);
    return native(() => self.toExponential(digits));
  },
  toFixed: (ev, self, args) => {
    const digits = toInteger(ev, args[0]);
    return native(() => self.toFixed(digits));
  },
  toLocaleString: (_ev: Evaluation, self: number, args: readonly Value[]) => {
    const options = localeOptions(args[1]);
    const where = locale(args[0]);
    return native(() => self.toLocaleString(where, options));
  },
  toPrecision: (ev, self, args) => {
    const digits = args[0] === undefined ? undefined : toInteger(ev, args[0]);
    return native(() => self.toPrecision(digits));
  },
  toString: (ev: Evaluation, self: number, args: readonly Value[]) => {
    const radix = args[0] === undefined ? undefined : toInteger(ev, args[0]);
    return native(() => self.toString(radix));
  },
  valueOf: (_ev: Evaluation, self: number) => self,
});

export const BOOLEAN_METHODS = methods<boolean>("Boolean", {
  toString: (_ev: Evaluation, self: boolean) => String(self),
  valueOf: (_ev: Evaluation, self: boolean) => self,
});

const PARSERS = statics("Number", {
  parseFloat: (ev, args) => {
    const text = toText(ev, args[0]);
    ev.spend(text.length >> 6);
    return Number.parseFloat(text);
  },
  parseInt: (ev, args) => {
    const text = toText(ev, args[0]);
    ev.spend(text.length >> 6);
    return Number.parseInt(text, args[1] === undefined ? undefined : toNumber(ev, args[1]));
  },
});

export const PARSE_FLOAT = PARSERS.parseFloat;
export const PARSE_INT = PARSERS.parseInt;
export const IS_NAN = fn("isNaN", (ev, args) => Number.isNaN(toNumber(ev, args[0])));
export const IS_FINITE = fn("isFinite", (ev, args) => Number.isFinite(toNumber(ev, args[0])));

export const NUMBER = new Intrinsic("Number", {
  native: Number,
  run: (ev, _self, args) => (args.length === 0 ? 0 : toNumber(ev, args[0])),
  members: {
    ...PARSERS,
    ...statics("Number", {
      isFinite: (_ev, args) => Number.isFinite(args[0]),
      isInteger: (_ev, args) => Number.isInteger(args[0]),
      isNaN: (_ev, args) => Number.isNaN(args[0]),
      isSafeInteger: (_ev, args) => Number.isSafeInteger(args[0]),
    }),
    EPSILON: Number.EPSILON,
    MAX_SAFE_INTEGER: Number.MAX_SAFE_INTEGER,
    MAX_VALUE: Number.MAX_VALUE,
    MIN_SAFE_INTEGER: Number.MIN_SAFE_INTEGER,
    MIN_VALUE: Number.MIN_VALUE,
    NEGATIVE_INFINITY: Number.NEGATIVE_INFINITY,
    NaN: Number.NaN,
    POSITIVE_INFINITY: Number.POSITIVE_INFINITY,
  },
});

export const BOOLEAN = new Intrinsic("Boolean", {
  native: Boolean,
  run: (_ev, _self, args) => Boolean(args[0]),
});

export const STRING = new Intrinsic("String", {
  native: String,
  run: (ev, _self, args) => (args.length === 0 ? "" : toText(ev, args[0])),
  members: statics("String", {
    fromCharCode: (ev, args) => String.fromCharCode(...args.map((arg) => toNumber(ev, arg))),
    fromCodePoint: (ev, args) => {
      const codes = args.map((arg) => toNumber(ev, arg));
      return native(() => String.fromCodePoint(...codes));
    },
  }),
});
