/**
 * What doubles, nests or repeats without measure ends with a diagnostic and soon: no stack trace, no hang. How the time of
 * an ordinary build grows is test/scaling.test.ts.
 */
import { describe, expect, it } from "vitest";
import { renderText } from "../cli/render/report/text.ts";
import { findingsOf } from "../cli/report.ts";
import type { BuildResult } from "../compiler/index.ts";
import * as compiler from "../compiler/index.ts";
import { buildText, repeat, type Source, sourceOf, task } from "./sources.ts";

const read = (parts: Source): Promise<BuildResult> => buildText(sourceOf(parts));

const codesOf = ({ diagnostics }: BuildResult): string[] => diagnostics.map(({ code }) => code);

/** Sixty levels, each of which holds the one before twice. */
const DOUBLING = 60;

describe("a build ends", () => {
  it("where elements hold one another twice", async () => {
    const result = await read({
      body: `const e0 = ${task("t")};\n${repeat(DOUBLING, (i) => `const e${i + 1} = <>{e${i}}{e${i}}</>;`)}`,
      tree: `{e${DOUBLING}}`,
    });
    expect(codesOf(result)).toEqual(["SM118"]);
    expect(result.diagnostics[0]!.message).toContain("50,000 times");
  });

  it("where tables share their parts, which is no fault", async () => {
    const { plan, diagnostics } = await read({
      top: `const t0 = { a: 1 };\n${repeat(DOUBLING, (i) => `const t${i + 1} = { l: t${i}, r: t${i} };`)}`,
      tree: task("t", `{t${DOUBLING}.l.r.l.r.l.r.l.r.l === t${DOUBLING - 9} ? "same" : "other"}`),
    });
    expect(diagnostics).toEqual([]);
    expect(plan).not.toBeNull();
  });

  it("where lists that share their parts become one text", async () => {
    const result = await read({
      top: `const t0 = [1];\n${repeat(DOUBLING, (i) => `const t${i + 1} = [t${i}, t${i}];`)}`,
      tree: task("t", `{JSON.stringify(t${DOUBLING})}`),
    });
    expect(codesOf(result)).toEqual(["SM118"]);
  });

  it("where a replacement would give a text that no engine can hold", async () => {
    for (const by of ["'a'.repeat(2000)", "() => 'a'.repeat(2000)"]) {
      const result = await read({
        top: `const long = "a".repeat(2000).replaceAll("a", "a".repeat(2000)).replaceAll("a", ${by});`,
        tree: task("t", "{long}"),
      });
      expect(codesOf(result)).toEqual(["SM118"]);
    }
  });

  it("where helpers call one another deeper than the stack", async () => {
    const result = await read({
      top: `const f0 = (n: number) => n;\n${repeat(500, (i) => `const f${i + 1} = (n: number) => f${i}(n) + 1;`)}`,
      tree: task("t", "{f500(ctx.input.n)}"),
    });
    expect(codesOf(result)).toContain("SM112");
  });
});

describe("what is long is no fault", () => {
  it("forty helpers that call one another change nothing", async () => {
    const result = await read({
      top: `const f0 = (n: number) => n;\n${repeat(40, (i) => `const f${i + 1} = (n: number) => f${i}(n) + 1;`)}`,
      tree: task("t", "{f40(ctx.input.n)}"),
    });
    expect(result.diagnostics).toEqual([]);
  });

  it("trees that return early exclude one another, and telling so takes no more than writing their conditions", async () => {
    const cost = async (n: number): Promise<number> => {
      const start = process.cpuUsage();
      const { diagnostics } = await read({
        body: repeat(
          n,
          (i) => `if (ctx.input.n === ${i}) return <Workflow name="w">${task("t")}</Workflow>;`,
        ),
        tree: task("t"),
      });
      expect(diagnostics).toEqual([]);
      const { user, system } = process.cpuUsage(start);
      return user + system;
    };
    await cost(50);
    const small = Math.min(await cost(50), await cost(50));
    const large = Math.min(await cost(200), await cost(200));
    expect(large / Math.max(small, 20_000)).toBeLessThan(25);
  }, 60_000);
});

describe("ten thousand problems", () => {
  const wrong = { tree: repeat(10_000, (i) => `<Nope${i} />`) };

  it("are told with place and lines in time linear in their number, and a terminal gets the first thousand", async () => {
    const result = await read(wrong);
    const start = process.cpuUsage();
    const findings = findingsOf(compiler, result, (file) => file);
    const { user } = process.cpuUsage(start);
    expect(findings).toHaveLength(10_000);
    expect(findings.at(-1)!.place!.line).toBe(findings[0]!.place!.line + 9_999);
    expect(findings.at(-1)!.text).toContain("<Nope9999 />");
    expect(user).toBeLessThan(1_500_000);
    const same = (text: string): string => text;
    const text = renderText(findings, new Proxy({}, { get: () => same }) as Parameters<typeof renderText>[1]);
    expect(text.match(/error SM103/g)).toHaveLength(1_000);
    expect(text).toContain("9,000 more");
  });
});
