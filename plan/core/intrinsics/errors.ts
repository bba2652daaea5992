import { builtInText, toText } from "../evaluate/coerce.ts";
import type { Evaluation } from "../evaluate/evaluation.ts";
import { Intrinsic } from "../evaluate/functions.ts";
import { hasOwn, isObject } from "../evaluate/types.ts";
import type { Value } from "../values.ts";
import { methods } from "./define.ts";

export const ERROR_METHODS = methods<Error>("Error", {
  toString: (ev: Evaluation, self: Error) => builtInText(ev, self),
});

const CLASSES = { Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError } as const;

function errorClass(name: keyof typeof CLASSES): Intrinsic {
  const type = CLASSES[name];
  const make = (ev: Evaluation, args: readonly Value[]): Value => {
    const [message, options] = args;
    ev.spend(100);
    const text = message === undefined ? undefined : toText(ev, message);
    const cause =
      isObject(options) && hasOwn(options, "cause")
        ? { cause: (options as { cause: Value }).cause }
        : undefined;
    return ev.own(new type(text, cause));
  };
  return new Intrinsic(name, { native: type, construct: make, run: (ev, _self, args) => make(ev, args) });
}

/** `Error` and its kin; with `new` and without they do the same. */
export const ERRORS: Readonly<Record<string, Intrinsic>> = Object.fromEntries(
  (Object.keys(CLASSES) as (keyof typeof CLASSES)[]).map((name) => [name, errorClass(name)]),
);
