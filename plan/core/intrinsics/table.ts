import type { Intrinsic } from "../evaluate/functions.ts";
import type { TypeName } from "../evaluate/types.ts";
import { ARRAY_METHODS } from "./array.ts";
import { ITERATOR_METHODS, MAP_METHODS, SET_METHODS } from "./collections.ts";
import { DATE_METHODS } from "./date.ts";
import type { MethodTable } from "./define.ts";
import { ERROR_METHODS } from "./errors.ts";
import { BOOLEAN_METHODS, NUMBER_METHODS } from "./number.ts";
import { OBJECT_METHODS } from "./object.ts";
import { REGEXP_METHODS } from "./regexp.ts";
import { STRING_METHODS } from "./string.ts";

/** The methods of each receiver type. What all objects have stands under `object` and is found from the others too. */
export const METHODS: Readonly<Partial<Record<TypeName, MethodTable>>> = {
  array: ARRAY_METHODS,
  boolean: BOOLEAN_METHODS,
  date: DATE_METHODS,
  error: ERROR_METHODS,
  iterator: ITERATOR_METHODS,
  map: MAP_METHODS,
  number: NUMBER_METHODS,
  object: OBJECT_METHODS,
  regexp: REGEXP_METHODS,
  set: SET_METHODS,
  string: STRING_METHODS,
};

/** Prototypes of the engine that replace some of what all objects have. */
const PROTOTYPES: Readonly<Partial<Record<TypeName, object>>> = {
  array: Array.prototype,
  boolean: Boolean.prototype,
  date: Date.prototype,
  error: Error.prototype,
  number: Number.prototype,
  regexp: RegExp.prototype,
  string: String.prototype,
};

/** The method of this name that receivers of this type have. */
export function methodOf(type: TypeName, key: string): Intrinsic | undefined {
  const own = METHODS[type]?.get(key);
  if (own !== undefined || type === "function" || type === "intrinsic") {
    return own;
  }
  const replaced = PROTOTYPES[type];
  return replaced !== undefined && Object.hasOwn(replaced, key) ? undefined : OBJECT_METHODS.get(key);
}
