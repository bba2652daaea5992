/**
 * Lints that claim certainty, against the runtime: over generated inputs and rows a comparison that is reported (SM308,
 * SM401) never changes what is mounted, and an element that can't be reached (SM402) never is.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import fc from "fast-check";
import { afterAll, expect, it } from "vitest";
import { build } from "../../compiler/index.ts";
import type { Json } from "../../plan/types.ts";
import { previewFrame } from "../../runtime/preview.ts";

const RUNS = Number(process.env.RUNS ?? 80);
const folder = mkdtempSync(path.join(os.tmpdir(), "certain-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Comparisons of an input and a row, some of which no run can fulfil. */
const literal = fc.constantFrom('"low"', '"high"', '"hgih"', "1", "true", "undefined", "null", '""');
const number = fc.constantFrom("-1", "0", "0.5", "1", "2", "3");
const value = fc.constantFrom(
  ...["ctx.input.mode", "ctx.input.count", "ctx.input.note", "row?.mode", "row?.ok", "row?.list", "row"],
  ...['(row?.mode ?? "none")', "ctx.outputs.row", "ctx.outputs.row.filter((r) => r.ok).length"],
);
/** Numbers and lengths that schemas bound. */
const bounded = fc.constantFrom(
  ...["ctx.input.level", "ctx.input.part", "row?.share", "(row?.share ?? -1)", "row?.tags.length"],
  ...["ctx.outputs.row.length", "row?.tags.filter((x) => x).length", "ctx.input.word.length"],
);
const orders = fc.constantFrom("===", "!==", "<", "<=", ">", ">=");
const comparison = fc.oneof(
  fc
    .tuple(value, fc.constantFrom("===", "!==", "==", "!=", "<", ">="), literal)
    .map(([left, op, right]) => `${left} ${op} ${right}`),
  fc.tuple(bounded, orders, number).map(([left, op, right]) => `${left} ${op} ${right}`),
  fc.tuple(number, orders, bounded).map(([left, op, right]) => `${left} ${op} ${right}`),
);
const test = fc.oneof(
  comparison,
  comparison.map((x) => `!(${x})`),
  value,
  value.map((x) => `!${x}`),
);

/** An outer and an inner condition; often of one value, so that they contradict one another. */
const pair = fc.oneof(
  fc.tuple(test, test),
  fc
    .tuple(fc.constantFrom("ctx.input.mode", "row?.mode", "ctx.input.note"), literal, literal)
    .map(([of, a, b]): [string, string] => [`${of} === ${a}`, `${of} === ${b}`]),
);

const row = fc.record({
  mode: fc.constantFrom("low", "high"),
  ok: fc.boolean(),
  list: fc.array(fc.string()),
  share: fc.constantFrom(0.25, 0.5, 1, 2, 3),
  tags: fc.array(fc.constantFrom("", "a"), { minLength: 1, maxLength: 2 }),
});
const input = fc.record({
  mode: fc.constantFrom("low", "high"),
  count: fc.integer({ min: -2, max: 2 }),
  note: fc.option(fc.constantFrom("", "low", "x")),
  level: fc.integer({ min: 0, max: 2 }),
  part: fc.option(fc.constantFrom(0, 0.5, 2)),
  word: fc.constantFrom("ab", "abc"),
});

const source = (outer: string, inner: string): string => `
import { AnthropicAgent, createSmithers } from "smithers";
import { z } from "zod";
const { Workflow, Task, Sequence, Parallel, smithers, outputs } = createSmithers({
  input: z.object({ mode: z.enum(["low", "high"]), count: z.number(), note: z.string().nullable(), level: z.int().min(0).max(2), part: z.number().nonnegative().nullable(), word: z.string().min(2) }),
  row: z.object({ mode: z.enum(["low", "high"]), ok: z.boolean(), list: z.array(z.string()), share: z.number().positive(), tags: z.array(z.string()).min(1) }),
});
const agent = new AnthropicAgent({ model: "m" });
export default smithers((ctx) => {
  const row = ctx.outputMaybe("row", { nodeId: "row" });
  return (
    <Workflow name="w">
      <Parallel>
        <Task id="row" output={outputs.row} agent={agent}>x</Task>
        <Task id="told" output={outputs.row} agent={agent}>{String(${outer})}</Task>
        {(${outer}) ? (
          <Sequence>
            <Task id="outer" output={outputs.row} agent={agent}>x</Task>
            {(${inner}) && <Task id="inner" output={outputs.row} agent={agent}>y</Task>}
          </Sequence>
        ) : null}
      </Parallel>
    </Workflow>
  );
});
`;

it(`holds what it says of ${RUNS} workflows`, { timeout: 280_000 }, async () => {
  const seen = { never: 0, constant: 0, unreachable: 0, frames: 0, refused: 0 };
  const given = fc.array(fc.tuple(input, fc.option(row)), { minLength: 12, maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(pair, given, async ([outer, inner], frames) => {
      const file = path.join(folder, "workflow.tsx");
      const text = source(outer, inner);
      writeFileSync(file, text);
      const { plan, diagnostics } = await build(file, { root: folder });
      if (!plan) {
        seen.refused++;
        return;
      }
      const at = (code: string): number[] =>
        diagnostics.flatMap((d) => (d.code === code && d.span ? [d.span.start] : []));
      // Which condition a finding is of: that of the prompt and of the outer element are the same.
      const place = text.indexOf('<Task id="outer"');
      const isOuter = (start: number): boolean => start < place;
      const fixedOuter = [...at("SM308"), ...at("SM401")].some(isOuter);
      const fixedInner = [...at("SM308"), ...at("SM401")].some((start) => !isOuter(start));
      const unreachable = at("SM402").length > 0;
      const outers = new Set<boolean>();
      const inners = new Set<boolean>();
      for (const [givenInput, result] of frames) {
        const rows = result ? [{ table: "row", nodeId: "row", iteration: 0, row: result as Json }] : [];
        const frame = previewFrame(plan, givenInput as Json, rows);
        seen.frames++;
        const has = (id: string): boolean => frame.tasks.some((task) => task.nodeId === id);
        // A row beside a text is an error, not an answer.
        if (frame.held.length > 0) return;
        outers.add(has("outer"));
        if (has("outer")) inners.add(has("inner"));
        if (unreachable) expect(has("inner"), `${outer} / ${inner}`).toBe(false);
      }
      if (fixedOuter) {
        seen.never++;
        expect(outers.size, `${outer} was said to be constant`).toBe(1);
      }
      if (fixedInner) {
        seen.constant++;
        expect(inners.size, `${inner} was said to be constant`).toBeLessThan(2);
      }
      if (unreachable) seen.unreachable++;
    }),
    { numRuns: RUNS, seed: process.env.SEED ? Number(process.env.SEED) : 7 },
  );
  console.log(`certain: ${JSON.stringify(seen)}`);
  // Programs of which nothing is said prove nothing.
  expect(seen.never + seen.constant).toBeGreaterThan(RUNS / 8);
  expect(seen.unreachable).toBeGreaterThan(0);
});

/** A union by its kinds, and fields that only some of them have. */
const ALTERNATIVES: readonly { readonly [field: string]: Json }[] = [
  { kind: "a", ok: true, one: "x" },
  { kind: "a", ok: true, one: "" },
  { kind: "b", ok: false, two: "y" },
  { kind: "c", ok: false, two: "z", three: 1 },
];
const about = fc.oneof(
  fc
    .tuple(fc.constantFrom("===", "!=="), fc.constantFrom("a", "b", "c"))
    .map(([op, kind]) => `r.kind ${op} "${kind}"`),
  fc.constantFrom("r.ok", "!r.ok", "r.ok === false", '["a", "b"].includes(r.kind)', "ctx.input.fast"),
);
const decision = fc.letrec<{ readonly test: string }>((tie) => ({
  test: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    about,
    fc.tuple(tie("test"), fc.constantFrom("&&", "||"), tie("test")).map(([a, op, b]) => `(${a} ${op} ${b})`),
    tie("test").map((x) => `!(${x})`),
  ),
})).test;
/** Where a field is read once a decision has fallen: in a choice, in statements, of items, in another element. */
const forms: readonly ((
  test: string,
  field: string,
) => { readonly helper?: string; readonly prompt: string; readonly if?: string })[] = [
  (test, field) => ({ prompt: `{${test} ? r.${field} : "no"}` }),
  (test, field) => ({ prompt: `{${test} || r.${field}}` }),
  (test, field) => ({ prompt: `{r.${field}}`, if: test }),
  (test, field) => ({
    helper: `const read = (ctx, r) => { if (${test}) return r.${field}; return "no"; };`,
    prompt: "{read(ctx, r)}",
  }),
  (test, field) => ({
    helper: `const read = (ctx, r) => { if (!(${test})) { return "no"; } return r.${field}; };`,
    prompt: "{read(ctx, r)}",
  }),
  (test, field) => ({ prompt: `{[...ctx.input.all].filter((r) => ${test}).map((r) => r.${field}).length}` }),
  (test, field) => ({ prompt: `{ctx.input.all.filter((r) => ${test}).map((r) => r.${field}).length}` }),
];

it("says of no field of a union that it is not there where it may be", { timeout: 280_000 }, async () => {
  const seen = { reported: 0, silent: 0 };
  const field = fc.constantFrom("one", "two", "three");
  await fc.assert(
    fc.asyncProperty(decision, field, fc.constantFrom(...forms), async (test, name, form) => {
      const { helper = "", prompt, if: around } = form(test, name);
      const file = path.join(folder, "union.tsx");
      const task = `<Task id="t" output={outputs.note} agent={agent}>${prompt}</Task>`;
      writeFileSync(
        file,
        `import { AnthropicAgent, createSmithers } from "smithers";
import { z } from "zod";
const result = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("a"), ok: z.literal(true), one: z.string() }),
  z.object({ kind: z.literal("b"), ok: z.literal(false), two: z.string() }),
  z.object({ kind: z.literal("c"), ok: z.literal(false), two: z.string(), three: z.number() }),
]);
const { Workflow, Task, smithers, outputs } = createSmithers({
  input: z.object({ fast: z.boolean(), one: result, all: z.array(result) }),
  note: z.object({ text: z.string() }),
});
const agent = new AnthropicAgent({ model: "m" });
${helper}
export default smithers((ctx) => {
  const r = ctx.input.one;
  return <Workflow name="w">${around === undefined ? task : `{(${around}) ? ${task} : null}`}</Workflow>;
});
`,
      );
      const { diagnostics } = await build(file, { root: folder });
      const isReported = diagnostics.some(
        ({ code, message }) => code === "SM303" && message.includes(`\`${name}\``),
      );
      if (isReported) seen.reported++;
      else seen.silent++;
      if (!isReported) return;
      // What JavaScript itself reads where the decision lets it.
      const holds = new Function("r", "ctx", `return Boolean(${test});`) as (
        r: unknown,
        ctx: unknown,
      ) => boolean;
      const wanted = form !== forms[1];
      for (const r of ALTERNATIVES)
        for (const fast of [true, false])
          if (holds(r, { input: { fast } }) === wanted)
            expect(r[name], `${name} where ${test}`).toBe(undefined);
    }),
    { numRuns: RUNS * 2, seed: process.env.SEED ? Number(process.env.SEED) : 7 },
  );
  console.log(`unions: ${JSON.stringify(seen)}`);
  expect(seen.reported).toBeGreaterThan(RUNS / 8);
  expect(seen.silent).toBeGreaterThan(RUNS / 8);
});
