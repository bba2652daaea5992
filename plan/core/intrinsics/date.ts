import { toNumber, toPrimitive } from "../evaluate/coerce.ts";
import { forbidden, native } from "../evaluate/errors.ts";
import type { Evaluation } from "../evaluate/evaluation.ts";
import { Intrinsic } from "../evaluate/functions.ts";
import { isObject } from "../evaluate/types.ts";
import { checkWrite } from "../evaluate/writes.ts";
import type { Value } from "../values.ts";
import {
  dateDayText,
  dateText,
  dateTimeText,
  fromLocal,
  localFields,
  offsetAt,
  parseDate,
} from "./date-text.ts";
import { type Method, methods, statics } from "./define.ts";
import { locale, localeOptions } from "./locale.ts";

type DateMethod = Method<Date>;

const FIELDS = ["Date", "Day", "FullYear", "Hours", "Milliseconds", "Minutes", "Month", "Seconds"] as const;
const SETTABLE = ["Date", "FullYear", "Hours", "Milliseconds", "Minutes", "Month", "Seconds"] as const;

function getters(): Record<string, DateMethod> {
  const table: Record<string, DateMethod> = {};
  for (const field of FIELDS) {
    table[`getUTC${field}`] = (_ev, self) => self[`getUTC${field}`]();
    table[`get${field}`] = (ev, self) => localFields(self, ev.timeZone)[`getUTC${field}`]();
  }
  return table;
}

type Setter = (...parts: number[]) => number;

function setters(): Record<string, DateMethod> {
  const table: Record<string, DateMethod> = {};
  for (const field of SETTABLE) {
    const name = `setUTC${field}` as const;
    table[name] = (ev, self, args) => {
      const parts = args.map((arg) => toNumber(ev, arg));
      checkWrite(ev, self, () => `${name}() changes the date`);
      return (self[name] as Setter)(...parts);
    };
    table[`set${field}`] = (ev, self, args) => {
      const parts = args.map((arg) => toNumber(ev, arg));
      checkWrite(ev, self, () => `set${field}() changes the date`);
      // an invalid date becomes valid again by its year only, counted from the epoch in local time
      const invalid = Number.isNaN(self.getTime());
      const local = invalid && field === "FullYear" ? new Date(0) : localFields(self, ev.timeZone);
      return self.setTime(fromLocal((local[name] as Setter)(...parts), ev.timeZone));
    };
  }
  return table;
}

function localeText(name: "toLocaleString" | "toLocaleDateString" | "toLocaleTimeString"): DateMethod {
  return (ev, self, args) => {
    const options = { timeZone: ev.timeZone, ...localeOptions(args[1]) };
    const where = locale(args[0]);
    return native(() => self[name](where, options as Intl.DateTimeFormatOptions));
  };
}

const TEXTS: Readonly<Record<string, DateMethod>> = {
  getTime: (_ev, self) => self.getTime(),
  getTimezoneOffset: (ev, self) =>
    Number.isNaN(self.getTime()) ? Number.NaN : 0 - offsetAt(self.getTime(), ev.timeZone) / 60_000,
  setTime: (ev, self, args) => {
    const time = toNumber(ev, args[0]);
    checkWrite(ev, self, () => "setTime() changes the date");
    return self.setTime(time);
  },
  toDateString: (ev, self) => dateDayText(self, ev.timeZone),
  toISOString: (_ev, self) => native(() => self.toISOString()),
  toJSON: (_ev, self) => (Number.isNaN(self.getTime()) ? null : self.toISOString()),
  toLocaleDateString: localeText("toLocaleDateString"),
  toLocaleString: localeText("toLocaleString"),
  toLocaleTimeString: localeText("toLocaleTimeString"),
  toString: (ev: Evaluation, self: Date) => dateText(self, ev.timeZone),
  toTimeString: (ev, self) => dateTimeText(self, ev.timeZone),
  toUTCString: (_ev, self) => self.toUTCString(),
  valueOf: (_ev: Evaluation, self: Date) => self.getTime(),
};

export const DATE_METHODS = methods<Date>("Date", { ...getters(), ...setters(), ...TEXTS });

/** The instant that `new Date(…)` means. */
function instant(ev: Evaluation, args: readonly Value[]): number {
  if (args.length > 1) {
    const parts = args.map((arg) => toNumber(ev, arg)) as [number];
    return fromLocal(Date.UTC(...parts), ev.timeZone);
  }
  const [value] = args;
  if (value instanceof Date) {
    return value.getTime();
  }
  const primitive = isObject(value) ? toPrimitive(ev, value, "default") : value;
  return typeof primitive === "string" ? parseDate(primitive, ev.timeZone) : toNumber(ev, primitive);
}

export const DATE = new Intrinsic("Date", {
  native: Date,
  construct: (ev, args) =>
    args.length === 0
      ? forbidden("new Date() reads the clock; ctx.now() is the time of the frame")
      : ev.own(new Date(instant(ev, args))),
  run: () => forbidden("Date() reads the clock; ctx.now() is the time of the frame"),
  members: statics("Date", {
    UTC: (ev, args) => Date.UTC(...(args.map((arg) => toNumber(ev, arg)) as [number])),
    now: () => forbidden("Date.now() reads the clock; ctx.now() is the time of the frame"),
    parse: (ev, args) => {
      const primitive = isObject(args[0]) ? toPrimitive(ev, args[0], "string") : args[0];
      return parseDate(String(primitive), ev.timeZone);
    },
  }),
});
