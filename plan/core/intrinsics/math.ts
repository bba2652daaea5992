import { toNumber } from "../evaluate/coerce.ts";
import { forbidden } from "../evaluate/errors.ts";
import { Intrinsic } from "../evaluate/functions.ts";
import type { Value } from "../values.ts";
import { fn } from "./define.ts";

// without `random`, and without what other engines may round differently in the last place there is nothing to leave out:
// the engine is V8
const FUNCTIONS = [
  ...([
    "abs",
    "acos",
    "acosh",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "cbrt",
    "ceil",
    "clz32",
    "cos",
  ] as const),
  ...([
    "cosh",
    "exp",
    "expm1",
    "floor",
    "fround",
    "hypot",
    "imul",
    "log",
    "log10",
    "log1p",
    "log2",
    "max",
  ] as const),
  ...(["min", "pow", "round", "sign", "sin", "sinh", "sqrt", "tan", "tanh", "trunc"] as const),
];

const CONSTANTS = ["E", "LN10", "LN2", "LOG10E", "LOG2E", "PI", "SQRT1_2", "SQRT2"] as const;

const members: Record<string, Value> = {};
for (const name of FUNCTIONS) {
  const run = Math[name] as (...args: number[]) => number;
  members[name] = fn(`Math.${name}`, (ev, args) => {
    ev.spend(args.length);
    return run(...args.map((arg) => toNumber(ev, arg)));
  });
}
for (const name of CONSTANTS) {
  members[name] = Math[name];
}

members.random = fn("Math.random", () =>
  forbidden("Math.random() gives another value each time: a random value has to come from a task"),
);

export const MATH = new Intrinsic("Math", { members });
