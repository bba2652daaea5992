/** What methods of lists and texts give, and what they hand to their callbacks. */
import { BOOLEAN, mapAlternatives, NUMBER, orUndefined, STRING, type Type, typeOf } from "./types.ts";

const SAME_LIST: ReadonlySet<string> = new Set([
  ...["filter", "slice", "toSorted", "toReversed", "toSpliced", "sort", "reverse"],
]);
const SAME_SIZE: ReadonlySet<string> = new Set(["toSorted", "toReversed", "sort", "reverse"]);
const ONE_ITEM: ReadonlySet<string> = new Set(["find", "findLast", "at", "pop", "shift"]);
const WITH_ITEM: ReadonlySet<string> = new Set([
  ...["filter", "find", "findLast", "findIndex", "findLastIndex"],
  ...["some", "every", "map", "flatMap", "forEach"],
]);
const SORTS: ReadonlySet<string> = new Set(["toSorted", "sort"]);
const REDUCES: ReadonlySet<string> = new Set(["reduce", "reduceRight"]);
const NUMBERS: ReadonlySet<string> = new Set([
  ...[
    "findIndex",
    "findLastIndex",
    "indexOf",
    "lastIndexOf",
    "search",
    "localeCompare",
    "charCodeAt",
    "push",
  ],
]);
const TEXTS: ReadonlySet<string> = new Set([
  ...[
    "trim",
    "trimStart",
    "trimEnd",
    "toLowerCase",
    "toUpperCase",
    "padStart",
    "padEnd",
    "repeat",
    "replace",
  ],
  ...["replaceAll", "slice", "substring", "concat", "charAt", "normalize"],
]);
const ANSWERS: ReadonlySet<string> = new Set(["includes", "some", "every", "startsWith", "endsWith"]);

/** The only kind that a value can be, apart from being nothing; null where it can be several. */
export function onlyKind(type: Type | null): string | null {
  const kinds = new Set(
    (type?.alternatives ?? [])
      .map(({ kind }) => kind)
      .filter((kind) => kind !== "undefined" && kind !== "null"),
  );
  return kinds.size === 1 ? [...kinds][0]! : null;
}

/** An item of a list. */
export function itemOf(type: Type | null): Type | null {
  const lists = (type?.alternatives ?? []).filter((one) => one.kind === "array");
  return lists.length === 1 && onlyKind(type) === "array" ? lists[0]!.items : null;
}

/** The types of a callback's parameters. */
export function parametersFor(method: string, receiver: Type | null): readonly (Type | null)[] {
  const item = itemOf(receiver);
  if (onlyKind(receiver) !== "array") return [];
  if (WITH_ITEM.has(method)) return [item, typeOf("the index", NUMBER), receiver];
  if (SORTS.has(method)) return [item, item];
  return REDUCES.has(method) ? [null, item] : [];
}

/** What a method gives; `result` is what its callback gives. */
export function resultOf(method: string, receiver: Type | null, result: Type | null): Type | null {
  const kind = onlyKind(receiver);
  if (!receiver || (kind !== "array" && kind !== "string")) return null;
  const told = <T extends Type>(type: T): T => ({ ...type, told: receiver.told });
  if (ANSWERS.has(method)) return typeOf(`the answer of ${method}`, BOOLEAN);
  if (NUMBERS.has(method)) return typeOf(`the number that ${method} gives`, NUMBER);
  if (kind === "string") {
    if (TEXTS.has(method)) return told(typeOf(receiver.of, STRING));
    if (method === "split")
      return told(typeOf(`the parts of ${receiver.of}`, { kind: "array", items: typeOf("a part", STRING) }));
    return null;
  }
  const list = { ...receiver, alternatives: receiver.alternatives.filter((one) => one.kind === "array") };
  if (SAME_LIST.has(method)) return SAME_SIZE.has(method) ? list : ofAnySize(list);
  if (ONE_ITEM.has(method)) return orUndefined(itemOf(receiver));
  if (method === "map") return told(typeOf(`what map gives`, { kind: "array", items: result }));
  if (method === "join") return typeOf("the text that join gives", STRING);
  if (method === "flatMap" || method === "concat" || method === "flat")
    return told(typeOf(`what ${method} gives`, { kind: "array", items: null }));
  return null;
}

const ofAnySize = (list: Type): Type | null =>
  mapAlternatives(list, (one) => (one.kind === "array" ? { kind: "array", items: one.items } : one));

/** Whether values of a kind that has no fields of its own know a name: methods and `length`. */
export function hasMember(kind: string, name: string): boolean {
  if (name in Object.prototype) return true;
  switch (kind) {
    case "array":
      return name in Array.prototype;
    case "string":
      return name in String.prototype;
    case "number":
      return name in Number.prototype;
    case "boolean":
      return name in Boolean.prototype;
    default:
      return true;
  }
}
