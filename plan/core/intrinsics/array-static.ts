import { toInteger } from "../evaluate/coerce.ts";
import { forbidden, throwRange, throwType } from "../evaluate/errors.ts";
import type { Evaluation } from "../evaluate/evaluation.ts";
import { Intrinsic, isCallable } from "../evaluate/functions.ts";
import { elementsOf, iteratorOf, notIterable } from "../evaluate/iterate.ts";
import { shown } from "../evaluate/shown.ts";
import { hasOwn, isObject, isPlain, typeOf } from "../evaluate/types.ts";
import type { Value } from "../values.ts";
import { callback, statics } from "./define.ts";

function make(ev: Evaluation, args: readonly Value[]): Value[] {
  const [length] = args;
  if (args.length !== 1 || typeof length !== "number") {
    return ev.array([...args]);
  }
  if (!Number.isInteger(length) || length < 0 || length > 0xffff_ffff) {
    return throwRange("Invalid array length");
  }
  ev.room(length);
  return ev.own(new Array(length));
}

/** The elements of an array-like object, as `Array.from({ length: 3 })` sees them. */
function arrayLike(ev: Evaluation, source: Value): Value[] {
  if (source === undefined || source === null) {
    return throwType(notIterable(source));
  }
  if (!isObject(source)) {
    return [];
  }
  if (!isPlain(source)) {
    const type = typeOf(source);
    return type === "date" || type === "regexp" || type === "error"
      ? []
      : forbidden("Array.from of something that is not data");
  }
  const length = hasOwn(source, "length") ? Math.max(0, toInteger(ev, source.length)) : 0;
  ev.room(length);
  return Array.from({ length }, (_, i) => (hasOwn(source, String(i)) ? source[i] : undefined));
}

const ARRAY_STATICS = statics("Array", {
  from: (ev, args) => {
    const [source, map] = args;
    if (map !== undefined && !isCallable(map)) {
      return throwType(`${shown(map)} is not a function`);
    }
    const items =
      iteratorOf(source) === undefined
        ? arrayLike(ev, source)
        : elementsOf(ev, source, () => notIterable(source));
    return ev.array(map === undefined ? items : items.map((item, i) => callback(ev, map)(item, i)));
  },
  isArray: (_ev, args) => Array.isArray(args[0]),
  of: (ev, args) => ev.array([...args]),
});

export const ARRAY = new Intrinsic("Array", {
  native: Array,
  run: (ev, _self, args) => make(ev, args),
  construct: make,
  members: ARRAY_STATICS,
});
