import { throwType } from "../evaluate/errors.ts";
import type { Evaluation } from "../evaluate/evaluation.ts";
import { Intrinsic } from "../evaluate/functions.ts";
import { elementsOf, notIterable } from "../evaluate/iterate.ts";
import { typed } from "../evaluate/shown.ts";
import { checkWrite } from "../evaluate/writes.ts";
import type { Value } from "../values.ts";
import { callback, methods, statics } from "./define.ts";
import { mapGroupBy } from "./group.ts";
import { entryOf } from "./object.ts";

function writable(ev: Evaluation, self: object, method: string): void {
  checkWrite(ev, self, () => `${method}() changes the collection`);
}

export const MAP_METHODS = methods<Map<Value, Value>>("Map", {
  clear: (ev, self) => {
    writable(ev, self, "clear");
    self.clear();
    return undefined;
  },
  delete: (ev, self, args) => {
    writable(ev, self, "delete");
    return self.delete(args[0]);
  },
  entries: (_ev, self) => self.entries(),
  forEach: (ev, self, args) => {
    self.forEach(callback(ev, args[0], typed));
    return undefined;
  },
  get: (_ev, self, args) => self.get(args[0]),
  has: (_ev, self, args) => self.has(args[0]),
  keys: (_ev, self) => self.keys(),
  set: (ev, self, args) => {
    writable(ev, self, "set");
    self.set(args[0], args[1]);
    ev.room(self.size > 1_000_000 ? self.size : 4);
    return self;
  },
  values: (_ev, self) => self.values(),
});

export const SET_METHODS = methods<Set<Value>>("Set", {
  add: (ev, self, args) => {
    writable(ev, self, "add");
    self.add(args[0]);
    ev.room(self.size > 1_000_000 ? self.size : 4);
    return self;
  },
  clear: (ev, self) => {
    writable(ev, self, "clear");
    self.clear();
    return undefined;
  },
  delete: (ev, self, args) => {
    writable(ev, self, "delete");
    return self.delete(args[0]);
  },
  entries: (_ev, self) => self.entries(),
  forEach: (ev, self, args) => {
    self.forEach(callback(ev, args[0], typed));
    return undefined;
  },
  has: (_ev, self, args) => self.has(args[0]),
  keys: (_ev, self) => self.keys(),
  values: (_ev, self) => self.values(),
});

export const ITERATOR_METHODS = methods<Iterator<Value>>("Iterator", {
  next: (ev, self) => ev.own(self.next()),
});

function items(ev: Evaluation, source: Value): Value[] {
  return source === undefined || source === null ? [] : elementsOf(ev, source, () => notIterable(source));
}

export const MAP = new Intrinsic("Map", {
  native: Map,
  construct: (ev, args) => {
    const map = ev.own(new Map<Value, Value>());
    for (const item of items(ev, args[0])) {
      map.set(...entryOf(item));
    }
    return map;
  },
  run: () => throwType("Constructor Map requires 'new'"),
  members: statics("Map", { groupBy: mapGroupBy }),
});

export const SET = new Intrinsic("Set", {
  native: Set,
  construct: (ev, args) => {
    const set = ev.own(new Set<Value>());
    for (const item of items(ev, args[0])) {
      set.add(item);
    }
    return set;
  },
  run: () => throwType("Constructor Set requires 'new'"),
});
