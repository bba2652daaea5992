import { joinText, toInteger, toNumber, toText } from "../evaluate/coerce.ts";
import { Thrown, throwType } from "../evaluate/errors.ts";
import type { Evaluation } from "../evaluate/evaluation.ts";
import { isCallable } from "../evaluate/functions.ts";
import { strictEquals } from "../evaluate/operators.ts";
import { shown } from "../evaluate/shown.ts";
import { checkWrite } from "../evaluate/writes.ts";
import { limits } from "../limits.ts";
import { Handle, type Value } from "../values.ts";
import { callback, index, type Method, methods } from "./define.ts";

type ArrayMethod = Method<Value[]>;

/** Pays for walking over the whole array. */
function walk(ev: Evaluation, self: readonly Value[]): void {
  ev.spend(self.length >> 2);
}

function writable(ev: Evaluation, self: Value[], method: string): void {
  checkWrite(ev, self, () => `${method}() changes the array in place`);
}

function search(find: (self: Value[], args: Value[]) => Value): ArrayMethod {
  return (ev, self, args) => {
    walk(ev, self);
    const [wanted, from] = args;
    if (wanted instanceof Handle) {
      const at = self.findIndex((item) => strictEquals(ev, item, wanted));
      return find(self, [at < 0 ? wanted : self[at]]);
    }
    return find(self, args.length > 1 ? [wanted, toInteger(ev, from)] : [wanted]);
  };
}

/** A method that hands each element to a callback. */
function each(run: (self: Value[], visit: (...args: Value[]) => Value) => Value): ArrayMethod {
  return (ev, self, args) => {
    walk(ev, self);
    return run(self, callback(ev, args[0]));
  };
}

/** The same, where the result is a new array. */
function eachNew(run: (self: Value[], visit: (...args: Value[]) => Value) => Value[]): ArrayMethod {
  return (ev, self, args) => {
    walk(ev, self);
    return ev.array(run(self, callback(ev, args[0])));
  };
}

function reducer(name: "reduce" | "reduceRight"): ArrayMethod {
  return (ev, self, args) => {
    walk(ev, self);
    const visit = callback(ev, args[0]);
    if (args.length > 1) {
      return self[name](visit, args[1]);
    }
    if (!self.some(() => true)) {
      return throwType("Reduce of empty array with no initial value");
    }
    return self[name](visit);
  };
}

/** The comparator for the engine's sort: numbers as ToNumber gives them, texts where there is no comparator. */
function comparator(ev: Evaluation, compare: Value): (a: Value, b: Value) => number {
  if (compare !== undefined && !isCallable(compare)) {
    return throwType("The comparison function must be either a function or undefined");
  }
  if (compare !== undefined) {
    const run = callback(ev, compare);
    return (a, b) => toNumber(ev, run(a, b));
  }
  return (a, b) => {
    ev.spend(1);
    const left = toText(ev, a);
    const right = toText(ev, b);
    return left < right ? -1 : left > right ? 1 : 0;
  };
}

function flatten(ev: Evaluation, from: readonly Value[], depth: number, into: Value[]): Value[] {
  ev.enter(10);
  from.forEach((item) => {
    ev.spend(1);
    if (Array.isArray(item) && depth >= 1) {
      flatten(ev, item, depth - 1, into);
    } else {
      into.push(item);
      if ((into.length & 1023) === 0) {
        ev.room(into.length);
      }
    }
  });
  ev.depth -= 10;
  return into;
}

function grow(ev: Evaluation, self: Value[], by: number): void {
  ev.room(by);
  if (self.length + by > limits.array) {
    ev.room(self.length + by);
  }
}

const READING: Readonly<Record<string, ArrayMethod>> = {
  at: (ev, self, args) => self.at(toInteger(ev, args[0])),
  concat: (ev, self, args) => {
    ev.room(args.reduce((sum: number, arg) => sum + (Array.isArray(arg) ? arg.length : 1), self.length));
    return ev.own(self.concat(...args));
  },
  entries: (_ev, self) => self.entries(),
  every: each((self, visit) => self.every(visit)),
  filter: eachNew((self, visit) => self.filter(visit)),
  find: each((self, visit) => self.find(visit)),
  findIndex: each((self, visit) => self.findIndex(visit)),
  findLast: each((self, visit) => self.findLast(visit)),
  findLastIndex: each((self, visit) => self.findLastIndex(visit)),
  flat: (ev, self, args) =>
    ev.array(flatten(ev, self, args[0] === undefined ? 1 : toInteger(ev, args[0]), [])),
  flatMap: (ev, self, args) => {
    if (!isCallable(args[0])) {
      return throwType("flatMap mapper function is not callable");
    }
    return ev.array(flatten(ev, self.map(callback(ev, args[0])), 1, []));
  },
  forEach: each((self, visit) => self.forEach(visit)),
  includes: search((self, args) => self.includes(...(args as [Value]))),
  indexOf: search((self, args) => self.indexOf(...(args as [Value]))),
  join: (ev, self, args) => {
    const separator = args[0] === undefined ? "," : toText(ev, args[0]);
    return joinText(ev, self, separator, new Set());
  },
  keys: (_ev, self) => self.keys(),
  lastIndexOf: search((self, args) => self.lastIndexOf(...(args as [Value]))),
  map: eachNew((self, visit) => self.map(visit)),
  reduce: reducer("reduce"),
  reduceRight: reducer("reduceRight"),
  slice: (ev, self, args) => ev.array(self.slice(index(ev, args[0]), index(ev, args[1]))),
  some: each((self, visit) => self.some(visit)),
  toReversed: (ev, self) => ev.array(self.toReversed()),
  toSorted: (ev, self, args) => {
    const compare = comparator(ev, args[0]);
    ev.room(self.length * 4);
    return ev.own(self.toSorted(compare));
  },
  toSpliced: (ev, self, args) => {
    grow(ev, self, args.length);
    return ev.array(splice(ev, [...self], args).array);
  },
  toString: (ev: Evaluation, self: Value[]) => joinText(ev, self, ",", new Set()),
  values: (_ev, self) => self.values(),
  with: (ev, self, args) => {
    const at = toInteger(ev, args[0]);
    const place = at < 0 ? self.length + at : at;
    if (!(place >= 0 && place < self.length)) {
      throw new Thrown(new RangeError(`Invalid index : ${shown(args[0])}`), true);
    }
    return ev.array(self.with(place, args[1]));
  },
};

function splice(
  ev: Evaluation,
  array: Value[],
  args: readonly Value[],
): { array: Value[]; removed: Value[] } {
  const [start, count, ...items] = args;
  if (args.length === 0) {
    return { array, removed: [] };
  }
  const from = toInteger(ev, start);
  const removed = args.length === 1 ? array.splice(from) : array.splice(from, toInteger(ev, count), ...items);
  return { array, removed };
}

const WRITING: Readonly<Record<string, ArrayMethod>> = {
  copyWithin: (ev, self, args) => {
    writable(ev, self, "copyWithin");
    walk(ev, self);
    return self.copyWithin(toInteger(ev, args[0]), toInteger(ev, args[1]), index(ev, args[2]));
  },
  fill: (ev, self, args) => {
    writable(ev, self, "fill");
    walk(ev, self);
    return self.fill(args[0], index(ev, args[1]), index(ev, args[2]));
  },
  pop: (ev, self) => {
    writable(ev, self, "pop");
    return self.pop();
  },
  push: (ev, self, args) => {
    writable(ev, self, "push");
    grow(ev, self, args.length);
    return self.push(...args);
  },
  reverse: (ev, self) => {
    writable(ev, self, "reverse");
    walk(ev, self);
    return self.reverse();
  },
  shift: (ev, self) => {
    writable(ev, self, "shift");
    walk(ev, self);
    return self.shift();
  },
  sort: (ev, self, args) => {
    const compare = comparator(ev, args[0]);
    writable(ev, self, "sort");
    ev.room(self.length);
    return self.sort(compare);
  },
  splice: (ev, self, args) => {
    writable(ev, self, "splice");
    walk(ev, self);
    grow(ev, self, args.length);
    return ev.own(splice(ev, self, args).removed);
  },
  unshift: (ev, self, args) => {
    writable(ev, self, "unshift");
    walk(ev, self);
    grow(ev, self, args.length);
    return self.unshift(...args);
  },
};

export const ARRAY_METHODS = methods<Value[]>("Array", { ...READING, ...WRITING });
