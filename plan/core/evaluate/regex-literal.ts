import { native } from "./errors.ts";
import type { Code } from "./evaluation.ts";
import { evaluationOf } from "./evaluation.ts";

/** Code for a regular expression literal: a new object each time, as in JavaScript. */
export function compileRegex(pattern: string, flags: string): Code {
  return (f) => evaluationOf(f).own(native(() => new RegExp(pattern, flags)));
}
