import { toNumber, toPrimitive } from "../evaluate/coerce.ts";
import { forbidden, native } from "../evaluate/errors.ts";
import type { Evaluation } from "../evaluate/evaluation.ts";
import { Intrinsic } from "../evaluate/functions.ts";
import { isObject } from "../evaluate/types.ts";
import type { Value } from "../values.ts";
import { methods, statics } from "./define.ts";

export const DATE_METHODS = methods<Date>("Date", {
  getTime: (_ev, self) => self.getTime(),
  getUTCDate: (_ev, self) => self.getUTCDate(),
  getUTCDay: (_ev, self) => self.getUTCDay(),
  getUTCFullYear: (_ev, self) => self.getUTCFullYear(),
  getUTCHours: (_ev, self) => self.getUTCHours(),
  getUTCMilliseconds: (_ev, self) => self.getUTCMilliseconds(),
  getUTCMinutes: (_ev, self) => self.getUTCMinutes(),
  getUTCMonth: (_ev, self) => self.getUTCMonth(),
  getUTCSeconds: (_ev, self) => self.getUTCSeconds(),
  toISOString: (_ev, self) => native(() => self.toISOString()),
  toJSON: (_ev, self) => (Number.isNaN(self.getTime()) ? null : self.toISOString()),
  toUTCString: (_ev, self) => self.toUTCString(),
  valueOf: (_ev: Evaluation, self: Date) => self.getTime(),
});

function construct(ev: Evaluation, args: readonly Value[]): Value {
  if (args.length === 0) {
    return forbidden("new Date() reads the clock; ctx.now() is the time of the frame");
  }
  if (args.length > 1) {
    return forbidden("new Date with parts");
  }
  const [value] = args;
  if (value instanceof Date) {
    return ev.own(new Date(value.getTime()));
  }
  const primitive = isObject(value) ? toPrimitive(ev, value, "default") : value;
  return ev.own(new Date(typeof primitive === "string" ? Date.parse(primitive) : toNumber(ev, primitive)));
}

export const DATE = new Intrinsic("Date", {
  native: Date,
  construct,
  run: () => forbidden("Date() reads the clock; ctx.now() is the time of the frame"),
  members: statics("Date", {
    UTC: (ev, args) => Date.UTC(...(args.map((arg) => toNumber(ev, arg)) as [number])),
    now: () => forbidden("Date.now() reads the clock; ctx.now() is the time of the frame"),
  }),
});
