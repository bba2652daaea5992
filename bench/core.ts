/**
 * What one evaluation of a residual costs, as a ratio to the same expression run by V8 itself in the same process.
 * Prints one JSON line.
 */
import { compileExpr } from "../plan/core/evaluate.ts";
import { parseExpr } from "../plan/core/parse.ts";
import type { Env } from "../plan/core/values.ts";

const TEXT = "a.b.c === 'x' && items.filter((i) => i.ok).length > 3";
const ROUNDS = 200_000;

const names = {
  a: { b: { c: "x" } },
  items: Array.from({ length: 8 }, (_, i) => ({ ok: i % 2 === 0, n: i })),
};
const env: Env = { name: (name) => names[name as keyof typeof names] };

/** Nanoseconds of one call, the median of five rounds. */
function measure(run: () => unknown, rounds: number): number {
  const times: number[] = [];
  for (let round = 0; round < 5; round++) {
    const start = process.hrtime.bigint();
    for (let i = 0; i < rounds; i++) {
      run();
    }
    times.push(Number(process.hrtime.bigint() - start) / rounds);
  }
  return times.sort((x, y) => x - y)[2] ?? 0;
}

const native = new Function("a", "items", `return ${TEXT};`) as (a: unknown, items: unknown) => unknown;
const compiled = compileExpr(parseExpr(TEXT));
if (compiled.evaluate(env) !== native(names.a, names.items)) {
  throw new Error("Core and V8 differ");
}
const v8 = measure(() => native(names.a, names.items), ROUNDS);
const core = measure(() => compiled.evaluate(env), ROUNDS);
const parse = measure(() => parseExpr(TEXT), ROUNDS / 10);
console.log(
  JSON.stringify({
    expression: TEXT,
    nsV8: Math.round(v8),
    nsCore: Math.round(core),
    ratio: Number((core / v8).toFixed(1)),
    nsParse: Math.round(parse),
  }),
);
