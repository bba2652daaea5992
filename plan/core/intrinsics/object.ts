import { builtInText, tagText, toKey, toText } from "../evaluate/coerce.ts";
import { forbidden, throwType } from "../evaluate/errors.ts";
import type { Evaluation } from "../evaluate/evaluation.ts";
import { Intrinsic } from "../evaluate/functions.ts";
import { elementsOf, iteratorOf, notIterable } from "../evaluate/iterate.ts";
import { guardKey } from "../evaluate/keys.ts";
import { checkEnumerable, ownKeys } from "../evaluate/properties.ts";
import { shown } from "../evaluate/shown.ts";
import { hasOwn, isObject, typeOf } from "../evaluate/types.ts";
import { checkWrite, setMember } from "../evaluate/writes.ts";
import type { Value } from "../values.ts";
import { methods, statics } from "./define.ts";
import { objectGroupBy } from "./group.ts";

function toObject(value: Value): Record<string, Value> {
  if (value === undefined || value === null) {
    return throwType("Cannot convert undefined or null to object");
  }
  return Object(value) as Record<string, Value>;
}

function ownHas(ev: Evaluation, target: Value, key: Value): boolean {
  const object = toObject(target);
  checkEnumerable(object);
  const name = toKey(ev, key);
  guardKey(name);
  return hasOwn(object, name);
}

export const OBJECT_METHODS = methods<object>("Object", {
  hasOwnProperty: (ev: Evaluation, self: object, args: readonly Value[]) => ownHas(ev, self, args[0]),
  propertyIsEnumerable: (ev: Evaluation, self: object, args: readonly Value[]) => {
    const name = toKey(ev, args[0]);
    guardKey(name);
    return Object.prototype.propertyIsEnumerable.call(self, name);
  },
  // calls the receiver's own toString; strings and booleans come here as well
  toLocaleString: (ev: Evaluation, self: Value) =>
    !isObject(self) || hasOwn(self, "toString") ? toText(ev, self) : builtInText(ev, self),
  toString: (_ev: Evaluation, self: object) => tagText(self),
  valueOf: (_ev: Evaluation, self: object) => self,
});

function entries(ev: Evaluation, value: Value): [string, Value][] {
  const object = toObject(value);
  const keys = ownKeys(object);
  ev.room(keys.length * 4);
  return keys.map((key) => ev.own([key, object[key]] as [string, Value]));
}

/** The two members that Object.fromEntries and Map take from an entry. */
export function entryOf(value: Value): readonly [Value, Value] {
  if (!isObject(value)) {
    return throwType(`Iterator value ${shown(value)} is not an entry object`);
  }
  if (!Array.isArray(value)) {
    const object = value as Record<string, Value>;
    checkEnumerable(value);
    return [hasOwn(value, "0") ? object["0"] : undefined, hasOwn(value, "1") ? object["1"] : undefined];
  }
  return [value[0], value[1]];
}

const OBJECT_STATICS = statics("Object", {
  assign: (ev, args) => {
    const target = toObject(args[0]);
    if (args.length > 1) {
      checkWrite(ev, target, () => "Object.assign changes its first argument");
    }
    for (const source of args.slice(1)) {
      if (source !== undefined && source !== null) {
        const object = Object(source) as Record<string, Value>;
        for (const key of ownKeys(object)) {
          ev.spend(1);
          setMember(ev, target, key, object[key]);
        }
      }
    }
    return target;
  },
  entries: (ev, args) => ev.own(entries(ev, args[0])),
  freeze: (ev, args) => {
    const [value] = args;
    if (isObject(value)) {
      if (typeOf(value) !== "object" && typeOf(value) !== "array") {
        return forbidden("Object.freeze of anything but plain objects and arrays");
      }
      // writes from here on are refused, which is stricter than the TypeError that they would be
      ev.disown(value);
    }
    return value;
  },
  fromEntries: (ev, args) => {
    const out = ev.own({} as Record<string, Value>);
    const source = args[0];
    if (iteratorOf(source) === undefined) {
      return throwType(
        source === undefined || source === null ? "undefined is not iterable" : notIterable(source),
      );
    }
    for (const item of elementsOf(ev, source, () => notIterable(source))) {
      const [key, value] = entryOf(item);
      const name = toKey(ev, key);
      guardKey(name);
      out[name] = value;
    }
    return out;
  },
  groupBy: objectGroupBy,
  hasOwn: (ev, args) => ownHas(ev, args[0], args[1]),
  is: (_ev, args) => Object.is(args[0], args[1]),
  keys: (ev, args) => ev.array(ownKeys(toObject(args[0]))),
  values: (ev, args) => {
    const object = toObject(args[0]);
    return ev.array(ownKeys(object).map((key) => object[key]));
  },
});

export const OBJECT = new Intrinsic("Object", {
  native: Object,
  run: (ev, _self, args) =>
    args[0] === undefined || args[0] === null
      ? ev.own({})
      : isObject(args[0])
        ? args[0]
        : forbidden("an object around a primitive"),
  construct: (ev, args) => (args.length === 0 ? ev.own({}) : forbidden("new Object with an argument")),
  members: OBJECT_STATICS,
});
