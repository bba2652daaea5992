/**
 * What the library's own source (compiler/library) asks of the compiler. Its lists are settings, written out in the
 * workflow: each item becomes nodes of its own, so that a plan names them one by one.
 */
import type * as Core from "../../../plan/core/ast.ts";
import { inline } from "./calls.ts";
import { binary, call, literal, memberOf, nameOf } from "./core.ts";
import { isAgentObject } from "./shape.ts";
import { Bail, type Evaluation } from "./state.ts";
import { array, type Closure, known, type NativeValue, object, UNDEFINED, type Value } from "./value.ts";

const NAMES = ["isAgent", "each", "foldRight", "entriesOf", "record"] as const;

type Internal = (typeof NAMES)[number];

export function internal(ev: Evaluation, name: string): NativeValue {
  const found = NAMES.find((x) => x === name);
  if (!found) throw new Error(`the library has no internal ${name}`);
  return {
    type: "Native",
    name,
    call: (args) => answer(ev, found, args),
    text: (args) =>
      asText(
        found,
        args.map((arg) => (arg.type === "Spread" ? arg.arg : arg)),
      ),
  };
}

/** The same in a block, where lists of settings are data. */
function asText(
  name: Internal,
  [first = UNKNOWN, second = UNKNOWN, third = UNKNOWN]: readonly Core.Expr[],
): Core.Expr {
  switch (name) {
    case "isAgent":
      return binary("in", literal("generate"), first);
    case "each":
      return call(memberOf(first, "map"), second);
    case "foldRight":
      return call(memberOf(first, "reduceRight"), second, third);
    case "entriesOf":
      return call(memberOf(nameOf("Object"), "entries"), first);
    case "record":
      return call(memberOf(nameOf("Object"), "fromEntries"), call(memberOf(first, "map"), second));
    default:
      return name satisfies never;
  }
}

const UNKNOWN = nameOf("undefined");

function answer(ev: Evaluation, name: Internal, [first, second, third]: readonly Value[]): Value {
  switch (name) {
    case "isAgent":
      return isAgent(first);
    case "each":
      return array(itemsOf(first).map((item, n) => inline(ev, fnOf(second), [item, known(n)], undefined)));
    case "foldRight":
      return itemsOf(first).reduceRight<Value>(
        (made, item, n) => inline(ev, fnOf(second), [made, item, known(n)], undefined),
        third ?? UNDEFINED,
      );
    case "entriesOf":
      if (first?.type !== "Object") throw new Bail("settings that are not written out");
      return array([...first.props].map(([key, value]) => array([known(key), value])));
    case "record":
      return object(
        itemsOf(first).map((item, n) => pairOf(inline(ev, fnOf(second), [item, known(n)], undefined))),
      );
    default:
      return name satisfies never;
  }
}

/** Whether a setting is an agent itself (or several, one behind the other), or an object that has one, or a function. */
function isAgent(value: Value | undefined): Value {
  switch (value?.type) {
    case "Instance":
      return known(true);
    case "Object":
      return known(isAgentObject(value));
    case "Array":
      return known(true);
    case "Closure":
    case "Code":
      return known(false);
    default:
      throw new Bail("an agent or its settings, which only the run tells apart");
  }
}

function itemsOf(list: Value | undefined): readonly Value[] {
  if (list?.type !== "Array") throw new Bail("a list of settings that is not written out");
  return list.items.map((item) => {
    if (item.type === "SpreadItem") throw new Bail("a list of settings that is not written out");
    return item;
  });
}

function fnOf(value: Value | undefined): Closure {
  if (value?.type !== "Closure") throw new Bail("no function");
  return value;
}

function pairOf(value: Value): readonly [string, Value] {
  const [key, member] = value.type === "Array" ? value.items : [];
  if (key?.type === "Known" && member && member.type !== "SpreadItem") return [String(key.value), member];
  throw new Bail("an id that only the run knows");
}
