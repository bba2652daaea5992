/**
 * Random workflow functions in which objects are shared: nested ones, helpers that write what they are given or hand it
 * back, closures that are called later, maps and sets, destructuring, loops that are left early; what comes of it stands
 * in prompts, ids, conditions, payloads and lists of elements.
 */
import fc from "fast-check";

const HEAD = `import { ClaudeCodeAgent, createSmithers } from "smithers";
import { z } from "zod";

const { Workflow, Task, Parallel, Sequence, smithers, outputs } = createSmithers({
  input: z.object({ goal: z.string(), n: z.number().int(), tags: z.array(z.string()) }),
  row: z.object({ id: z.string(), kind: z.enum(["a", "b", "c"]), ok: z.boolean(), n: z.number(), items: z.array(z.object({ id: z.string(), n: z.number(), ok: z.boolean() })) }),
  other: z.object({ id: z.string() }),
  text: z.any(),
});
const agent = new ClaudeCodeAgent({ model: "m" });
const DEFAULTS = { tags: ["base"], limit: { max: 2 } };
const STEPS = ["plan", "do"];
const addTo = (xs, x) => { xs.push(x); return xs; };
const bump = (o, k = "v", by = 1) => { o[k] = (typeof o[k] === "number" ? o[k] : 0) + by; return o; };
const ensure = (o, k) => { if (!Array.isArray(o[k])) o[k] = []; return o[k]; };
const pick = (xs, keep = (x) => x.ok) => { const out = []; for (const x of xs) { if (!keep(x)) continue; out.push(x.id); if (out.length > 2) break; } return out; };
function walk(x, out = []) { if (Array.isArray(x)) { for (const y of x) walk(y, out); } else { out.push(x); } return out; }
function nest(n, leaf) { return n <= 0 ? leaf : [nest(n - 1, leaf), n]; }
const counter = () => { let n = 0; return () => ++n; };
const stack = () => { const items = []; return { add: (x) => { items.push(x); }, all: () => items, size: () => items.length }; };
const first = (xs) => xs[0];
const tagged = (o, ...more) => ({ ...o, tags: o.tags });
const withTag = (o, t) => { o.tags.push(t); return o; };
const byId = (xs) => { const m = new Map(); for (const x of xs) { const list = m.get(x.id) ?? []; list.push(x); m.set(x.id, list); } return m; };
const settle = (o) => { const { tags, ...rest } = o; return { ...rest, count: tags.length }; };
const last = (xs) => xs[xs.length - 1];
const flip = ([x, y]) => [y, x];
const Show = ({ list, count, label = "none" }) => <Task id={"show-" + label} output={outputs.other} agent={agent}>{list.join()} {count()}</Task>;
const Each = ({ items, render }) => <Sequence>{items.map((x, i) => render(x, i))}</Sequence>;
`;

type Line = (next: () => number) => string;

/** A template: `#` is a number of its own, the others are replaced by what is drawn. */
const at =
  (text: string): Line =>
  (next) =>
    text.includes("#") ? text.replaceAll("#", String(next())) : text;

const lists = fc.constantFrom("a", "b", "o.tags", "p.tags", "m[0].tags");
const names = fc.constantFrom("a", "b");
const objects = fc.constantFrom("o", "p", "m[0]", "o.sub");
const owners = fc.constantFrom("o", "p");
const values = fc.oneof(
  fc.constantFrom('"x"', "row?.id", "n", "ctx.input.goal", "row?.items.length", "s.length", "m.length"),
  lists.map((l) => `${l}.length`),
  lists.map((l) => `${l}.join("+")`),
  lists.map((l) => `last(${l})`),
  owners.map((o) => `${o}.sub.n`),
  fc.constantFrom("mp.size", "st.has('x')", "first(a)", "[...st].join()", "count()", "kept.size()", "f(1)"),
);
const tests = fc.constantFrom(
  "row",
  "row?.ok",
  "!row",
  'row?.kind === "a"',
  "ctx.input.n > 3",
  "a.length > b.length",
  "o === p",
  "o.tags === a",
  "n > 2",
  "m.some((x) => x.n > 1)",
  "st.size",
);
const rows = fc.constantFrom(
  "row?.items ?? []",
  "ctx.input.tags",
  "[...a]",
  "STEPS",
  "[...m]",
  "Object.keys(o)",
);

const simple: fc.Arbitrary<Line> = fc
  .oneof(
    fc.tuple(lists, values).map(([l, v]) => `${l}.push(${v});`),
    fc.tuple(lists, values).map(([l, v]) => `${l}.unshift(${v});`),
    lists.map((l) => `${l}.splice(0, 1);`),
    lists.map((l) => `${l}.sort();`),
    lists.map((l) => `${l}.length = Math.min(${l}.length, 2);`),
    fc.tuple(names, lists).map(([x, l]) => `${x} = ${l};`),
    fc.tuple(names, lists).map(([x, l]) => `${x} = [...${l}, s];`),
    fc.tuple(names, lists).map(([x, l]) => `${x} = ${l}.filter((e) => e !== "x");`),
    fc.tuple(names, lists, values).map(([x, l, v]) => `${x} = addTo(${l}, ${v});`),
    fc.tuple(lists, values).map(([l, v]) => `addTo(addTo(${l}, ${v}), "y");`),
    fc.tuple(owners, owners).map(([o, p]) => `${o} = ${p};`),
    fc.tuple(owners, owners, values).map(([o, p, v]) => `${o} = { ...${p}, v: ${v} };`),
    fc.tuple(owners, objects).map(([o, p]) => `${o}.sub = ${p};`),
    fc.tuple(owners, names).map(([o, l]) => `${o}.tags = ${l};`),
    fc.tuple(owners, objects).map(([o]) => `${o} = tagged(${o});`),
    owners.map((o) => `withTag(tagged(${o}), "t");`),
    fc.tuple(owners, values).map(([o, v]) => `withTag(${o}, ${v}).v = 1;`),
    fc.tuple(objects, values).map(([o, v]) => `${o}.v = ${v};`),
    objects.map((o) => `bump(${o}); bump(${o}, "w", 2);`),
    fc.tuple(objects, values).map(([o, v]) => `ensure(${o}, "seen").push(${v});`),
    fc.tuple(objects, objects).map(([o, p]) => `Object.assign(${o}, { z: ${p} === ${o} });`),
    owners.map((o) => `({ ...${o} }).tags.push("spread");`),
    owners.map((o) => `${o}.sub.n += 1;`),
    owners.map((o) => `${o}.limit ??= DEFAULTS.limit; s += ${o}.limit.max;`),
    owners.map((o) => `delete ${o}.v;`),
    owners.map((o) => `const { tags: t#, ...r# } = ${o}; t#.push("d"); shown.push(Object.keys(r#).join());`),
    owners.map(
      (o) =>
        `const { v: v#, sub: { n: n# = 7 } = {}, w: w# = n++ } = ${o}; shown.push(v# + ":" + n# + ":" + w#);`,
    ),
    names.map((l) => `const [h#, ...t#] = ${l}; t#.push(h#); shown.push(t#.length);`),
    fc.constant("[a, b] = flip([a, b]);"),
    fc.constant("[o, p] = [p, o];"),
    values.map((v) => `m.push({ id: "m" + m.length, n: m.length, tags: a, extra: ${v} });`),
    fc.constant("m.forEach((x, i) => { x.n += i; });"),
    fc.constant("const up# = m.map((x) => { x.n++; return x; }); up#.pop(); shown.push(up#.length);"),
    fc.constant(
      "const hit# = m.find((x) => x.n > 0 || x.id === row?.id); if (hit#) { hit#.n = 9; hit#.tags.push('hit'); }",
    ),
    fc.constant("m.at(-1).n = n;"),
    fc.constant("const lastOne# = last(m); lastOne#.tags = [...lastOne#.tags, 'z'];"),
    fc.constant("const top# = m.toSorted((x, y) => y.n - x.n)[0]; top#.v = 'top';"),
    fc.constant(
      "const groups# = byId(row?.items ?? m); for (const [k, xs] of groups#) { shown.push(k + xs.length); xs.push(1); }",
    ),
    fc.tuple(lists, values).map(([l, v]) => `mp.set(String(${v}), ${l});`),
    values.map((v) => `mp.get(String(${v}))?.push("got");`),
    fc.constant("for (const [k, v] of mp) shown.push(k + v.length);"),
    fc.constant("mp.forEach((v, k) => { v.push(k); });"),
    values.map((v) => `st.add(${v});`),
    fc.constant("if (st.delete('x')) n++;"),
    values.map((v) => `s += String(${v});`),
    fc.constant("n = walk(nest(2, a)).length;"),
    fc.constant("shown.push(walk([a, [b]]).join());"),
    fc.constant("walk(STEPS, a);"),
    fc.constant("kept.add(n); kept.all().push('direct');"),
    fc.constant("count(); n += count();"),
    names.map((l) => `f = (x) => { ${l}.push(x); return ${l}.length; };`),
    owners.map((o) => `f = (x) => { ${o} = { ...${o}, v: x }; return n++; };`),
    values.map((v) => `f(${v});`),
    lists.map((l) => `fs.push((x) => ${l}.push(x));`),
    owners.map((o) => `fs.push(() => ${o}.tags.pop());`),
    fc.constant("fs.forEach((g, i) => g(i));"),
    fc.constant("fs.at(-1)?.(n);"),
    lists.map((l) => `const now# = ${l}.join(); later.push(() => now# + s + ${l}.length);`),
    fc.tuple(tests, lists, lists).map(([t, l, k]) => `(${t} ? ${l} : ${k}).push("either");`),
    fc.tuple(tests, lists).map(([t, l]) => `${t} && ${l}.push("maybe");`),
    fc
      .tuple(tests, owners, owners)
      .map(([t, o, p]) => `const c# = ${t} ? ${o} : ${p}; c#.v = "c"; shown.push(c# === ${o});`),
    fc.constant("row?.items.forEach((it) => { a.push(it.id); n += it.n; });"),
    rows.map((r) => `shown.push((${r}).reduce((sum, x, i) => { a.push(i); return sum + i; }, 0));`),
    fc
      .tuple(rows, lists)
      .map(
        ([r, l]) => `const ids# = (${r}).map((x) => addTo(${l}, x.id ?? x).length); shown.push(ids#.join());`,
      ),
    lists.map((l) => `const g# = (x = ${l}.pop()) => String(x); shown.push(g#() + g#("given"));`),
    lists.map((l) => `shown.push((() => { const t = ${l}; t.push("iife"); return t.length; })());`),
    fc.constant("function local#(k) { s += k; return s.length; } local#('q'); later.push(() => local#(1));"),
    fc.constant("const self# = { v: 1, get: () => self#.v }; self#.v = n; later.push(self#.get);"),
    fc.constant(
      "const box# = { inner: o }; box#.inner.tags.push('boxed'); box#.inner = p; box#.inner.v = 'boxed';",
    ),
    fc.constant("const pair# = [o, p]; pair#[n % 2].v = 'pair'; for (const x of pair#) x.tags.push('pair');"),
  )
  .map(at);

function statement(depth: number): fc.Arbitrary<Line> {
  if (depth === 0) return simple;
  const inner = fc.array(statement(depth - 1), { minLength: 1, maxLength: 2 }).map(
    (lines): Line =>
      (next) =>
        lines.map((line) => line(next)).join(" "),
  );
  const around = (arbitrary: fc.Arbitrary<readonly [string, ...Line[]]>) => ({
    weight: 1,
    arbitrary: arbitrary.map(
      ([text, ...parts]): Line =>
        (next) =>
          parts.reduce((made, part) => made.replace("@", () => part(next)), at(text)(next)),
    ),
  });
  return fc.oneof(
    { weight: 9, arbitrary: simple },
    around(
      fc.tuple(
        tests.map((t) => `if (${t}) { @ }`),
        inner,
      ),
    ),
    around(
      fc.tuple(
        tests.map((t) => `if (${t}) { @ } else { @ }`),
        inner,
        inner,
      ),
    ),
    around(
      fc.tuple(
        rows.map((r) => `for (const it of ${r}) { if (it.ok === false || n > 20) continue; n++; @ }`),
        inner,
      ),
    ),
    around(
      fc.tuple(
        rows.map((r) => `for (const [i, it] of (${r}).entries()) { if (i > 1) break; s += it.id ?? it; @ }`),
        inner,
      ),
    ),
    around(fc.tuple(fc.constant("for (let i = 0; i < 2; i++) { later.push(() => i); @ }"), inner)),
    around(fc.tuple(fc.constant("let w# = 0; while (w# < 2) { w#++; @ }"), inner)),
    around(
      fc.tuple(
        fc.constant('try { @ if (row?.ok) throw new Error("stop"); @ } catch (e) { s += e.message; @ }'),
        inner,
        inner,
        inner,
      ),
    ),
    around(fc.tuple(fc.constant("try { @ } finally { @ }"), inner, inner)),
    around(
      fc.tuple(
        fc.constant('switch (row?.kind) { case "a": @ break; case "b": @ default: @ }'),
        inner,
        inner,
        inner,
      ),
    ),
    around(fc.tuple(fc.constant("{ let a = [s]; @ later.push(() => a.join()); }"), inner)),
    around(fc.tuple(fc.constant("const run# = (q) => { @ return q; }; run#(1);"), inner)),
  );
}

const shows = fc.subarray(
  [
    '{m.map((x) => <Task key={x.id} id={"m-" + x.id} output={outputs.other} agent={agent}>{JSON.stringify(x.tags)} {x.n}</Task>)}',
    '{a.length > 2 && <Task id="long" output={outputs.other} agent={agent}>{a.at(-1)}</Task>}',
    '{row?.items.map((it, i) => { a.push(it.id); return <Task key={it.id} id={"r" + i} output={outputs.other} agent={agent}>{a.length}</Task>; })}',
    '{row?.items.map((it, i) => { const own = []; own.push(it.id, i); return <Task key={it.id} id={"s" + i} output={outputs.other} agent={agent}>{own.join()}</Task>; })}',
    "<Show list={b} count={() => n + later.length} label={row?.kind} />",
    '<Each items={m} render={(x, i) => <Task id={"each-" + i} output={outputs.other} agent={agent}>{x.n} {s}</Task>} />',
    '<Task id="payload" output={outputs.text}>{{ o: settle(o), p, list: [a, b] }}</Task>',
    '{o === p ? <Task id="one" output={outputs.other} agent={agent}>{s}</Task> : <Task id="two" output={outputs.other} agent={agent}>{n}</Task>}',
    '<Task id="again" output={outputs.other} agent={agent} skipIf={n > 3} retries={a.length}>{(() => { const t = [...a]; t.push("own"); return t.join(); })()}</Task>',
    '<Task id="f" output={outputs.other} agent={agent}>{[...mp].map(([k, v]) => k + v.length).join()} {[...st].join()} {kept.size()}</Task>',
    '<Task id="lists" output={outputs.other} agent={agent}>{JSON.stringify([a, b])} {a === b ? "same" : "not"}</Task>',
    '<Task id="objects" output={outputs.other} agent={agent}>{JSON.stringify([o.tags, p.tags, o.v, p.v])} {o === p ? "same" : "not"}</Task>',
    '<Task id="items" output={outputs.other} agent={agent}>{JSON.stringify(m)}</Task>',
    '<Task id={"rest" + n} output={outputs.other} agent={agent}>{s} {n} {shown.join("|")} {later.map((h) => h()).join("|")}</Task>',
    "<Parallel>{els}</Parallel>",
    "<Sequence>{body}</Sequence>",
  ],
  { minLength: 1, maxLength: 7 },
);

/** Elements gathered by statements. */
const ELEMENTS = [
  'for (const it of row?.items ?? []) { if (!it.ok) continue; els.push(<Task id={"el-" + it.id} output={outputs.other} agent={agent}>{it.id} {s}</Task>); }',
  'if (row?.ok) { els.push(<Task id="el-ok" output={outputs.other} agent={agent}>{n}</Task>); } else els.push(<Task id="el-no" output={outputs.other} agent={agent}>{a.length}</Task>);',
  'ctx.input.tags.forEach((t, i) => { if (i > 1) return; const k = t + i; els.push(<Task id={"el-" + k} output={outputs.other} agent={agent}>{k}</Task>); });',
  'n > 1 && els.push(<Task id="el-n" output={outputs.other} agent={agent}>{s}</Task>);',
  'if (row?.kind === "a") body = <Task id="body-a" output={outputs.other} agent={agent}>{s}</Task>; else if (row) body = <Sequence>{body}</Sequence>;',
  'switch (row?.kind) { case "b": body = <Task id="body-b" output={outputs.other} agent={agent}>{n}</Task>; break; case "c": { const k = s; body = <Parallel>{body}<Task id="body-c" output={outputs.other} agent={agent}>{k}</Task></Parallel>; break; } }',
];

/** Declarations in order; those that nothing uses are left out, so that regions stay apart. */
const LOCALS: readonly (readonly [string, string])[] = [
  ["row", 'const row = ctx.outputMaybe("row", { nodeId: "r" });'],
  ["a", 'let a = ["a"];'],
  ["b", "let b = [];"],
  ["m", 'const m = [{ id: "m0", n: 0, tags: [] }];'],
  ["p", "let p = { tags: [...DEFAULTS.tags], sub: { n: 2 } };"],
  ["o", "let o = { k: 1, tags: OWN, sub: { n: 1 } };"],
  ["mp", 'const mp = new Map([["k", ["k"]]]);'],
  ["st", 'const st = new Set(["x"]);'],
  ["s", 'let s = "";'],
  ["n", "let n = 0;"],
  ["f", "let f = (x) => x;"],
  ["count", "const count = counter();"],
  ["kept", "const kept = stack();"],
  ["fs", "const fs = [];"],
  ["shown", "const shown = [];"],
  ["later", "const later = [];"],
  ["els", "const els = [];"],
  ["body", 'let body = <Task id="body" output={outputs.other} agent={agent}>{s}</Task>;'],
];

/** The text of a workflow file. */
export const sharedObjects: fc.Arbitrary<string> = fc
  .record({
    body: fc.array(statement(2), { maxLength: 7 }),
    early: fc.constantFrom(
      "",
      "",
      'if (ctx.input.n > 6) return <Workflow name="early"><Task id="e" output={outputs.other} agent={agent}>{a.join()} {s}</Task></Workflow>;',
      'if (row && !row.ok) { a.push("left"); return <Workflow name="left"><Task id="e" output={outputs.other} agent={agent}>{a.join()} {o.tags.join()}</Task></Workflow>; }',
    ),
    own: fc.constantFrom("a", '["own"]'),
    elements: fc.subarray(ELEMENTS, { maxLength: 3 }),
    shows,
  })
  .map(({ body, early, own, elements, shows: shown }) => {
    let number = 0;
    const lines = body.map((line) => line(() => ++number));
    if (early) lines.splice(Math.ceil(lines.length / 2), 0, early);
    for (const [n, line] of elements.entries())
      lines.splice((n * 7 + lines.length) % (lines.length + 1), 0, line);
    let rest = [...lines, ...shown].join("\n");
    const declared: string[] = [];
    for (const [name, text] of [...LOCALS].reverse()) {
      if (!new RegExp(`(?<![\\w]|[^.]\\.)${name}(?!\\w)`).test(rest)) continue;
      declared.unshift(text.replace("OWN", own));
      rest = `${text.replace("OWN", own)} ${rest}`;
    }
    return `${HEAD}
export default smithers((ctx) => {
  ${[...declared, ...lines].join("\n  ")}
  return (
    <Workflow name="w">
      <Task id="r" output={outputs.row} agent={agent}>start</Task>
      ${shown.join("\n      ")}
    </Workflow>
  );
});
`;
  });
