import { toText } from "../evaluate/coerce.ts";
import { native } from "../evaluate/errors.ts";
import type { Intrinsic } from "../evaluate/functions.ts";
import type { Value } from "../values.ts";
import { ARRAY } from "./array-static.ts";
import { MAP, SET } from "./collections.ts";
import { DATE } from "./date.ts";
import { fn } from "./define.ts";
import { ERRORS } from "./errors.ts";
import { JSON_NAMESPACE } from "./json.ts";
import { MATH } from "./math.ts";
import { BOOLEAN, IS_FINITE, IS_NAN, NUMBER, PARSE_FLOAT, PARSE_INT, STRING } from "./number.ts";
import { OBJECT } from "./object.ts";
import { PATH } from "./path.ts";
import { PLAN_INTRINSICS } from "./plan.ts";
import { REGEXP } from "./regexp.ts";

function uri(name: string, run: (text: string) => string): Intrinsic {
  return fn(name, (ev, args) => {
    const text = toText(ev, args[0]);
    ev.textOf(text.length * 3);
    return ev.text(native(() => run(text)));
  });
}

/** Everything that a name without a binding can mean. */
export const GLOBALS: ReadonlyMap<string, Value> = new Map<string, Value>(
  Object.entries({
    undefined: undefined,
    NaN: Number.NaN,
    Infinity: Number.POSITIVE_INFINITY,
    Array: ARRAY,
    Boolean: BOOLEAN,
    Date: DATE,
    JSON: JSON_NAMESPACE,
    Map: MAP,
    Math: MATH,
    Number: NUMBER,
    Object: OBJECT,
    RegExp: REGEXP,
    Set: SET,
    String: STRING,
    decodeURI: uri("decodeURI", decodeURI),
    decodeURIComponent: uri("decodeURIComponent", decodeURIComponent),
    encodeURI: uri("encodeURI", encodeURI),
    encodeURIComponent: uri("encodeURIComponent", encodeURIComponent),
    isFinite: IS_FINITE,
    isNaN: IS_NAN,
    parseFloat: PARSE_FLOAT,
    parseInt: PARSE_INT,
    path: PATH,
    ...ERRORS,
    ...PLAN_INTRINSICS,
  }),
);
