import { toInteger, toNumber } from "../evaluate/coerce.ts";
import { throwType } from "../evaluate/errors.ts";
import type { Evaluation } from "../evaluate/evaluation.ts";
import { Closure, call, Intrinsic, isCallable, type Native } from "../evaluate/functions.ts";
import { shown } from "../evaluate/shown.ts";
import type { Value } from "../values.ts";

/** A method of a receiver type whose values are `Self`. */
export type Method<Self> = (ev: Evaluation, self: Self, args: readonly Value[]) => Value;

export type MethodTable = ReadonlyMap<string, Intrinsic>;

/** The methods of one receiver type. The dispatcher has made sure of the receiver. */
export function methods<Self>(owner: string, table: Readonly<Record<string, Method<Self>>>): MethodTable {
  return new Map(
    Object.entries(table).map(([name, run]) => [
      name,
      new Intrinsic(`${owner}.prototype.${name}`, { run: run as Native, method: true }),
    ]),
  );
}

/** A function that stands by itself, as `parseInt`, or in a namespace, as `Object.keys`. */
export function fn(name: string, run: (ev: Evaluation, args: readonly Value[]) => Value): Intrinsic {
  return new Intrinsic(name, { run: (ev, _self, args) => run(ev, args) });
}

/** Functions of a namespace. */
export function statics(
  owner: string,
  table: Readonly<Record<string, (ev: Evaluation, args: readonly Value[]) => Value>>,
): Record<string, Intrinsic> {
  return Object.fromEntries(Object.entries(table).map(([name, run]) => [name, fn(`${owner}.${name}`, run)]));
}

/** The argument as a function for the engine; a TypeError as V8 words it where it is none. */
export function callback(
  ev: Evaluation,
  value: Value,
  show: (value: Value) => string = shown,
  nest = 8,
): (...args: Value[]) => Value {
  if (!isCallable(value)) {
    return throwType(`${show(value)} is not a function`);
  }
  if (value instanceof Closure && value.code.simple > 0 && value.code.simple < 2) {
    // most callbacks take the element only: the others need not travel
    return (first) => callBack(ev, value, [first], nest);
  }
  return (...args) => callBack(ev, value, args, nest);
}

/** A call from inside the engine, whose own frames count as `nest` levels of ours. */
function callBack(ev: Evaluation, fn: Value, args: readonly Value[], nest: number): Value {
  ev.enter(nest);
  const result = call(ev, fn, undefined, args, notCalled);
  ev.depth -= nest;
  return result;
}

function notCalled(): string {
  return "not a function";
}

/** An index argument: undefined stays, so that the engine's own default holds. */
export function index(ev: Evaluation, value: Value): number | undefined {
  return value === undefined ? undefined : toInteger(ev, value);
}

export function numberOr(ev: Evaluation, value: Value, otherwise: number): number {
  return value === undefined ? otherwise : toNumber(ev, value);
}
