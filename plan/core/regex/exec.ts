import type { RegexInfo } from "./info.ts";
import { type Captures, type Mode, matchAt, splitsPair } from "./match.ts";

type Spend = (units: number) => void;

/**
 * A regular expression whose matches are found by the metered matcher. The engine's own replace, split, match and search
 * call `exec` and construct their helpers from the same class, so their semantics stay the engine's.
 */
export function meteredRegExp(info: RegexInfo, spend: Spend): RegExp {
  class Metered extends RegExp {
    override exec(text: string): RegExpExecArray | null {
      return execMetered(this, info, text, spend);
    }
  }
  return new Metered(info.source, info.flags);
}

/** ECMAScript RegExpBuiltinExec. */
function execMetered(regex: RegExp, info: RegexInfo, text: string, spend: Spend): RegExpExecArray | null {
  const moves = regex.global || regex.sticky;
  const unicode = regex.unicode || regex.flags.includes("v");
  const mode: Mode = { unicode, multiline: regex.multiline, ignoreCase: regex.ignoreCase };
  let first = moves ? regex.lastIndex : 0;
  // V8 goes back from the middle of a pair, but tries the middle of later ones (where only an empty match can be)
  if (unicode && splitsPair(text, first)) {
    first--;
  }
  for (let at = first; at <= text.length; at++) {
    const captures = matchAt(info.program(), text, at, mode, spend);
    if (captures !== undefined) {
      if (moves) {
        regex.lastIndex = captures[1] ?? 0;
      }
      return matchArray(regex, info, text, captures);
    }
    if (regex.sticky) {
      break;
    }
  }
  if (moves) {
    regex.lastIndex = 0;
  }
  return null;
}

function matchArray(regex: RegExp, info: RegexInfo, text: string, captures: Captures): RegExpExecArray {
  const texts: (string | undefined)[] = [];
  const pairs: ([number, number] | undefined)[] = [];
  for (let i = 0; i < captures.length; i += 2) {
    const from = captures[i] ?? -1;
    const to = captures[i + 1] ?? -1;
    const part = from >= 0 && to >= 0;
    texts.push(part ? text.slice(from, to) : undefined);
    pairs.push(part ? [from, to] : undefined);
  }
  const names = info.program().names;
  const named = <T>(list: readonly T[]): Record<string, T> | undefined => {
    if (names.length === 0) {
      return undefined;
    }
    const out = Object.create(null) as Record<string, T>;
    for (const [name, number] of names) {
      out[name] = list[number] as T;
    }
    return out;
  };
  const match = Object.assign(texts, { index: captures[0] ?? 0, input: text, groups: named(texts) });
  if (regex.hasIndices) {
    Object.assign(match, { indices: Object.assign(pairs, { groups: named(pairs) }) });
  }
  return match as unknown as RegExpExecArray;
}
