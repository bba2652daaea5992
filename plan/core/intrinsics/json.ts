import { refuseOpaque, toInteger, toText } from "../evaluate/coerce.ts";
import { forbidden, native, throwType } from "../evaluate/errors.ts";
import type { Evaluation } from "../evaluate/evaluation.ts";
import { apply, Closure, Intrinsic, isCallable } from "../evaluate/functions.ts";
import { ownKeys } from "../evaluate/properties.ts";
import { hasOwn, isObject } from "../evaluate/types.ts";
import type { Value } from "../values.ts";
import { statics } from "./define.ts";

interface Writer {
  readonly ev: Evaluation;
  readonly replace: Value;
  readonly only: readonly string[] | undefined;
  readonly gap: string;
  readonly open: object[];
  /** The keys under which those in `open` stand. */
  readonly keys: string[];
  length: number;
}

function note(w: Writer, text: string): string {
  w.length += text.length;
  w.ev.fits(w.length);
  return text;
}

/** ECMAScript SerializeJSONProperty; undefined where the value has no JSON. */
function write(w: Writer, holder: Value, key: string, indent: string): string | undefined {
  const { ev } = w;
  ev.spend(1);
  let value = (holder as Record<string, Value>)[key];
  if (isObject(value) && hasOwn(value, "toJSON")) {
    const own = (value as { toJSON: Value }).toJSON;
    if (isCallable(own)) {
      value = apply(ev, own, key);
    }
  } else if (value instanceof Date) {
    value = Number.isNaN(value.getTime()) ? null : value.toISOString();
  }
  if (w.replace !== undefined) {
    value = apply(ev, w.replace, key, value);
  }
  switch (typeof value) {
    case "string":
      ev.spend(value.length >> 6);
      return note(w, JSON.stringify(value));
    case "number":
    case "boolean":
      return note(w, JSON.stringify(value));
    case "object":
      break;
    default:
      return undefined;
  }
  if (value === null) {
    return note(w, "null");
  }
  if (value instanceof Closure || value instanceof Intrinsic) {
    return undefined;
  }
  refuseOpaque(value);
  if (w.open.includes(value)) {
    return throwType(circular(w, value, key));
  }
  w.open.push(value);
  w.keys.push(key);
  ev.enter(10);
  const text = Array.isArray(value) ? writeArray(w, value, indent) : writeObject(w, value, indent);
  ev.depth -= 10;
  w.open.pop();
  w.keys.pop();
  return text;
}

/** V8's picture of the circle: its start, two steps, the last one, and what closes it. */
function circular(w: Writer, start: object, closing: string): string {
  const from = w.open.indexOf(start);
  const { length } = w.open;
  const named = (at: number): string =>
    `object with constructor '${Array.isArray(w.open[at]) ? "Array" : tagOf(w.open[at])}'`;
  const keyed = (key: string, holder: Value): string =>
    Array.isArray(holder) ? `index ${key}` : `property '${key}'`;
  const step = (at: number): string =>
    `\n    |     ${keyed(w.keys[at] ?? "", w.open[at - 1])} -> ${named(at)}`;
  const prefixEnd = Math.min(length, from + 3);
  let out = `Converting circular structure to JSON\n    --> starting at ${named(from)}`;
  for (let at = from + 1; at < prefixEnd; at++) {
    out += step(at);
  }
  if (length > prefixEnd + 1) {
    out += "\n    |     ...";
  }
  for (let at = Math.max(length - 1, prefixEnd); at < length; at++) {
    out += step(at);
  }
  return `${out}\n    --- ${keyed(closing, w.open.at(-1))} closes the circle`;
}

function tagOf(value: Value): string {
  // The tag of every kind of error is that of Error.
  if (value instanceof Error) return value.constructor.name;
  return Object.prototype.toString.call(value).slice(8, -1);
}

function writeArray(w: Writer, array: readonly Value[], indent: string): string {
  const inner = indent + w.gap;
  const parts: string[] = [];
  const { length } = array;
  for (let i = 0; i < length; i++) {
    parts.push(write(w, array, String(i), inner) ?? note(w, "null"));
    note(w, inner);
  }
  return wrap(w, "[", parts, "]", indent);
}

function writeObject(w: Writer, object: object, indent: string): string {
  const inner = indent + w.gap;
  const parts: string[] = [];
  for (const key of w.only ?? ownKeys(object)) {
    if (w.only !== undefined && !hasOwn(object, key)) {
      continue;
    }
    const text = write(w, object, key, inner);
    if (text !== undefined) {
      parts.push(`${note(w, JSON.stringify(key))}${w.gap === "" ? ":" : ": "}${text}`);
      note(w, inner);
    }
  }
  return wrap(w, "{", parts, "}", indent);
}

function wrap(w: Writer, open: string, parts: readonly string[], close: string, indent: string): string {
  if (parts.length === 0) {
    return note(w, open + close);
  }
  if (w.gap === "") {
    return `${open}${parts.join(",")}${close}`;
  }
  const inner = indent + w.gap;
  return `${open}\n${inner}${parts.join(`,\n${inner}`)}\n${indent}${close}`;
}

function gapOf(ev: Evaluation, space: Value): string {
  if (typeof space === "number") {
    return " ".repeat(Math.max(0, Math.min(10, toInteger(ev, space))));
  }
  return typeof space === "string" ? space.slice(0, 10) : "";
}

/** JSON.stringify as ECMAScript has it, on values of Core. */
export function stringify(ev: Evaluation, value: Value, replacer?: Value, space?: Value): string | undefined {
  const only = Array.isArray(replacer)
    ? [
        ...new Set(
          replacer
            .filter((item) => typeof item === "string" || typeof item === "number")
            .map((item) => toText(ev, item)),
        ),
      ]
    : undefined;
  const w: Writer = {
    ev,
    replace: isCallable(replacer) ? replacer : undefined,
    only,
    gap: gapOf(ev, space),
    open: [],
    keys: [],
    length: 0,
  };
  const text = write(w, { "": value }, "", "");
  return text === undefined ? undefined : ev.text(text);
}

/** Notes everything that JSON.parse made, bottom up, and applies the reviver. */
function revive(ev: Evaluation, holder: Value, key: string, reviver: Value): Value {
  ev.enter(10);
  const value = (holder as Record<string, Value>)[key];
  if (isObject(value)) {
    for (const name of Object.keys(value)) {
      const next = revive(ev, value, name, reviver);
      if (next === undefined) {
        Reflect.deleteProperty(value, name);
      } else {
        Object.defineProperty(value, name, {
          value: next,
          writable: true,
          enumerable: true,
          configurable: true,
        });
      }
    }
  }
  ev.depth -= 10;
  ev.spend(1);
  return apply(ev, reviver, key, value);
}

function ownAll(ev: Evaluation, root: Value): void {
  const stack: Value[] = [root];
  while (stack.length > 0) {
    const value = stack.pop();
    if (isObject(value)) {
      ev.own(value);
      for (const key of Object.keys(value)) {
        ev.spend(1);
        if (key === "__proto__") {
          forbidden("the key __proto__");
        }
        const child = (value as Record<string, Value>)[key];
        if (isObject(child)) {
          stack.push(child);
        }
      }
    }
  }
}

export const JSON_NAMESPACE = new Intrinsic("JSON", {
  members: statics("JSON", {
    parse: (ev, args) => {
      const text = toText(ev, args[0]);
      ev.spend(text.length >> 2);
      const value: Value = native(() => JSON.parse(text) as Value);
      ownAll(ev, value);
      return isCallable(args[1]) ? revive(ev, { "": value }, "", args[1]) : value;
    },
    stringify: (ev, args) => stringify(ev, args[0], args[1], args[2]),
  }),
});
