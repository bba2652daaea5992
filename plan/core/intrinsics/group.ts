/** `Object.groupBy` and `Map.groupBy`: Core has them whether or not the engine that runs it does. */
import { toKey } from "../evaluate/coerce.ts";
import type { Evaluation } from "../evaluate/evaluation.ts";
import { elementsOf, notIterable } from "../evaluate/iterate.ts";
import { guardKey } from "../evaluate/keys.ts";
import type { Value } from "../values.ts";
import { callback } from "./define.ts";

/** Members by key, the keys in the order in which they first came. */
function groups(ev: Evaluation, args: readonly Value[], keyOf: (key: Value) => Value): Map<Value, Value[]> {
  const [source, by] = args;
  const call = callback(ev, by);
  const out = new Map<Value, Value[]>();
  let index = 0;
  for (const item of elementsOf(ev, source, () => notIterable(source))) {
    ev.spend(1);
    const key = keyOf(call(item, index++));
    const group = out.get(key);
    if (group) group.push(item);
    else out.set(key, [item]);
  }
  for (const group of out.values()) ev.array(group);
  return out;
}

export function objectGroupBy(ev: Evaluation, args: readonly Value[]): Value {
  const out = ev.own(Object.create(null) as Record<string, Value>);
  const found = groups(ev, args, (key) => {
    const name = toKey(ev, key);
    guardKey(name);
    return name;
  });
  for (const [name, group] of found) out[name as string] = group;
  return out;
}

export const mapGroupBy = (ev: Evaluation, args: readonly Value[]): Value =>
  ev.own(groups(ev, args, (key) => key));
