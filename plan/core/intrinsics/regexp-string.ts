import { toInteger, toText } from "../evaluate/coerce.ts";
import { native, throwType } from "../evaluate/errors.ts";
import type { Evaluation } from "../evaluate/evaluation.ts";
import { isCallable } from "../evaluate/functions.ts";
import { checkWrite } from "../evaluate/writes.ts";
import type { Value } from "../values.ts";
import { callback, type Method } from "./define.ts";

/** A search writes `lastIndex` of a global or sticky expression: only of one's own. */
export function prepare(ev: Evaluation, regex: RegExp, subject: string): void {
  ev.spend(subject.length >> 4);
  if (regex.global || regex.sticky) {
    checkWrite(ev, regex, () => "a search with a global regular expression moves its lastIndex");
  }
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
  if (!isCallable(value)) {
    const text = toText(ev, value);
    return (run) => run(text as never);
  }
  const by = callback(ev, value);
  return (run) =>
    run(((...args: Value[]) => {
      const text = toText(ev, by(...args));
      ev.text(text);
      return text;
    }) as never);
}

function replace(name: "replace" | "replaceAll"): Method<string> {
  return (ev, self, args) => {
    const [pattern, by] = args;
    if (pattern instanceof RegExp) {
      if (name === "replaceAll" && !pattern.global) {
        return throwType("replaceAll must be called with a global RegExp");
      }
      prepare(ev, pattern, self);
      return ev.text(replacement(ev, by)((run) => self[name](pattern, run)));
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
    prepare(ev, regex, self);
    return ownMatch(ev, self.match(regex));
  },
  matchAll: (ev, self, args) => {
    if (args[0] instanceof RegExp && !args[0].global) {
      return throwType("String.prototype.matchAll called with a non-global RegExp argument");
    }
    const regex = args[0] instanceof RegExp ? args[0] : toRegex(args[0], "g", ev);
    ev.spend(self.length >> 4);
    return self.matchAll(regex);
  },
  replace: replace("replace"),
  replaceAll: replace("replaceAll"),
  search: (ev, self, args) => {
    const regex = args[0] instanceof RegExp ? args[0] : toRegex(args[0], "", ev);
    ev.spend(self.length >> 4);
    return self.search(new RegExp(regex.source, regex.flags));
  },
  split: (ev, self, args) => {
    const [by, limit] = args;
    const most = limit === undefined ? undefined : toInteger(ev, limit);
    const separator = by === undefined || by instanceof RegExp ? by : toText(ev, by);
    ev.spend(self.length >> 2);
    return ev.array(self.split(separator as string, most));
  },
};
