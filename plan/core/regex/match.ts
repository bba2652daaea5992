import type { Program, Step } from "./program.ts";

/** How the text is read: with `u` by code points; with `m` lines have ends of their own. */
export interface Mode {
  readonly unicode: boolean;
  readonly multiline: boolean;
  readonly ignoreCase: boolean;
}

/** The captures of a match, two positions a group, -1 where a group took no part. */
export type Captures = readonly number[];

interface State {
  readonly pc: number;
  readonly at: number;
  readonly captures: Captures;
  readonly counters: readonly number[];
}

/** Tries a match at one position. Backtracks on a stack of its own and pays `spend` for every step. */
export function matchAt(
  program: Program,
  text: string,
  start: number,
  mode: Mode,
  spend: (units: number) => void,
): Captures | undefined {
  const run = (from: State): State | undefined => {
    const stack: State[] = [from];
    for (let state = stack.pop(); state !== undefined; state = stack.pop()) {
      const end = walk(state, stack);
      if (end !== undefined) {
        return end;
      }
    }
    return undefined;
  };

  /** Follows one way until it fails or is done; other ways are left on the stack. */
  const walk = (from: State, stack: State[]): State | undefined => {
    let { pc, at, captures, counters } = from;
    for (;;) {
      spend(1);
      const step = program.steps[pc] as Step;
      switch (step.op) {
        case "done":
          return { pc, at, captures, counters };
        case "char": {
          const code = step.back ? before(text, at, mode.unicode) : after(text, at, mode.unicode);
          if (code < 0 || !step.test(code)) {
            return undefined;
          }
          const width = code > 0xffff ? 2 : 1;
          at += step.back ? -width : width;
          pc++;
          break;
        }
        case "save":
          captures = put(captures, step.slot, at);
          spend(captures.length >> 2);
          pc++;
          break;
        case "split":
          stack.push({ pc: step.to, at, captures, counters });
          pc++;
          break;
        case "jump":
          pc = step.to;
          break;
        case "assert":
          if (!holds(step.kind, text, at, mode)) {
            return undefined;
          }
          pc++;
          break;
        case "look": {
          const found = run({ pc: pc + 1, at, captures, counters });
          if ((found === undefined) !== step.negate) {
            return undefined;
          }
          captures = found === undefined ? captures : found.captures;
          pc = step.to;
          break;
        }
        case "back": {
          const next = backreference(step, program, text, at, captures, mode, spend);
          if (next < 0) {
            return undefined;
          }
          at = next;
          pc++;
          break;
        }
        case "forget": {
          const { from: first, to: last } = step;
          captures = captures.map((value, i) => (i >= first && i < last ? -1 : value));
          spend(captures.length >> 2);
          pc++;
          break;
        }
        case "zero":
          counters = put(put(counters, step.counter, 0), step.counter + 1, -1);
          pc++;
          break;
        case "loop": {
          const count = counters[step.counter] ?? 0;
          const inside = { pc: pc + 1, at, captures, counters: put(counters, step.counter + 1, at) };
          const outside = { pc: step.to, at, captures, counters };
          spend(counters.length >> 2);
          if (count < step.min) {
            ({ pc, counters } = inside);
          } else if (count >= step.max) {
            pc = step.to;
          } else if (step.greedy) {
            stack.push(outside);
            ({ pc, counters } = inside);
          } else {
            stack.push(inside);
            pc = step.to;
          }
          break;
        }
        case "again": {
          const count = (counters[step.counter] ?? 0) + 1;
          // an empty time round that was not required leads nowhere
          if (count > step.min && counters[step.counter + 1] === at) {
            return undefined;
          }
          counters = put(counters, step.counter, count);
          pc = step.head;
          break;
        }
        default:
          return step satisfies never;
      }
    }
  };

  const captures: number[] = new Array(program.slots).fill(-1);
  const end = run({ pc: 0, at: start, captures, counters: new Array(program.counters).fill(0) });
  return end && put(put(end.captures, 0, start), 1, end.at);
}

function put(list: readonly number[], index: number, value: number): readonly number[] {
  const copy = list.slice();
  copy[index] = value;
  return copy;
}

/** Whether a position lies between the halves of a surrogate pair. */
export function splitsPair(text: string, at: number): boolean {
  return at > 0 && (text.codePointAt(at - 1) ?? 0) > 0xffff;
}

function after(text: string, at: number, unicode: boolean): number {
  if (at >= text.length || (unicode && splitsPair(text, at))) {
    return -1;
  }
  return unicode ? (text.codePointAt(at) ?? -1) : text.charCodeAt(at);
}

function before(text: string, at: number, unicode: boolean): number {
  if (at <= 0 || (unicode && splitsPair(text, at))) {
    return -1;
  }
  return unicode && splitsPair(text, at - 1) ? (text.codePointAt(at - 2) ?? -1) : text.charCodeAt(at - 1);
}

const LINE_END = /[\n\r\u2028\u2029]/;

function holds(kind: Extract<Step, { op: "assert" }>["kind"], text: string, at: number, mode: Mode): boolean {
  switch (kind) {
    case "start":
      return at === 0 || (mode.multiline && LINE_END.test(text[at - 1] ?? ""));
    case "end":
      return at === text.length || (mode.multiline && LINE_END.test(text[at] ?? ""));
    case "word":
      return isWord(text, at - 1, mode) !== isWord(text, at, mode);
    case "notWord":
      return isWord(text, at - 1, mode) === isWord(text, at, mode);
    default:
      return kind satisfies never;
  }
}

function isWord(text: string, at: number, mode: Mode): boolean {
  const char = text[at] ?? "";
  // with `iu`, ſ and K fold to s and k
  return mode.unicode && mode.ignoreCase ? /^[\w\u017f\u212a]$/.test(char) : /^\w$/.test(char);
}

/** Where the text goes on after what a group has matched; -1 where it does not. */
function backreference(
  step: Extract<Step, { op: "back" }>,
  program: Program,
  text: string,
  at: number,
  captures: Captures,
  mode: Mode,
  spend: (units: number) => void,
): number {
  const group = step.group.find(
    (number) => (captures[number * 2] ?? -1) >= 0 && (captures[number * 2 + 1] ?? -1) >= 0,
  );
  if (group === undefined) {
    return at;
  }
  const from = captures[group * 2] ?? 0;
  const length = (captures[group * 2 + 1] ?? 0) - from;
  const start = step.back ? at - length : at;
  if (start < 0 || start + length > text.length) {
    return -1;
  }
  spend(length);
  for (let i = 0; i < length; ) {
    const left = after(text, from + i, mode.unicode);
    const right = after(text, start + i, mode.unicode);
    if (!program.same(left, right)) {
      return -1;
    }
    i += left > 0xffff ? 2 : 1;
  }
  return step.back ? start : start + length;
}
