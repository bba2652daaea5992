import { describe, expect, it } from "vitest";
import { Coverage } from "./differential/coverage.ts";
import { SAMPLES } from "./differential/samples.ts";
import { Intrinsic } from "./evaluate/functions.ts";
import { BINARY } from "./evaluate/operators.ts";
import type { TypeName } from "./evaluate/types.ts";
import { GLOBALS } from "./intrinsics/globals.ts";
import { OBJECT_METHODS } from "./intrinsics/object.ts";
import { METHODS, methodOf } from "./intrinsics/table.ts";

/** Samples a type; the whole list with `FULL=1`. */
const FEW = process.env.FULL ? 99 : 2;
const types = Object.entries(SAMPLES).map(([type, list]) => ({ type, list: list.slice(0, FEW) }));
const values = types.flatMap(({ list }) => list);

// what Core has no text, number or key for: functions, whose source text would be a fact of the engine
const OPAQUE = ["function", "intrinsic"];

/** A function that Core has and this engine not yet. */
const isNewer = (name: string, key: string): boolean =>
  key === "groupBy" && !(key in (name === "Map" ? Map : Object));

describe("V8 and Core agree, form by receiver type", () => {
  it("on every operator and pair of types", () => {
    const coverage = new Coverage();
    for (const op of Object.keys(BINARY)) {
      for (const left of types) {
        for (const right of types) {
          for (const a of left.list) {
            for (const b of right.list) {
              coverage.check(`${left.type} ${op} ${right.type}`, `(${a}) ${op} (${b})`);
            }
          }
        }
      }
    }
    for (const op of ["-", "+", "!", "~", "typeof ", "void "]) {
      for (const { type, list } of types) {
        for (const a of list) {
          coverage.check(`${op} ${type}`, `${op}(${a})`);
        }
      }
    }
    console.log(coverage.summary("operators"));
    expect(coverage.mismatches).toEqual([]);
    const unexpected = coverage
      .refusedCells()
      .filter((cell) => !cell.split(" ").some((word) => OPAQUE.includes(word)));
    expect(unexpected).toEqual([]);
  });

  it("on every method of every receiver", () => {
    const coverage = new Coverage();
    const args = [
      ...[
        "",
        "undefined",
        "1",
        "'b'",
        "'-', 1",
        "[7]",
        "{}",
        "(x) => x",
        "(a, b) => a - b",
        "0, 2, 'z'",
        "-1, 1",
      ],
      ...[
        "(x) => { throw new Error('cb'); }",
        "/[a-c]/g",
        "/(b)/, '<$1$&>'",
        "/-/g, (m) => m + '!'",
        "'a', 'z'",
      ],
      ...["'en-US', { timeZone: 'UTC' }", "'k'", "(a, b) => a + b, 0"],
    ];
    for (const [type, table] of Object.entries(METHODS)) {
      // what all objects have is called on each of them too
      const inherited = [...OBJECT_METHODS.keys()].filter(
        (key) => methodOf(type as TypeName, key) !== undefined,
      );
      for (const method of new Set([...table.keys(), ...inherited])) {
        for (const receiver of SAMPLES[type] ?? []) {
          for (const list of args) {
            const program = `(() => { const r = ${receiver}; const v = r.${method}(${list}); return [v, r]; })()`;
            coverage.check(`${type}.${method}`, program);
          }
        }
        expect(coverage.cells.has(`${type}.${method}`), `a sample of ${type}`).toBe(true);
      }
    }
    console.log(coverage.summary("methods"));
    expect(coverage.mismatches).toEqual([]);
    expect(coverage.refusedCells()).toEqual([]);
  });

  it("on every function and constructor of every namespace", () => {
    const coverage = new Coverage();
    const more = ["0", "16", "'a'", "{ a: 3 }", "(x) => x", "(a, b) => b", "undefined"];
    for (const [name, value] of GLOBALS) {
      if (!(value instanceof Intrinsic) || CORE_ONLY.includes(name)) {
        continue;
      }
      const forms = [
        ...(value.run === undefined ? [] : [name]),
        ...(value.construct === undefined ? [] : [`new ${name}`]),
        ...[...value.members]
          .filter(([key, member]) => member instanceof Intrinsic && !isNewer(name, key))
          .map(([key]) => `${name}.${key}`),
      ];
      for (const form of forms) {
        for (const { type, list } of types) {
          // a namespace's own properties differ: the test must not change or list V8's
          if (OPAQUE.includes(type) && name === "Object") {
            continue;
          }
          for (const a of list) {
            coverage.check(`${form}(${type})`, `${form}(${a})`);
            for (const b of more) {
              coverage.check(`${form}(${type})`, `${form}(${a}, ${b})`);
            }
          }
        }
        coverage.check(`${form}()`, `${form}({ a: [1, { b: 2 }], c: 'x' }, null, 2)`);
      }
    }
    console.log(coverage.summary("functions"));
    expect(coverage.mismatches).toEqual([]);
    const unexpected = coverage
      .refusedCells()
      .filter((cell) => !DECLARED.some((allowed) => allowed.test(cell)));
    expect(unexpected).toEqual([]);
  });

  it("on every other form", () => {
    const coverage = new Coverage();
    for (const { type, list } of types) {
      for (const a of list) {
        for (const [form, program] of Object.entries(FORMS)) {
          coverage.check(
            `${form} ${type}`,
            program.replaceAll("$", () => a),
          );
        }
        for (const b of values) {
          coverage.check(`read ${type}`, `(${a})[${b}]`);
        }
      }
    }
    console.log(coverage.summary("forms"));
    expect(coverage.mismatches).toEqual([]);
    const refused = coverage.refusedCells();
    expect(refused.filter((cell) => !REFUSED_FORMS.some((allowed) => allowed.test(cell)))).toEqual([]);
  });
});

/** Core's own, which V8 has not, and the clock. */
const CORE_ONLY = ["agent", "fail", "module", "output", "prompt", "schema"];

const DECLARED = [
  /^Date\(/,
  /^Date\.now/,
  /^Math\.random/,
  /^Object\.freeze\((?:map|set|date|regexp|error|iterator)/,
  /^path\.(?:relative|resolve)/,
  /^path\.\w+\((?:object|array|map|set|date|regexp|error|iterator|function|intrinsic)?\)/,
  /^new Object\(/,
  /^Object\((?:boolean|number|string)/,
  /\((?:function|intrinsic)\)/,
  /^Array\.from\((?:map|set)/,
  /^Object\.assign/,
];

const FORMS: Readonly<Record<string, string>> = {
  template: "`<${$}>`",
  "array spread": "[...($)]",
  "argument spread": "((...r) => r)(...($))",
  "object spread": "({ ...($) })",
  "array pattern": "((v) => { const [p, q = 9, ...r] = v; return [p, q, r]; })($)",
  "array pattern of a parameter": "(([p]) => p)($)",
  "object pattern": "((v) => { const { a, z = 1, ...r } = v; return [a, z, r]; })($)",
  "object pattern of a parameter": "(({ a }) => a)($)",
  "array assignment": "((v) => { let p; [p] = v; return p; })($)",
  "for of": "((v) => { const o = []; for (const x of v) { o.push(x); } return o; })($)",
  call: "((v) => v(1))($)",
  "call of a member": "((v) => v.foo(1))($)",
  "optional call": "((v) => v?.foo?.bar(1))($)",
  member: "((v) => v.foo)($)",
  "deep member": "((v) => v.a.b.c)($)",
  "optional member": "((v) => v?.x)($)",
  set: "((v) => { v.foo = 1; return v; })($)",
  "set an index": "((v) => { v[1] = 1; return v; })($)",
  delete: "((v) => [delete v.a, delete v[0], v])($)",
  update: "((v) => { let w = v; const x = w++; const y = --w; return [w, x, y]; })($)",
  "compound assignment": "((v) => { let w = v; w += 1; w ??= 2; w &&= 3; w ||= 4; return w; })($)",
  throw: "(() => { throw $; })()",
  catch: "(() => { try { throw $; } catch (e) { return [e]; } finally { 1; } })()",
  switch:
    "((v) => { switch (v) { case 1: return 'one'; case 'abc': return 's'; case undefined: return 'u'; default: return 'd'; } })($)",
  condition: "((v) => (v ? 1 : 2))($)",
  "if and while": "((v) => { let n = 0; while (v && n < 2) { n++; } if (v) { n += 5; } return n; })($)",
  "or, and, nullish": "((v) => [v || 1, v && 2, v ?? 3])($)",
  "computed key": "({ [$]: 1 })",
  "default parameter": "((v = 5, w = v) => [v, w])($)",
  "captured variable": "((v) => { let w = v; const g = () => { w = [w]; return w; }; return [g(), w]; })($)",
};

const REFUSED_FORMS = [
  /(?:function|intrinsic)$/,
  /^(?:set|set an index|delete) (?:map|set|date|regexp|iterator)$/,
];
