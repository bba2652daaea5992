import { describe, expect, it } from "vitest";
import { cpuMs } from "../../test/cpu.ts";
import { runCore } from "./differential/compare.ts";
import { compileExpr, outcomeOf } from "./evaluate.ts";
import { parseExpr } from "./parse.ts";
import { CoreError } from "./values.ts";

function ends(program: string): string {
  const started = cpuMs();
  const { text } = runCore(program);
  expect(cpuMs() - started).toBeLessThan(20_000);
  return text.split(" ", 1)[0] ?? "";
}

const recursion = (body: string): string => `(() => { const f = (n) => ${body}; return f(0); })()`;
const nested = (fill: string, use: string): string =>
  `(() => { let a = ${fill}; for (let i = 0; i < 60; i++) { a = [a, a]; } return ${use}; })()`;
const deep = (use: string): string =>
  `(() => { let a = []; for (let i = 0; i < 50000; i++) { a = [a]; } return ${use}; })()`;

describe("prototypes are out of reach", () => {
  it.each([
    "({}).constructor",
    "({})['constructor']",
    "({})[`con${'structor'}`]",
    "({})[['constructor']]",
    "({})[['__proto__']]",
    "({})[{ toString: () => 'constructor' }]",
    "[]['__proto__']",
    "''.constructor",
    "(5)['constructor']",
    "((x) => x).constructor",
    "String.prototype",
    "Object.constructor",
    "Math['__proto__']",
    "({ constructor: c }) => c",
    "(({ constructor: c }) => c)({})",
    "(({ ['__proto__']: p }) => p)([])",
    "(([{ constructor: c }]) => c)([{}])",
    "({ __proto__: null })",
    "({ ['__proto__']: { x: 1 } })",
    "({ ['constructor']: 1 })",
    "(() => { const o = {}; o.__proto__ = {}; return o; })()",
    "(() => { const o = {}; o['__pro' + 'to__'] = {}; return o; })()",
    "(() => { const o = {}; ({ a: o.constructor } = { a: 1 }); return o; })()",
    "Object.fromEntries([['__proto__', {}]])",
    "Object.assign({}, JSON.parse('{\"__proto__\": {}}'))",
    "({ ...JSON.parse('{\"__proto__\": {}}') })",
    'JSON.parse(\'{"a": {"__proto__": {}}}\')',
    "'constructor' in {}",
    "({}).hasOwnProperty('__proto__')",
    "Object.hasOwn({}, 'constructor')",
    "(() => { const o = {}; delete o.constructor; })()",
    "({}).__defineGetter__('x', () => 1)",
    "({}).__lookupGetter__('x')",
    "new Error('x').stack",
    "'x'.replace('x', 'y').constructor('return this')()",
    "[].map.constructor",
    "[]['map']",
    "(() => { const { map } = []; return map; })()",
    "/x/.constructor",
    "new Map().constructor",
    "new (Object.constructor)('return this')",
    "'a'.match(/(?<constructor>a)/).groups.constructor",
    "new Function('return 1')",
    "(() => { const o = { a: 1 }; o.a++; o.constructor++; })()",
    "JSON.parse('{}', (k, v) => v.constructor)",
    "((x) => x)['prototype']",
    "(() => 1).call.call",
    "String((x) => x)",
  ])("%s", (program) => {
    let refused: boolean;
    try {
      refused = runCore(program.startsWith("({ constructor: c }) =>") ? `(${program})({})` : program).refused;
    } catch (error) {
      refused = error instanceof Error && error.name === "CoreSyntaxError";
    }
    expect(refused).toBe(true);
  });

  it.each([
    "Symbol.iterator",
    "globalThis",
    "process.exit()",
    "eval('1')",
    "Reflect.ownKeys({})",
    "require('fs')",
    "this",
  ])("%s means nothing", (program) => {
    let outcome: string;
    try {
      outcome = runCore(program).text;
    } catch (error) {
      outcome = (error as Error).name;
    }
    expect(outcome).toMatch(/^(FORBIDDEN|CoreSyntaxError)/);
  });

  it("leaves the engine's prototypes as they were", () => {
    expect(Object.keys(Object.prototype)).toEqual([]);
    expect((Object.prototype as { x?: unknown }).x).toBeUndefined();
  });
});

describe("nothing runs without end", () => {
  it.each([
    "(() => { while (true) {} })()",
    "(() => { for (;;) {} })()",
    "(() => { do {} while (true); })()",
    "(() => { const a = [1]; for (const x of a) { a.push(x); } })()",
    "(() => { const m = new Set([0]); m.forEach((x) => { m.delete(x); m.add(x); }); })()",
    "(() => { for (;;) { try { null.x; } catch {} } })()",
    "(() => { try { while (true) {} } catch { return 1; } finally { return 2; } })()",
    ...[
      "f(n + 1)",
      "1 + f(n + 1)",
      "[[[{ a: [f(n + 1)] }]]]",
      "[1].map(() => f(n + 1))",
      "[1, 2].sort(() => f(n + 1))",
    ].map(recursion),
    ...[
      "'a'.replace(/a/, () => f(n + 1))",
      "JSON.stringify({ toJSON: () => f(n + 1) })",
      "[...f(n + 1)]",
    ].map(recursion),
    ...[
      "`${{ toString: () => f(n + 1) }}`",
      "+{ valueOf: () => f(n + 1) }",
      "Array.from([1], () => f(n + 1))",
    ].map(recursion),
    "(() => { const f = () => { try { return f(); } finally { return 1; } }; return f(); })()",
    "(() => { const f = (n, a = f(n + 1)) => a; return f(0); })()",
    ...["a.join()", "JSON.stringify(a)", "a.flat(Infinity)", "`${a}`"].map(deep),
    ...["JSON.stringify(a)", "String(a)", "a.flat(Infinity)"].map((use) => nested("[1]", use)),
    "JSON.parse('['.repeat(5000) + ']'.repeat(5000), (k, v) => v)",
  ])("%s", (program) => {
    expect(ends(program)).toBe("LIMIT");
  });
});

describe("nothing grows without end", () => {
  it.each([
    "'x'.repeat(1e9)",
    "'x'.padEnd(1e9)",
    "'x'.padStart(Infinity)",
    "(() => { let s = 'x'; for (;;) { s += s; } })()",
    "(() => { let s = 'x'; for (;;) { s = `${s}${s}`; } })()",
    "new Array(100000).fill('x'.repeat(1000)).join('')",
    "'x'.repeat(3000).replace(/x/g, '$`$`$`')",
    "(() => { let s = 'xx'; for (;;) { s = s.replaceAll('x', 'xxxx'); } })()",
    "new Array(1e9)",
    "(() => { const a = []; a.length = 4e9; })()",
    "(() => { const a = []; a[4e9] = 1; })()",
    "(() => { let a = [1]; for (;;) { a = [...a, ...a]; } })()",
    "(() => { const a = []; for (;;) { a.push(1, 2, 3); } })()",
    "(() => { const o = {}; for (let i = 0; ; i++) { o['k' + i] = i; } })()",
    "Array.from({ length: 1e9 })",
    "'x'.repeat(4000000).split('')",
    "(() => { const a = []; for (;;) { a.push('x'.repeat(4000000)); } })()",
  ])("%s", (program) => {
    expect(ends(program)).toBe("LIMIT");
  });
});

describe("regular expressions", () => {
  it.each([
    "/^(a+)+$/.test('a'.repeat(40) + '!')",
    "/(a*)*b/.test('a'.repeat(40))",
    "/^(a*)*b$/i.test('a'.repeat(50))",
    "/(?:a|a)*$/.test('a'.repeat(50) + 'b')",
    "/(x+x+)+y/.test('x'.repeat(50))",
    "/((a?){30}){30}b/.test('a'.repeat(100))",
    "/x*x*x*x*y/.test('x'.repeat(2000))",
    "'x'.repeat(100000).split(/(?:x+x+)+y/)",
    "new RegExp('a?'.repeat(40) + 'a'.repeat(40)).test('a'.repeat(39) + 'b')",
  ])("%s", (program) => {
    expect(ends(program)).toBe("LIMIT");
  });
});

describe("syntax", () => {
  it.each([
    "(".repeat(100_000),
    "[".repeat(100_000),
    "-".repeat(100_000),
    `${"a.b".repeat(5000)}`,
    `a${".b".repeat(100_000)}`,
    `1${" + 1".repeat(100_000)}`,
    `${"x => ".repeat(10_000)}1`,
    `${"`${".repeat(10_000)}`,
    `() => { ${"if (a) ".repeat(10_000)}; }`,
    "a ? ".repeat(50_000),
    "\u0000",
    "'\\",
    "/(/",
  ])("a text too deep or malformed is an error of the text", (text) => {
    const outcome = (): unknown => compileExpr(parseExpr(text)).evaluate({ name: () => undefined });
    let failure: unknown;
    try {
      outcomeOf(outcome);
      failure = outcomeOf(outcome);
    } catch (error) {
      failure = error;
    }
    expect(
      failure instanceof Error ? failure.name : (failure as { error?: unknown }).error instanceof CoreError,
    ).toSatisfy((value) => value === "CoreSyntaxError" || value === true);
  });
});
