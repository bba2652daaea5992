import { toText } from "../evaluate/coerce.ts";
import { native } from "../evaluate/errors.ts";
import type { Evaluation } from "../evaluate/evaluation.ts";
import { Intrinsic } from "../evaluate/functions.ts";
import { methods } from "./define.ts";
import { ownMatch, searching } from "./regexp-string.ts";

export const REGEXP_METHODS = methods<RegExp>("RegExp", {
  exec: (ev, self, args) => {
    const text = toText(ev, args[0]);
    return ownMatch(
      ev,
      searching(ev, self, text, (engine) => engine.exec(text)),
    );
  },
  test: (ev, self, args) => {
    const text = toText(ev, args[0]);
    return searching(ev, self, text, (engine) => engine.test(text));
  },
  toString: (_ev: Evaluation, self: RegExp) => String(self),
});

export const REGEXP = new Intrinsic("RegExp", {
  native: RegExp,
  construct: (ev, args) => {
    const [pattern, flags] = args;
    const source =
      pattern instanceof RegExp ? pattern.source : pattern === undefined ? "" : toText(ev, pattern);
    const kept = pattern instanceof RegExp ? pattern.flags : "";
    const chosen = flags === undefined ? kept : toText(ev, flags);
    return ev.own(native(() => new RegExp(source, chosen)));
  },
});
