/** Small forms that were, or could be, read wrongly: each gives equal frames, and where it says so without a block. */
import { describe, expect, it } from "vitest";
import { shapesIn } from "./shapes.ts";
import type { Snippet } from "./snippets.ts";

const shapeOf = shapesIn("snippets");

const task = (id: string, text: string): string => `<T id=${id}>{${text}}</T>`;

describe("a write is seen", () => {
  const shown = "a.join()";
  const cases: Record<string, Snippet> = {
    "through a name assigned under a condition of a helper": {
      top: `const f = (xs, c) => { let out = []; if (c) out = xs; out.push("1"); return out.length; };`,
      body: `const a = ["a"]; const len = f(a, row?.ok);`,
    },
    "through a name assigned in the turn of a loop before": {
      top: `const f = (xs) => { let out = []; for (const x of ["p", "q"]) { out.push(x); out = xs; } return 1; };`,
      body: `const a = ["a"]; f(a);`,
    },
    "by a helper whose result nothing uses": {
      top: `const add = (xs) => { xs.push("1"); return 1; };`,
      body: `const a = ["a"]; const unused = add(a);`,
    },
    "by a function of nested code": {
      body: `const a = ["a"]; { const add = (xs) => { xs.push("1"); }; add(a); }`,
    },
    "through further arguments": {
      top: `const f = (x, ...more) => { more[0].push(x); more.push(1); return 1; };`,
      body: `const a = ["a"]; const done = f("z", a);`,
    },
    "through spread arguments": {
      top: `const f = (x, y) => { y.push(x); return 1; };`,
      body: `const a = ["a"]; const done = f(...["z", a]);`,
    },
    "by a function of an object that is handed on": {
      body: `const box = { add: (xs) => { xs.push("n"); return 1; } }; const a = []; const done = [a].map(box.add);`,
    },
    "inside a copy, by a helper": {
      top: `const withTag = (o) => { o.tags.push("t"); return o; };`,
      body: `const a = ["a"]; const o = { tags: a }; withTag({ ...o });`,
    },
    "to one of two": {
      body: `const a = ["a"]; const b = ["b"]; (row ? a : b).push("either");`,
    },
    "by a named function kept in a list": {
      body: `const a = []; const add = () => { a.push(1); }; const fs = []; fs.push(add); fs.forEach((g) => g());`,
    },
  };
  for (const [name, snippet] of Object.entries(cases))
    it(name, async () => {
      expect(await shapeOf(name, { show: shown, ...snippet })).toBe("structural");
    });
});

it("a write is seen in a default value", async () => {
  const body = `const a = ["a", "b"]; const g = (x = a.pop()) => String(x); const done = g();`;
  expect(await shapeOf("default value", { body, show: "a.join()" })).toBeDefined();
});

describe("a copy or a result of its own may be changed", () => {
  const cases: Record<string, Snippet> = {
    "what a helper collected": {
      top: "function collect(xs, out = []) { for (const x of xs) out.push(x.id); return out; }",
      body: `const ids = collect(row?.items ?? []); ids.sort(); ids.push("z");`,
      show: "ids.join()",
    },
    "the lists of a grouping": {
      top: "const group = (xs) => { const g = {}; for (const x of xs) { (g[x.id] ??= []).push(x); } return g; };",
      body: "const g = group(row?.items ?? []); for (const k of Object.keys(g)) g[k].sort((a, b) => a.n - b.n);",
      show: "Object.entries(g).map(([k, v]) => k + v.map((x) => x.n)).join('|')",
    },
    "a spread of a constant": {
      top: `const DEFAULTS = { tags: ["base"] };`,
      body: `const o = { tags: [...DEFAULTS.tags] }; o.tags.push("own");`,
      show: "o.tags.join()",
    },
  };
  for (const [name, snippet] of Object.entries(cases))
    it(name, async () => {
      expect(await shapeOf(name, snippet)).toBe("structural");
    });
});

describe("elements gathered by statements", () => {
  const parallel = "<Parallel>{els}</Parallel>";
  const structural: Record<string, Snippet> = {
    "appended under if": {
      body: `const els = []; if (row?.ok) els.push(${task('"a"', "1")}); els.push(${task('"b"', "2")}); if (row) { const k = row.kind; els.push(${task('"d"', "k")}); } else els.push(${task('"e"', "3")});`,
      jsx: parallel,
    },
    "appended in for…of with continue": {
      body: `const els = []; for (const it of row?.items ?? []) { if (!it.ok) continue; const label = it.id + "!"; els.push(${task('{"x-" + it.id}', "label")}); }`,
      jsx: parallel,
    },
    "appended on the way to a continue": {
      body: `const els = []; for (const [i, it] of (row?.items ?? []).entries()) { if (it.n > 5) { els.push(${task('{"big-" + i}', "i")}); continue; } els.push(${task('{"x-" + i}', "it.id")}); if (it.ok) els.push(${task('{"ok-" + i}', "i")}); }`,
      jsx: parallel,
    },
    "appended in forEach with return": {
      body: `const els = []; (row?.items ?? []).forEach((it, i) => { if (it.n === 0) return; els.push(${task('{"x" + i}', "it.id")}); });`,
      jsx: parallel,
    },
    "appended in two loops": {
      body: `const els = []; for (const a of ctx.input.tags) { for (const it of row?.items ?? []) { els.push(${task("{a + it.id}", "a")}); } }`,
      jsx: parallel,
    },
    "a let with a value for each case": {
      body: `let body; if (row?.ok) body = ${task('"a"', "1")}; else if (row) body = ${task('"b"', "2")}; else body = ${task('"c"', "3")};`,
      jsx: "{body}",
    },
    "a let that a switch assigns": {
      body: `let body = ${task('"none"', "0")}; switch (row?.kind) { case "a": body = ${task('"a"', "1")}; break; case "b": case "c": body = ${task('"bc"', "row.kind")}; break; }`,
      jsx: "{body}",
    },
    "a list that begins with what a let held then": {
      body: `let v = ${task('"a"', "1")}; const els = [v]; if (row?.ok) v = ${task('"b"', "2")}; els.push(${task('"c"', "3")});`,
      jsx: "{els}{v}",
    },
    "a let that wraps what it held": {
      body: `let body = ${task('"in"', "0")}; if (row?.ok) body = <Parallel>{body}${task('"extra"', "1")}</Parallel>;`,
      jsx: "{body}",
    },
  };
  for (const [name, snippet] of Object.entries(structural))
    it(name, async () => {
      expect(await shapeOf(name, snippet)).toBe("structural");
    });

  const blocks: Record<string, Snippet> = {
    "a list that is counted": {
      body: `const els = []; if (row?.ok) els.push(${task('"a"', "1")});`,
      jsx: `{els.length > 0 && ${parallel}}`,
    },
    "a list handed to a component that counts its children": {
      top: `const Count = ({ children }) => <Parallel>{children}<T id={"n" + children.length}>n</T></Parallel>;`,
      body: `const els = []; if (row?.ok) els.push(${task('"a"', "1")});`,
      jsx: "<Count>{els}</Count>",
    },
    "a loop that is broken off": {
      body: `const els = []; for (const it of row?.items ?? []) { if (it.n > 3) break; els.push(${task('{"x" + it.id}', "1")}); }`,
      jsx: parallel,
    },
    "a let that a function reads": {
      body: `let body = ${task('"in"', "0")}; const get = () => body; if (row?.ok) body = ${task('"z"', "1")};`,
      jsx: "{get()}",
    },
  };
  for (const [name, snippet] of Object.entries(blocks))
    it(`leaves ${name} to a block`, async () => {
      expect(await shapeOf(name, snippet)).toBe("block");
    });
});
