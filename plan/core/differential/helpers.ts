import { readdirSync, readFileSync } from "node:fs";

const FOLDER = new URL("../../../fixtures/core/helpers/", import.meta.url);

/** A helper function as real workflow files have them, and what kinds of arguments it is written for. */
export interface Helper {
  readonly name: string;
  readonly kinds: readonly string[];
  readonly text: string;
}

/** Every helper of fixtures/core/helpers: a line `/// KINDS`, then `const NAME = …;`. */
export function readHelpers(): Helper[] {
  return readdirSync(FOLDER)
    .sort()
    .flatMap((file) => readFileSync(new URL(file, FOLDER), "utf8").split(/^\/\/\/ /m))
    .filter((entry) => entry.trim() !== "")
    .map((entry) => {
      const [kinds = "", ...lines] = entry.trim().split("\n");
      const text = lines.join("\n");
      return { name: /^const (\w+) = /.exec(text)?.[1] ?? "", kinds: kinds.split(", "), text };
    });
}

const FINDINGS = [
  "{ id: 'f1', title: 'SQL <injection>', severity: 'critical', file: 'src/db.ts', line: 12, score: 9.5, approved: false, tags: ['sec', 'db'], meta: { owner: ' ada ' } }",
  "{ id: 'f2', title: '', severity: 'low', file: 'README.md', score: 1, approved: true, tags: [] }",
  "{ id: 'f3', severity: 'high', file: 'src/db.ts', line: 3, score: 7, approved: true, tags: ['db'], meta: { team: ['core', 'x'] }, note: null }",
  "{ id: 'f1', title: 'again', severity: 'medium', file: 'a.py', line: 0, score: 9.5, tags: ['sec'] }",
  "{ id: 'f5' }",
];

/** What each kind stands for: texts of arguments that a caller in his right mind would give. */
const KINDS: Readonly<Record<string, readonly string[]>> = {
  text: [
    "'  Fix: the Über Bug!! (#12) @ada '",
    "'someCamel_case-name'",
    "'critical'",
    "''",
    "'{name} has {{meta.owner}} — 3 4 + 2 *'",
    "'v1.10.3'",
    "'https://github.com/acme/tool.git?a=1&b='",
    "'50 % of 2h 30m, key: value'",
    "'[docs](http://x.y) sk-abc password=hunter2'",
  ],
  lines: [
    "'# Title\\n\\n- [x] done\\n- [ ] open\\n\\n\\n\\n## Part two\\n```ts\\nlet a;\\n```'",
    "'---\\ntitle: A\\nkind: bug\\n---\\nfeat(core)!: add x\\n'",
    "' M src/a.ts\\n?? b.ts\\n src/a.ts | 12 ++--\\n 3 passed, 1 failed'",
    '\'a,"b ""c""",d\'',
    "'+++ b/x.ts\\n--- a/x.ts\\n+new\\n-old\\n ctx'",
    "'[main]\\nkey = v=1\\n; note\\n| a | b |\\n|---|---|\\n| 1 | 2 |\\nsrc/a.ts(3,5): error TS1: no'",
    "'{\"a\":1}\\n// key: hidden\\nnope'",
    "''",
  ],
  path: ["'src/deep/file.test.ts'", "'/abs/./x/../y'", "'README'", "'a.b.0'", "'.env'", "'feature/x y'"],
  json: ['\'{"a":1,"score":"7"}\'', "'noise {\"b\":[null]} tail'", "'{bad'", "'[1,2]'", "'null'", "''"],
  iso: ["'2024-02-29T23:59:59.123Z'", "'2025-11-03'", "'not a date'", "'1999-12-31T00:00:00Z'"],
  num: ["0", "1", "-2.345", "99.995", "1234567.891", "NaN", "Infinity", "0.42"],
  int: ["0", "1", "3", "13", "-4", "255", "2024", "5"],
  bool: ["true", "false"],
  key: ["'severity'", "'id'", "'file'", "'nothing'"],
  words: [
    "['alpha', 'beta', 'alpha', 'gamma delta']",
    "[]",
    "['one']",
    "['--flag=x', '--dry', 'file name', 'start', 'pause']",
    "['id', 'a', '', 'b,\"c']",
  ],
  nums: ["[3, 1, 2, 2]", "[]", "[0.1, 0.2, -5, 100]", "[1, NaN, 3]", "[7]"],
  finding: FINDINGS,
  findings: ["[]", `[${FINDINGS.join(", ")}]`, `[${FINDINGS[0]}, ${FINDINGS[2]}]`, `[${FINDINGS[1]}]`],
  obj: [
    "{ name: 'Ada', meta: { owner: 'bob' }, n: 3 }",
    "{}",
    "{ b: 2, a: 1, 10: 'x', gone: undefined, nil: null }",
    "{ 'a b': 'c&d', list: [1, 2] }",
  ],
  tree: [
    "{ name: 'root', size: 1, children: [{ name: 'a', size: 3 }, { name: 'b', children: [{ name: 'c', size: 2 }] }] }",
    "{ name: 'leaf' }",
    "{ name: 'odd', children: [] }",
  ],
  graph: ["{ a: ['b', 'c'], b: ['c'], c: [] }", "{ a: ['b'], b: ['a'] }", "{}", "{ x: ['gone'] }"],
  map: ["new Map([['a', 1], ['b', 2]])", "new Map()"],
  set: ["new Set(['b', 'a', 'b'])", "new Set()"],
};

/** Values of the wrong types, one or two of each, as a model's answer or a missing row would bring them. */
export const WRONG: readonly string[] = [
  "undefined",
  "null",
  "true",
  "7",
  "'text'",
  "{}",
  "{ length: 1, 0: 'p' }",
  "[]",
  "[null, 1]",
  "new Map([['k', 1]])",
  "new Set([1])",
  "new Date(0)",
  "((x) => x)",
];

/** Texts of right arguments of a kind; throws on a kind that nothing is known about. */
export function argumentsOf(kind: string): readonly string[] {
  const list = /^list\((\w+)\)$/.exec(kind);
  if (list?.[1] !== undefined) {
    const items = argumentsOf(list[1]);
    return [`[${items.join(", ")}]`, "[]", `[${items[0]}]`, `[${items.at(-1)}, ${items[1]}]`];
  }
  if (kind === "any") {
    return [...WRONG, FINDINGS[0] ?? "", "'yes, no'", "'{}'", "[1, [2, [3]]]", "{ id: 'x', title: 't' }"];
  }
  const found = KINDS[kind.replace("?", "")];
  if (found === undefined) {
    throw new Error(`no arguments of the kind ${kind}`);
  }
  return kind.endsWith("?") ? [...found, "undefined"] : found;
}

/** Calls of a helper: right arguments in turn (as many rounds as the longest list), then one wrong at a time. */
export function callsOf(helper: Helper): string[] {
  const pools = helper.kinds.map(argumentsOf);
  const rounds = Math.max(...pools.map((pool) => pool.length));
  const right = Array.from({ length: rounds * 2 }, (_, round) =>
    // the second half pairs each value with another partner than the first did
    pools.map((pool, i) => pool[(round + (round >= rounds ? i : 0)) % pool.length] ?? "undefined"),
  );
  const wrong = pools.flatMap((_, at) =>
    WRONG.map((value, n) => (right[n % right.length] ?? []).map((arg, i) => (i === at ? value : arg))),
  );
  return [...new Set([...right, ...wrong].map((args) => args.join(", ")))];
}
