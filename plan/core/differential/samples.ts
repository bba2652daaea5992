/** Source texts of values of every type, chosen for their corners. */
export const SAMPLES: Readonly<Record<string, readonly string[]>> = {
  undefined: ["undefined"],
  null: ["null"],
  boolean: ["true", "false"],
  number: ["0", "-0", "1", "-1.5", "3", "NaN", "Infinity", "1e21", "255.5"],
  string: ["''", "'abc'", "'12'", "' x '", "'\\ud800a'", "'a-b-c'", "'İß'"],
  object: [
    "{}",
    "{ a: 1, b: 'x' }",
    "{ valueOf: () => 3 }",
    "{ toString: () => 'ts', valueOf: () => ({}) }",
    "{ length: 2, 0: 'p', 1: 'q' }",
  ],
  array: ["[]", "[1, 2, 3]", "['b', , 'a']", "[[1, 2], [3, [4]]]", "[3, 1, 10, 2]", "[['a', 1], ['b', 2]]"],
  map: ["new Map()", "new Map([['k', 1], [NaN, 2]])"],
  set: ["new Set(['a', 0])"],
  date: ["new Date(86400000)", "new Date(NaN)"],
  regexp: ["/b/g", "/(?<n>a)(x)?/", "/-/y"],
  error: ["new TypeError('boom')", "new Error()"],
  iterator: ["[1, 2].values()"],
  function: ["((x) => x)", "((a, b) => a - b)", "(() => undefined)"],
  intrinsic: ["String", "Boolean"],
};

export const ALL: readonly string[] = Object.values(SAMPLES).flat();
