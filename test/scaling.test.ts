/**
 * How the time of a build grows with the source. Four times the source may take eight times the time, not sixteen: the
 * bound is wide enough for a busy machine and catches whatever became quadratic. bench/ has the curves.
 */
import { describe, expect, it } from "vitest";
import { buildText, repeat, type Source, sourceOf, task } from "./sources.ts";

/** Each grows in one direction; `size` is the smaller of the two sizes compared. */
const SHAPES: readonly {
  readonly name: string;
  readonly size: number;
  readonly of: (n: number) => Source;
}[] = [
  {
    name: "tasks of a component",
    size: 500,
    of: (n) => ({
      top: `const T = ({ id }: { id: string }) => ${task("x").replace('"x"', "{id}")};`,
      tree: repeat(n, (i) => `<T id="t${i}" />`),
    }),
  },
  {
    name: "tasks that wait for the one before",
    size: 200,
    of: (n) => ({
      body: repeat(n, (i) => `const r${i} = ctx.outputMaybe(outputs.done, { nodeId: "t${i}" });`),
      tree: repeat(n, (i) =>
        i === 0 ? task("t0") : `{r${i - 1} ? ${task(`t${i}`, `{r${i - 1}.text}`)} : null}`,
      ),
    }),
  },
  {
    name: "statements under conditions",
    size: 150,
    of: (n) => ({
      body: `let x = "";\n${repeat(n, (i) => `if (ctx.input.n > ${i}) x += "v${i}";`)}`,
      tree: task("t", "{x}"),
    }),
  },
  {
    name: "elements pushed under conditions",
    size: 150,
    of: (n) => ({
      body: `const xs: unknown[] = [];\n${repeat(n, (i) => `if (ctx.input.n > ${i}) xs.push(${task(`t${i}`)});`)}`,
      tree: "{xs}",
    }),
  },
  {
    name: "early returns of a helper",
    size: 200,
    of: (n) => ({
      top: `const f = (n: number) => {\n${repeat(n, (i) => `if (n === ${i}) return "v${i}";`)}\nreturn "z";\n};`,
      tree: task("t", "{f(ctx.input.n)}"),
    }),
  },
  {
    name: "helpers",
    size: 200,
    of: (n) => ({
      top: repeat(n, (i) => `const f${i} = (a: number) => a + ${i};`),
      tree: repeat(n, (i) => task(`t${i}`, `{f${i}(ctx.input.n)}`)),
    }),
  },
  {
    name: "one component in one level after another",
    size: 30,
    of: (n) => ({
      top: `const C0 = () => ${task("t")};\n${repeat(n, (i) => `const C${i + 1} = () => <Sequence><C${i} /></Sequence>;`)}`,
      tree: `<C${n} />`,
    }),
  },
  {
    name: "one long prompt",
    size: 2_000,
    of: (n) => ({ tree: task("t", `{\`${repeat(n, (i) => `line ${i} of \${ctx.input.n}`)}\`}`) }),
  },
];

/** Microseconds of CPU, the better of three. */
async function cost(text: string): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 3; round++) {
    const start = process.cpuUsage();
    const { plan, diagnostics } = await buildText(text);
    const { user, system } = process.cpuUsage(start);
    expect(plan, JSON.stringify(diagnostics[0])).not.toBeNull();
    best = Math.min(best, user + system);
  }
  return best;
}

describe("the time of a build", () => {
  it.each(SHAPES)("grows with $name", { timeout: 60_000 }, async ({ size, of }) => {
    await cost(sourceOf(of(size)));
    const small = await cost(sourceOf(of(size)));
    const large = await cost(sourceOf(of(size * 4)));
    // What every build costs would hide the growth of the smallest.
    expect(large / Math.max(small, 5_000)).toBeLessThan(8);
  });

  it("is bounded where components double", { timeout: 60_000 }, async () => {
    const top = `const C0 = () => ${task("t")};\n${repeat(40, (i) => `const C${i + 1} = () => <><C${i} /><C${i} /></>;`)}`;
    const text = sourceOf({ top, tree: "<C40 />" });
    const start = process.cpuUsage();
    const { diagnostics } = await buildText(text);
    expect(diagnostics.map(({ code }) => code)).toContain("SM118");
    expect(process.cpuUsage(start).user).toBeLessThan(4_000_000);
  });
});
