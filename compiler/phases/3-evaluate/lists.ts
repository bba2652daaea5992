/**
 * List methods where elements or components are involved. A list of data becomes an `each`, whatever its length
 * (COMPILER 14); only a list whose members are structural themselves is unrolled.
 */
import type * as Core from "../../../plan/core/ast.ts";
import { apply } from "./calls.ts";
import { choose, mapChoices, under } from "./choice.ts";
import { arrowOf, call, memberOf, nameOf } from "./core.ts";
import { eachOf } from "./each.ts";
import { spreadInto } from "./evaluate.ts";
import { makesInstances, reenters } from "./makers.ts";
import { holdsSchema, reify } from "./reify.ts";
import { isStructural, nullish, truth } from "./shape.ts";
import { Bail, type Evaluation } from "./state.ts";
import {
  type ArrayValue,
  array,
  known,
  type ObjectValue,
  object,
  residual,
  type SpreadItem,
  UNDEFINED,
  type Value,
} from "./value.ts";
import { makesSchemas } from "./zod-makers.ts";

type Item = Value | SpreadItem;

/** `Object.entries(x)` and kin on structural values; undefined where the call can stay as it is. */
export function globalMethod(
  ev: Evaluation,
  global: string,
  name: string,
  args: readonly Item[],
  span: Core.Span | undefined,
): Value | undefined {
  const [first, second] = args;
  if (!first || first.type === "SpreadItem" || second?.type === "SpreadItem") return undefined;
  const which = `${global}.${name}`;
  if (which === "Array.isArray") return isArray(ev, first);
  if (which === "Array.from" && second?.type === "Closure" && isStructural(second)) {
    if (isStructural(first)) throw new Bail("Array.from over structure", span);
    const source = call(memberOf(nameOf("Array"), "from"), reify(ev, first));
    return eachOf(ev, source, second, span);
  }
  if (which === "Object.fromEntries") return fromEntries(first);
  const apart = (x: Item): boolean => x.type !== "SpreadItem" && (isStructural(x) || holdsSchema(x));
  const given = which === "Object.assign" ? args : [first];
  if (first.type !== "Object" || !given.some(apart)) return undefined;
  switch (which) {
    case "Object.keys":
    case "Object.values":
    case "Object.entries":
      return entriesOf(first, name);
    case "Object.freeze":
      return first;
    case "Object.assign": {
      let props: Map<string, Value> | undefined = new Map(first.props);
      for (const arg of args.slice(1)) {
        props = props && arg.type !== "SpreadItem" ? spreadInto(ev, props, arg) : undefined;
      }
      return props && first.ref === undefined ? object(props) : undefined;
    }
    default:
      return undefined;
  }
}

const UNROLLED: ReadonlySet<string> = new Set(["map", "flatMap", "reduce"]);

/** `Object.keys`, `values` and `entries` of a known table; undefined for other functions. */
export function entriesOf(table: ObjectValue, name: string): ArrayValue | undefined {
  const entries = [...table.props];
  if (name === "keys") return array(entries.map(([key]) => known(key)));
  if (name === "values") return array(entries.map(([, value]) => value));
  if (name === "entries") return array(entries.map(([key, value]) => array([known(key), value])));
  return undefined;
}

/** A table of agents, elements or schemas built from a known list; undefined for data, which stays a call. */
function fromEntries(list: Value): Value | undefined {
  if (list.type !== "Array") return undefined;
  const entries: [string, Value][] = [];
  for (const item of list.items) {
    if (item.type !== "Array" || item.items.length !== 2) return undefined;
    const [key, value] = item.items;
    if (key?.type !== "Known" || !value || value.type === "SpreadItem") return undefined;
    entries.push([String(key.value), value]);
  }
  const worth = entries.some(
    ([, value]) => isStructural(value) || holdsSchema(value) || value.type === "Instance",
  );
  return worth ? object(entries) : undefined;
}

function isArray(ev: Evaluation, value: Value): Value | undefined {
  if (value.type === "Choice") return mapChoices(ev, value, (one) => isArray(ev, one) ?? UNDEFINED);
  if (value.type === "Array" || value.type === "Each") return known(true);
  if (value.type === "Residual")
    return value.facts.kind === "array" && value.facts.defined ? known(true) : undefined;
  if (value.type === "Select" || value.type === "Block" || value.type === "Poison") return undefined;
  return known(false);
}

/** `target.name(…)` where the target or a callback is structural; undefined where the call can stay as it is. */
export function listMethod(
  ev: Evaluation,
  target: Value,
  name: string,
  args: readonly Item[],
  span: Core.Span,
): Value | undefined {
  const [first] = args;
  const callback = first?.type === "Closure" ? first : undefined;
  if (target.type === "Array" && (isStructural(target) || holdsSchema(target)))
    return unrolled(ev, target, name, args, span);
  if (target.type === "Each") return ofEach(target, name, args, span);
  // Each call of a factory gives an agent of its own: a list that is known is walked.
  if (target.type === "Array" && callback && makesInstances(callback))
    return unrolled(ev, target, name, args, span);
  if (target.type === "Namespace" || target.type === "External" || target.type === "Object") return undefined;
  // Schemas are made while building: a list of them is as long as the list they are made from.
  if (target.type === "Array" && callback && UNROLLED.has(name) && makesSchemas(callback))
    return unrolled(ev, target, name, args, span);
  if (!callback || !isStructural(callback)) {
    if (target.type === "Array" && args.some((x) => isStructural(x.type === "SpreadItem" ? x.value : x)))
      return unrolled(ev, target, name, args, span);
    return undefined;
  }
  if (target.type !== "Residual" && target.type !== "Array") return undefined;
  if (
    target.type === "Array" &&
    UNROLLED.has(name) &&
    reenters(callback, new Set(ev.calls.map((x) => x.arrow)))
  )
    return unrolled(ev, target, name, args, span);
  if (name === "map" || name === "flatMap") return eachOf(ev, reify(ev, target), callback, span, target);
  if (target.type === "Array" && ["reduce", "find", "some", "every"].includes(name))
    return unrolled(ev, target, name, args, span);
  throw new Bail(`'.${name}()' that makes elements`, span);
}

function ofEach(
  target: Extract<Value, { type: "Each" }>,
  name: string,
  args: readonly Item[],
  span: Core.Span,
): Value {
  const [first] = args;
  if (name === "filter" && isTruthFilter(first)) return target;
  if (name === "flat" || name === "slice") {
    if (args.length === 0) return target;
  }
  if (name === "concat") return array([{ type: "SpreadItem", value: target }, ...concatItems(args)]);
  throw new Bail(`'.${name}()' of a list of elements`, span);
}

const concatItems = (args: readonly Item[]): Item[] =>
  args.map((arg) => {
    if (arg.type === "SpreadItem") throw new Bail("spread arguments");
    return arg.type === "Array" || arg.type === "Each" ? { type: "SpreadItem", value: arg } : arg;
  });

/** `filter(Boolean)`, `filter(x => x)`, `filter(x => !!x)`. */
function isTruthFilter(callback: Item | undefined): boolean {
  if (callback?.type === "Residual") return callback.expr.type === "Name" && callback.expr.name === "Boolean";
  if (callback?.type !== "Closure") return false;
  const { params, body } = callback.arrow;
  const [param] = params;
  if (param?.type !== "Name") return false;
  let at: unknown = body;
  while (typeof at === "object" && at && "op" in at && at.op === "!" && "arg" in at) at = at.arg;
  return typeof at === "object" && at !== null && "name" in at && at.name === param.name;
}

function unrolled(
  ev: Evaluation,
  target: ArrayValue,
  name: string,
  args: readonly Item[],
  span: Core.Span,
): Value {
  const [first, second] = args;
  const how = { optional: false, chain: null, span };
  const callback = (): Value => {
    if (!first || first.type === "SpreadItem") throw new Bail(`'.${name}()' without a callback`, span);
    return first;
  };
  const each = (body: (value: Value, index: number) => Item): Item[] =>
    target.items.map((item, n) => {
      if (item.type !== "SpreadItem") return body(item, n);
      if (takesIndex(callback())) throw new Bail("an index into a list of unknown length", span);
      return { type: "SpreadItem", value: spreadMap(ev, item.value, (one) => body(one, -1), span) };
    });
  const at = (value: Value, index: number): Value =>
    apply(ev, callback(), index < 0 ? [value] : [value, known(index), target], how);
  switch (name) {
    case "map":
      return array(each(at));
    case "flatMap":
      return array(
        each((value, n) => {
          const result = at(value, n);
          return result.type === "Array" || result.type === "Each"
            ? { type: "SpreadItem", value: result }
            : result;
        }).flatMap((item) =>
          item.type === "SpreadItem" && item.value.type === "Array" ? item.value.items : [item],
        ),
      );
    case "flat":
      return array(target.items.flatMap((x) => (x.type === "Array" ? x.items : [x])));
    case "filter":
      return array(isTruthFilter(first) ? target.items.flatMap(kept) : filtered(ev, target, at, span));
    case "concat":
      return array([...target.items, ...concatItems(args)].flatMap(opened));
    case "find": {
      let result: Value = UNDEFINED;
      for (const [n, item] of [...fixedItems(target, span).entries()].reverse()) {
        result = decide(ev, at(item, n), item, result);
      }
      return result;
    }
    case "some":
    case "every": {
      let result: Value = known(name === "every");
      for (const [n, item] of [...fixedItems(target, span).entries()].reverse()) {
        const holds = at(item, n);
        result =
          name === "some" ? decide(ev, holds, known(true), result) : decide(ev, holds, result, known(false));
      }
      return result;
    }
    case "reduce": {
      const items = fixedItems(target, span);
      if (second?.type === "SpreadItem") throw new Bail("spread arguments", span);
      let state = second ?? items[0];
      if (!state) throw new Bail("reduce of an empty list", span);
      items.forEach((item, n) => {
        if (second || n > 0) state = apply(ev, callback(), [state!, item, known(n), target], how);
      });
      return state;
    }
    case "slice": {
      const bounds = args.map((x) =>
        x.type === "Known" && typeof x.value === "number" ? x.value : undefined,
      );
      if (bounds.includes(undefined)) throw new Bail("slice of structure by an unknown bound", span);
      return array(fixedItems(target, span).slice(...(bounds as number[])));
    }
    case "at": {
      if (first?.type !== "Known" || typeof first.value !== "number")
        throw new Bail("an unknown index", span);
      return fixedItems(target, span).at(first.value) ?? UNDEFINED;
    }
    case "toReversed":
      return array([...fixedItems(target, span)].reverse());
    case "entries":
      return array(fixedItems(target, span).map((x, n) => array([known(n), x])));
    case "values":
      return target;
    default:
      throw new Bail(`'.${name}()' of a list of structure`, span);
  }
}

function decide(ev: Evaluation, test: Value, then: Value, otherwise: Value): Value {
  const holds = truth(test);
  if (holds !== undefined) return holds ? then : otherwise;
  return choose(ev, reify(ev, test), then, otherwise);
}

function fixedItems(target: ArrayValue, span: Core.Span): Value[] {
  return target.items.map((item) => {
    if (item.type === "SpreadItem") throw new Bail("a list of unknown length", span);
    return item;
  });
}

const opened = (item: Item): readonly Item[] =>
  item.type === "SpreadItem" && item.value.type === "Array" ? item.value.items : [item];

/** An item as `filter(Boolean)` leaves it. */
function kept(item: Item): Item[] {
  if (item.type === "SpreadItem") return [item];
  const holds = truth(item);
  if (holds !== undefined) return holds ? [item] : [];
  if (item.type === "Choice" && nullish(item) === undefined) {
    const value: Value = {
      ...item,
      then: array(kept(item.then)),
      else: array(kept(item.else)),
    };
    return [{ type: "SpreadItem", value }];
  }
  throw new Bail("a filter over values that only the run knows");
}

function filtered(
  ev: Evaluation,
  target: ArrayValue,
  test: (value: Value, index: number) => Value,
  span: Core.Span,
): Item[] {
  return fixedItems(target, span).flatMap((item, n): Item[] => {
    const result = test(item, n);
    const holds = truth(result);
    if (holds !== undefined) return holds ? [item] : [];
    const value = choose(ev, reify(ev, result), array([item]), array([]));
    return [{ type: "SpreadItem", value }];
  });
}

const takesIndex = (callback: Value): boolean =>
  callback.type !== "Closure" || callback.arrow.params.length > 1 || callback.arrow.rest !== undefined;

/** Maps the members of a spread whose number only the run knows. */
function spreadMap(ev: Evaluation, value: Value, body: (one: Value) => Item, span: Core.Span): Value {
  switch (value.type) {
    case "Array":
      return array(
        value.items.map((item) =>
          item.type === "SpreadItem"
            ? { type: "SpreadItem", value: spreadMap(ev, item.value, body, span) }
            : body(item),
        ),
      );
    case "Choice":
      return choose(
        ev,
        value.test,
        under(ev, value.test, true, () => spreadMap(ev, value.then, body, span)),
        under(ev, value.test, false, () => spreadMap(ev, value.else, body, span)),
      );
    case "Residual": {
      const item = nameOf("item");
      const mapped = body(residual(item));
      if (mapped.type === "SpreadItem" || isStructural(mapped))
        throw new Bail("a spread list that makes elements", span);
      return residual(call(memberOf(value.expr, "map"), arrowOf([item], reify(ev, mapped))), {
        kind: "array",
        defined: true,
      });
    }
    default:
      throw new Bail("a list of unknown length", span);
  }
}
