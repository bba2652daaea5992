import { describe, expect, it } from "vitest";
import { compileExpr, parseExpr } from "./index.ts";
import { CoreError, type Env, type Handle } from "./values.ts";

function run(text: string, names: Readonly<Record<string, unknown>> = {}): unknown {
  const env: Env = {
    name: (name) => {
      if (Object.hasOwn(names, name)) {
        return names[name];
      }
      throw new CoreError("FORBIDDEN", `nothing is called ${name}`);
    },
  };
  return compileExpr(parseExpr(text)).evaluate(env);
}

describe("evaluate", () => {
  it.each([
    ["1 + 2 * 3", 7],
    ["[1, 2, 3].filter((x) => x > 1).map((x, i) => i + ':' + x).join()", "0:2,1:3"],
    ["a.b?.c ?? 'none'", "none"],
    ["((n) => { let s = 0; for (let i = 0; i < n; i++) { s += i; } return s; })(5)", 10],
    [
      "(() => { const fs = []; for (let i = 0; i < 3; i++) { fs.push(() => i); } return fs.map((f) => f()); })().join()",
      "0,1,2",
    ],
    [
      "(() => { try { null.x; } catch (e) { return e.message; } })()",
      "Cannot read properties of null (reading 'x')",
    ],
    ["Object.entries({ a: 1, b: 2 }).map(([k, v]) => k + v).join('')", "a1b2"],
    ["['b', 'a'].toSorted()[0]", "a"],
    ["JSON.stringify({ a: [1, undefined, () => 1], b: undefined })", '{"a":[1,null,null]}'],
    ["(() => { const f = (n) => (n < 2 ? n : f(n - 1) + f(n - 2)); return f(10); })()", 55],
    ["new Map([['a', 1]]).get('a')", 1],
    ["'a-b-c'.split('-').length", 3],
    [
      "Object.entries(Object.groupBy(['a', 'bb', 'c'], (x, i) => x.length + i % 1)).map(([k, v]) => k + v).join(' ')",
      "1a,c 2bb",
    ],
    ["[...Map.groupBy([1, 2, 3], (x) => x > 1)].map(([k, v]) => k + ':' + v).join(' ')", "false:1 true:2,3"],
    [
      "(() => { const g = Object.groupBy(['a'], (x) => x); g.a.push('b'); g.c = 1; return g.a.join() + g.c; })()",
      "a,b1",
    ],
  ])("%s", (text, value) => {
    expect(run(text, { a: { b: null } })).toBe(value);
  });

  it("keeps the fields of a site as outcomes", () => {
    const site = run("site('a', { x: 1, y: null.z })") as Handle;
    expect(site.id).toBe("a");
    expect(site.args).toMatchObject({ x: { kind: "value", value: 1 }, y: { kind: "error" } });
  });
});
