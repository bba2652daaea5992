import { RegexInfo } from "../regex/info.ts";
import { native } from "./errors.ts";
import type { Code } from "./evaluation.ts";
import { evaluationOf } from "./evaluation.ts";

/** Code for a regular expression literal: a new object each time, as in JavaScript. */
export function compileRegex(pattern: string, flags: string): Code {
  let info: RegexInfo | undefined;
  return (f) => {
    const ev = evaluationOf(f);
    const regex = ev.own(native(() => new RegExp(pattern, flags)));
    info ??= new RegexInfo(regex.source, regex.flags);
    ev.regexInfo(regex, info);
    return regex;
  };
}
