import { toInteger, toText } from "../evaluate/coerce.ts";
import { forbidden, limitError, native, throwType } from "../evaluate/errors.ts";
import type { Evaluation } from "../evaluate/evaluation.ts";
import { isCallable } from "../evaluate/functions.ts";
import { checkWrite } from "../evaluate/writes.ts";
import { meteredRegExp } from "../regex/exec.ts";
import { isShort } from "../regex/policy.ts";
import type { Value } from "../values.ts";
import { callback, type Method } from "./define.ts";

/**
 * Searches with an expression: in the engine where no text of this length can take long, else with the metered matcher.
 * A search moves `lastIndex` of a global or sticky expression, so that has to be one's own unless `free`.
 */
export function searching<T>(
  ev: Evaluation,
  regex: RegExp,
  text: string,
  run: (regex: RegExp) => T,
  free = false,
): T {
  ev.spend(1 + (text.length >> 4));
  const moves = regex.global || regex.sticky;
  if (moves && !free) {
    checkWrite(ev, regex, () => "a search with a global regular expression moves its lastIndex");
  }
  const info = ev.regexInfo(regex);
  if (isShort(info.growth(), text.length)) {
    return run(regex);
  }
  if (regex.flags.includes("v")) {
    return forbidden("a regular expression with the v flag that could take long");
  }
  const metered = meteredRegExp(info, (units) => ev.spend(units));
  if (moves) {
    metered.lastIndex = toLength(ev, regex.lastIndex);
  }
  const result = run(metered);
  if (moves && !free) {
    regex.lastIndex = metered.lastIndex;
  }
  return result;
}

/** `match` and `replace` set `lastIndex` of a global expression to 0 and leave it there: where it is 0 nothing changes. */
function startsOver(regex: RegExp): boolean {
  return regex.global && regex.lastIndex === 0;
}

function toLength(ev: Evaluation, value: Value): number {
  return Math.max(0, Math.min(toInteger(ev, value), Number.MAX_SAFE_INTEGER));
}

/** Notes the arrays that a match is made of. */
export function ownMatch<T extends Value>(ev: Evaluation, match: T): T {
  if (typeof match === "object" && match !== null) {
    ev.own(match);
    const { groups, indices } = match as { groups?: object; indices?: object };
    if (groups !== undefined) {
      ev.own(groups);
    }
    if (indices !== undefined) {
      ev.own(indices);
    }
  }
  return match;
}

/** The replacement: a text with `$` signs, or a callback whose result is made a text. */
function replacement(ev: Evaluation, value: Value): (run: (by: never) => string) => string {
  // The texts that were put in, before the engine joins them to one that may be too long for it.
  let length = 0;
  const putIn = (text: string): string => {
    length += text.length;
    ev.fits(length);
    return ev.text(text);
  };
  if (!isCallable(value)) {
    const text = toText(ev, value);
    return (run) => joining(() => run((text.includes("$") ? text : () => putIn(text)) as never));
  }
  const by = callback(ev, value, undefined, 60);
  return (run) => joining(() => run(((...args: Value[]) => putIn(toText(ev, by(...args)))) as never));
}

/** Replaces in the engine, which has a limit of its own for the length of a text. */
function joining(run: () => string): string {
  try {
    return run();
  } catch (error) {
    if (error instanceof RangeError && error.message === "Invalid string length")
      return limitError("a text that is longer than the engine allows");
    throw error;
  }
}

function replace(name: "replace" | "replaceAll"): Method<string> {
  return (ev, self, args) => {
    const [pattern, by] = args;
    if (pattern instanceof RegExp) {
      if (name === "replaceAll" && !pattern.global) {
        return throwType("String.prototype.replaceAll called with a non-global RegExp argument");
      }
      const put = replacement(ev, by);
      const run = (regex: RegExp) => put((text) => self[name](regex, text));
      return ev.text(searching(ev, pattern, self, run, startsOver(pattern)));
    }
    const text = toText(ev, pattern);
    ev.spend(self.length >> 4);
    return ev.text(replacement(ev, by)((run) => self[name](text, run)));
  };
}

function toRegex(value: Value, flags: string, ev: Evaluation): RegExp {
  const source = value === undefined ? "" : toText(ev, value);
  return ev.own(native(() => new RegExp(source, flags)));
}

/** The methods of strings that take a regular expression. */
export const REGEX_STRING_METHODS: Readonly<Record<string, Method<string>>> = {
  match: (ev, self, args) => {
    const regex = args[0] instanceof RegExp ? args[0] : toRegex(args[0], "", ev);
    return ownMatch(
      ev,
      searching(ev, regex, self, (engine) => self.match(engine), startsOver(regex)),
    );
  },
  matchAll: (ev, self, args) => {
    if (args[0] instanceof RegExp && !args[0].global) {
      return throwType("String.prototype.matchAll called with a non-global RegExp argument");
    }
    const regex = args[0] instanceof RegExp ? args[0] : toRegex(args[0], "g", ev);
    return searching(ev, regex, self, (engine) => self.matchAll(engine), true);
  },
  replace: replace("replace"),
  replaceAll: replace("replaceAll"),
  search: (ev, self, args) => {
    const regex = args[0] instanceof RegExp ? args[0] : toRegex(args[0], "", ev);
    const fresh = new RegExp(regex.source, regex.flags);
    return searching(ev, fresh, self, (engine) => self.search(engine), true);
  },
  split: (ev, self, args) => {
    const [by, limit] = args;
    const most = limit === undefined ? undefined : toInteger(ev, limit);
    ev.spend(self.length >> 2);
    if (by instanceof RegExp) {
      return ev.array(searching(ev, by, self, (engine) => self.split(engine, most), true));
    }
    const separator = by === undefined ? undefined : toText(ev, by);
    return ev.array(self.split(separator as string, most));
  },
};
