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
const value = fc.constantFrom(
  ...["ctx.input.mode", "ctx.input.count", "ctx.input.note", "row?.mode", "row?.ok", "row?.list", "row"],
  ...['(row?.mode ?? "none")', "ctx.outputs.row", "ctx.outputs.row.filter((r) => r.ok).length"],
);
const comparison = fc
  .tuple(value, fc.constantFrom("===", "!==", "==", "!=", "<", ">="), literal)
  .map(([left, op, right]) => `${left} ${op} ${right}`);
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
});
const input = fc.record({
  mode: fc.constantFrom("low", "high"),
  count: fc.integer({ min: -2, max: 2 }),
  note: fc.option(fc.constantFrom("", "low", "x")),
});

const source = (outer: string, inner: string): string => `
import { AnthropicAgent, createSmithers } from "smithers";
import { z } from "zod";
const { Workflow, Task, Sequence, Parallel, smithers, outputs } = createSmithers({
  input: z.object({ mode: z.enum(["low", "high"]), count: z.number(), note: z.string().nullable() }),
  row: z.object({ mode: z.enum(["low", "high"]), ok: z.boolean(), list: z.array(z.string()) }),
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
