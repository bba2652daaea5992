import type { Span } from "../ast.ts";
import { limits } from "../limits.ts";
import { RegexInfo } from "../regex/info.ts";
import type { Env, Reader, Value } from "../values.ts";
import { limitError } from "./errors.ts";

const DEPTH_MESSAGE = "recursion is too deep";

/** One run of one residual: its reader, what it may still spend, and what it has allocated. */
export class Evaluation {
  readonly reader: Reader;
  /** IANA name of the zone that local Date methods use. */
  readonly timeZone: string;
  fuel: number = limits.fuel;
  depth = 0;
  /** How many `try` blocks are being run: what fails inside one is for its handler, not for whoever reads it later. */
  trying = 0;
  /** The text that is evaluated; the spans of closures from other texts mean nothing in it. */
  unit: object | undefined;
  /** Where in it the evaluation last did something that can fail. */
  at: Span | undefined;
  /** What is known of the regular expressions it has searched with. */
  private searched: Map<RegExp, RegexInfo> | undefined;
  private owned: Set<object> | undefined;

  constructor(reader: Reader, timeZone: string) {
    this.reader = reader;
    this.timeZone = timeZone;
  }

  mark(unit: object, span: Span | undefined): void {
    if (unit === this.unit) {
      this.at = span;
    }
  }

  spend(units: number): void {
    this.fuel -= units;
    if (this.fuel < 0) {
      limitError(`more than ${limits.fuel} steps`);
    }
  }

  enter(nest: number): void {
    this.depth += nest;
    if (this.depth > limits.depth) {
      limitError(DEPTH_MESSAGE);
    }
  }

  /** Notes that this evaluation allocated `value` and may write to it. */
  own<T extends object>(value: T): T {
    this.owned ??= new Set();
    this.owned.add(value);
    return value;
  }

  /** Gives up the right to write: Object.freeze. */
  disown(value: object): void {
    this.owned?.delete(value);
  }

  /** What is known of a regular expression, for as long as the evaluation lasts. */
  regexInfo(regex: RegExp, known?: RegexInfo): RegexInfo {
    this.searched ??= new Map();
    const info = known ?? this.searched.get(regex) ?? new RegexInfo(regex.source, regex.flags);
    this.searched.set(regex, info);
    return info;
  }

  owns(value: object): boolean {
    return this.owned?.has(value) === true;
  }

  /** Checks and pays for a string made by the program. */
  text(value: string): string {
    if (value.length > 64) {
      this.textOf(value.length);
    }
    return value;
  }

  /** As `text`, before the string exists. */
  textOf(length: number): void {
    this.fits(length);
    this.spend(length >> 6);
  }

  /** Only checks the length of a string that is growing. */
  fits(length: number): void {
    if (length > limits.string) {
      limitError(`a text of more than ${limits.string} characters`);
    }
  }

  /** Checks and pays for an array or collection of `length` elements before it exists. */
  room(length: number): void {
    if (length > limits.array) {
      limitError(`more than ${limits.array} elements`);
    }
    this.spend(length >> 2);
  }

  /** An array made by the program. */
  array(value: Value[]): Value[] {
    this.room(value.length);
    return this.own(value);
  }
}

/** The variables of one activation: a header, then one slot a binding. */
export type Frame = unknown[];
export const EVALUATION = 0;
export const ENV = 1;
export const CAPTURES = 2;
export const RETURN = 3;
export const FIRST_SLOT = 4;

/** Compiled code. An expression gives its value, a statement its Completion. */
export type Code = (f: Frame) => Value;

export function evaluationOf(f: Frame): Evaluation {
  return f[EVALUATION] as Evaluation;
}

export function envOf(f: Frame): Env {
  return f[ENV] as Env;
}

/** What a binding holds before its declaration has run. */
export const UNINITIALISED: unique symbol = Symbol("uninitialised");

/** A binding that a closure captures. It may be assigned only by the evaluation that made it. */
export class Box {
  value: Value;
  readonly owner: Evaluation;
  constructor(value: Value, owner: Evaluation) {
    this.value = value;
    this.owner = owner;
  }
}
