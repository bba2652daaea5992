/** Random workflow functions that mutate: aliases, nested objects, helpers that write, closures called later, elements on the way. */
import fc from "fast-check";

const HEAD = `import { ClaudeCodeAgent, createSmithers } from "smithers";
import { z } from "zod";

const { Workflow, Task, Parallel, smithers, outputs } = createSmithers({
  input: z.object({ goal: z.string(), n: z.number().int() }),
  row: z.object({ id: z.string(), kind: z.enum(["a", "b"]), ok: z.boolean(), n: z.number(), items: z.array(z.object({ id: z.string(), n: z.number() })) }),
  other: z.object({ id: z.string() }),
});
const agent = new ClaudeCodeAgent({ model: "m" });
const pushTo = (xs, x) => { xs.push(x); return xs.length; };
const copyOf = (xs) => [...xs];
const same = (xs) => xs;
const wrap = (xs) => ({ list: xs, add: (x) => { xs.push(x); } });
const tally = (o, k) => { o[k] = (o[k] ?? 0) + 1; return o; };
`;

const lists = fc.constantFrom("a", "b", "c");
const objects = fc.constantFrom("o", "p");
const values = fc.oneof(
  fc.constantFrom("row?.id", '"x"', "n", "ctx.input.goal", "row?.items.length", "s.length", "row?.ok"),
  lists.map((l) => `${l}.length`),
  lists.map((l) => `${l}.join("+")`),
  objects.map((o) => `Object.keys(${o}).length`),
);
const tests = fc.constantFrom(
  "row",
  "row?.ok",
  "!row",
  'row?.kind === "a"',
  "n > 1",
  "ctx.input.n > 3",
  "a.length > b.length",
);

/** A statement; \`depth\` bounds what is nested in it. \`#\` becomes a number of its own. */
function statement(depth: number): fc.Arbitrary<string> {
  const simple = fc.oneof(
    fc.tuple(lists, values).map(([l, v]) => `${l}.push(${v});`),
    fc.tuple(lists, values).map(([l, v]) => `${l}.unshift(${v});`),
    fc.tuple(lists, lists).map(([l, m]) => `${l} = ${m};`),
    fc.tuple(lists, lists).map(([l, m]) => `${l} = [...${m}, s];`),
    fc.tuple(lists, lists).map(([l, m]) => `${l} = ${m}.concat(${l});`),
    lists.map((l) => `${l}.pop();`),
    lists.map((l) => `${l}.reverse();`),
    fc.tuple(objects, lists).map(([o, l]) => `${o}.list = ${l};`),
    fc.tuple(objects, values).map(([o, v]) => `${o}.v = ${v};`),
    fc.tuple(objects, values).map(([o, v]) => `if (Array.isArray(${o}.list)) ${o}.list.push(${v});`),
    fc.tuple(objects, objects, values).map(([o, p, v]) => `${o} = { ...${p}, w: ${v} };`),
    objects.map((o) => `${o} = o;`),
    objects.map((o) => `delete ${o}.v;`),
    fc.tuple(objects, values).map(([o, v]) => `tally(${o}, String(${v}));`),
    fc.tuple(lists, values).map(([l, v]) => `n += pushTo(${l}, ${v});`),
    fc.tuple(lists, lists).map(([l, m]) => `${l} = same(${m});`),
    fc.tuple(lists, lists).map(([l, m]) => `${l} = copyOf(${m});`),
    fc.tuple(objects, lists).map(([o, l]) => `${o} = wrap(${l});`),
    fc.tuple(objects, values).map(([o, v]) => `${o}.add?.(${v});`),
    values.map((v) => `s += String(${v});`),
    fc.constant("n++;"),
    lists.map((l) => `f = (x) => { ${l}.push(x); n += 1; };`),
    values.map((v) => `f(${v});`),
    lists.map((l) => `fs.push((x) => ${l}.push(x));`),
    values.map((v) => `fs.forEach((g) => g(${v}));`),
    fc.tuple(lists, values).map(([l, v]) => `const k# = ${l}.length + ":" + ${v}; shown.push(k#);`),
    lists.map((l) => `const m# = ${l}.map((e, i) => String(e) + i + s); shown.push(m#.join());`),
    lists.map((l) => `const h# = () => s + ${l}.length; later.push(h#);`),
    lists.map(
      (l) =>
        `els.push(<Task id={"e" + n + "-" + els.length} output={outputs.other} agent={agent}>{${l}.join()}</Task>);`,
    ),
    fc.tuple(lists, lists).map(([l, m]) => `[${l}, ${m}] = [${m}, ${l}];`),
    lists.map((l) => `if (${l}.length) ${l}[0] = "first" + n;`),
    lists.map((l) => `${l}.forEach((e, i) => { n += i; });`),
  );
  if (depth === 0) return simple;
  const inner = fc.array(statement(depth - 1), { minLength: 1, maxLength: 2 }).map((x) => x.join(" "));
  return fc.oneof(
    { weight: 5, arbitrary: simple },
    { weight: 1, arbitrary: fc.tuple(tests, inner).map(([t, x]) => `if (${t}) { ${x} }`) },
    {
      weight: 1,
      arbitrary: fc.tuple(tests, inner, inner).map(([t, x, y]) => `if (${t}) { ${x} } else { ${y} }`),
    },
    { weight: 1, arbitrary: inner.map((x) => `for (const it of row?.items ?? []) { s += it.id; ${x} }`) },
    { weight: 1, arbitrary: inner.map((x) => `for (let i = 0; i < 2; i++) { ${x} }`) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(inner, inner)
        .map(([x, y]) => `try { ${x} if (!row) throw new Error("none"); } catch { ${y} }`),
    },
    {
      weight: 1,
      arbitrary: fc
        .tuple(inner, inner)
        .map(([x, y]) => `switch (row?.kind) { case "a": ${x} break; default: ${y} }`),
    },
  );
}

/** The text of a workflow file. */
export const programs: fc.Arbitrary<string> = fc
  .record({
    body: fc.array(statement(2), { minLength: 2, maxLength: 9 }),
    early: fc.boolean(),
    inJsx: fc.boolean(),
    elements: fc.boolean(),
  })
  .map(({ body, early, inJsx, elements }) => {
    let number = 0;
    const numbered = body.map((line) => {
      number++;
      let own = 0;
      const kept = elements ? line : line.replace(/els\.push\(<Task.*?<\/Task>\);/g, "n--;");
      return kept.replace(/(const ([kmh])#[^;]*;[^;]*;)/g, (part) =>
        part.replaceAll("#", `${number}_${own++}`),
      );
    });
    const cut = early && elements ? Math.floor(numbered.length / 2) : -1;
    const lines = numbered.flatMap((line, n) =>
      n === cut
        ? [
            'if (ctx.input.n > 6) return <Workflow name="early"><Task id="e" output={outputs.other} agent={agent}>{a.join()}{s}</Task></Workflow>;',
            line,
          ]
        : [line],
    );
    return `${HEAD}
export default smithers((ctx) => {
  const row = ctx.outputMaybe("row", { nodeId: "r" });
  let a = ["a"], b = [], c = [1, 2];
  let o = { k: 1 }, p = {};
  let s = "", n = 0;
  let f = (x) => x;
  const fs = [], shown = [], later = [], els = [];
  ${lines.join("\n  ")}
  return (
    <Workflow name="w">
      <Task id="r" output={outputs.row} agent={agent}>start</Task>
      ${inJsx && elements ? "{row && row.items.map((it) => { n += 1; return <Task key={it.id} id={`j-${n}`} output={outputs.other} agent={agent}>{it.id}</Task>; })}" : ""}
      <Task id="lists" output={outputs.other} agent={agent}>{JSON.stringify([a, b, c])} {a === b ? "same" : "not"}</Task>
      <Task id="objects" output={outputs.other} agent={agent}>{JSON.stringify([o, p])} {o === p ? "same" : "not"}</Task>
      <Task id="rest" output={outputs.other} agent={agent}>{s} {n} {shown.join("|")} {later.map((h) => h()).join("|")}</Task>
      ${elements ? "<Parallel>{els}</Parallel>" : ""}
    </Workflow>
  );
});
`;
  });
