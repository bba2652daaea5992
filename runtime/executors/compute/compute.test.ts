/** Compute tasks in processes of their own: what they get and give, and that they go wrong alone (SEMANTICS 49). */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Json } from "../../../plan/types.ts";
import type { AttemptContext, AttemptResult } from "../executor.ts";
import { OutputParser } from "../output.ts";
import { testContext, testPlan } from "../testing.ts";
import { birthOf, endProcess } from "./birth.ts";
import { ComputeExecutor, type ComputeOptions, encodeCapture } from "./index.ts";

let cwd: string;
let open: ComputeExecutor[] = [];

beforeAll(() => {
  cwd = mkdtempSync(path.join(tmpdir(), "smithers-compute-"));
});
afterEach(async () => {
  await Promise.all(open.map((executor) => executor.close()));
  open = [];
});
afterAll(() => rmSync(cwd, { recursive: true, force: true }));

function executor(options: ComputeOptions = {}): ComputeExecutor {
  const made = new ComputeExecutor(new OutputParser(), { maxWorkers: 2, ...options });
  open.push(made);
  return made;
}

interface Options extends Partial<Pick<AttemptContext, "signal" | "started">> {
  readonly captures?: { readonly [name: string]: unknown };
  readonly ctx?: Json;
  readonly schema?: string;
  readonly schemas?: { readonly [name: string]: string };
}

function start(
  on: ComputeExecutor,
  code: string,
  { captures = {}, ctx = null, schema, schemas, ...options }: Options = {},
) {
  const plan = testPlan({
    modules: { work: code },
    captures: Object.keys(captures),
    ...(schemas === undefined ? {} : { schemas }),
  });
  const context = testContext(plan, { cwd, ...options });
  const result = on.execute(
    {
      kind: "compute",
      module: "work",
      captures: Object.values(captures).map((value) => encodeCapture(value)),
      ctx,
      schema: schema ?? null,
    },
    context,
  );
  return { result, context };
}

const run = (on: ComputeExecutor, code: string, options?: Options): Promise<AttemptResult> =>
  start(on, code, options).result;

const fn = (body: string): string => `export default async (captures, ctx, task) => { ${body} };`;

const gone = async (pid: number): Promise<boolean> => {
  for (let tries = 0; tries < 100; tries++) {
    if (birthOf(pid) === null) return true;
    await sleep(50);
  }
  return false;
};

describe("a compute task", () => {
  it("returns its result as JSON", async () => {
    expect(
      await run(executor(), fn("return { n: 1.5, at: new Date(0), gone: undefined, list: [1, null] };")),
    ).toEqual({
      ok: true,
      raw: { n: 1.5, at: "1970-01-01T00:00:00.000Z", list: [1, null] },
      value: { n: 1.5, at: "1970-01-01T00:00:00.000Z", list: [1, null] },
    });
    expect(await run(executor(), fn(""))).toMatchObject({ ok: true, raw: null });
  });

  it("takes captures of every transferable type by name", async () => {
    const captures = {
      map: new Map<unknown, unknown>([["a", new Set([1])]]),
      at: new Date(5),
      nothing: undefined,
      zero: -0,
      nan: Number.NaN,
      odd: { $: "Map", ["__proto__"]: 1 },
      re: /a+/gi,
    };
    const code = fn(`
      const { map, at, nothing, zero, nan, odd, re } = captures;
      return [map.get("a").has(1), at.getTime(), nothing === undefined, Object.is(zero, -0), Number.isNaN(nan),
        odd.$, re.flags, "nothing" in captures];`);
    expect(await run(executor(), code, { captures })).toMatchObject({
      raw: [true, 5, true, true, true, "Map", "gi", true],
    });
  });

  it("sees a frozen ctx and the names of its task", async () => {
    const ctx = {
      input: { limit: 3 },
      runId: "run-1",
      iteration: 1,
      outputs: {
        row: [
          { id: "a", nodeId: "n", iteration: 0 },
          { id: "b", nodeId: "n", iteration: 1 },
          { id: "c", nodeId: "n", iteration: 2 },
        ],
      },
      current: { row: { n: { maybe: 1, own: 1, count: 3, at: { 0: 0, 1: 1, 2: 2 } } } },
    };
    const code = fn(`
      let frozen = false;
      try { ctx.input.limit = 4; } catch { frozen = true; }
      return {
        frozen, limit: ctx.input.limit, run: task.runId, node: task.nodeId, attempt: task.attempt,
        own: ctx.output("row", { nodeId: "n" }), exact: ctx.outputMaybe("row", { nodeId: "n", iteration: 2 }),
        none: ctx.latest("row", "other") === undefined, count: ctx.outputs.row.length + ctx.outputs("row").length,
        runs: ctx.iterationCount("row", "n"),
      };`);
    expect(await run(executor(), code, { ctx })).toMatchObject({
      ok: true,
      raw: {
        frozen: true,
        limit: 3,
        run: "run-1",
        node: "node",
        attempt: 1,
        own: { id: "b" },
        exact: { id: "c" },
        none: true,
        count: 6,
        runs: 3,
      },
    });
  });

  it("resolves packages from the project root", async () => {
    const folder = path.join(cwd, "node_modules/left");
    mkdirSync(folder, { recursive: true });
    writeFileSync(
      path.join(folder, "package.json"),
      '{"name":"left","type":"module","exports":"./index.js"}',
    );
    writeFileSync(path.join(folder, "index.js"), "export const left = (text) => '<' + text;");
    expect(
      await run(executor(), 'import { left } from "left";\nexport default () => left("x") + process.cwd();'),
    ).toMatchObject({ ok: true, raw: `<x${cwd}` });
  });

  it("reports what it prints and logs, before its result", async () => {
    const { result, context } = start(
      executor(),
      fn(
        'console.log("a"); console.error("b"); process.stdout.write("c"); task.log("d", { e: 1 }); return 1;',
      ),
    );
    await result;
    expect([...context.events].sort((a, b) => a.type.localeCompare(b.type))).toEqual([
      { type: "task.log", data: { message: "d", data: { e: 1 } } },
      { type: "task.stderr", data: { line: "b" } },
      { type: "task.stdout", data: { line: "a" } },
      { type: "task.stdout", data: { line: "c" } },
    ]);
  });

  it("logs what has no JSON form without failing", async () => {
    const { result, context } = start(
      executor(),
      fn("task.log('odd', { big: 1n }); task.log('map', new Map()); return 1;"),
    );
    expect(await result).toMatchObject({ ok: true });
    expect(context.events).toEqual([
      { type: "task.log", data: { message: "odd", data: "[object Object]" } },
      { type: "task.log", data: { message: "map", data: "{}" } },
    ]);
  });

  it("takes and gives megabytes, whatever the characters", async () => {
    const big = "é😀\n\u2028".repeat(300_000);
    expect(await run(executor(), fn("return { back: captures.big };"), { captures: { big } })).toEqual({
      ok: true,
      raw: { back: big },
      value: { back: big },
    });
  });

  it("that prints without end does not fill the journal", async () => {
    const code = fn("for (let i = 0; i < 20_000; i++) console.log(i); return 1;");
    const { result, context } = start(executor(), code);
    expect(await result).toMatchObject({ ok: true });
    expect(context.events).toHaveLength(10_001);
    expect(context.events.at(-1)).toMatchObject({
      type: "task.log",
      data: { message: expect.stringContaining("left out") },
    });
  });

  it("starts only when its process is recorded", async () => {
    let recorded = false;
    const code = fn("return process.pid;");
    const { result, context } = start(executor(), code, {
      started: async ({ pid, birth }) => {
        expect(birthOf(pid)).toBe(birth);
        await sleep(30);
        recorded = true;
      },
    });
    const outcome = await result;
    expect(recorded).toBe(true);
    expect(outcome).toMatchObject({ ok: true });
    expect(context.pids).toEqual([]);
  });
});

describe("a task that goes wrong fails alone", () => {
  const good = fn("return 'fine';");

  it.each([
    ["throws", fn("throw new TypeError('broken');"), "THROWN", /TypeError: broken/],
    ["throws a string", fn("throw 'odd';"), "THROWN", /odd/],
    ["does not parse", "export default (", "THROWN", /SyntaxError/],
    ["has no default export", "export const a = 1;", "THROWN", /default export/],
    ["exits", fn("process.exit(7);"), "EXIT", /exit code 7/],
    [
      "is killed",
      fn("process.kill(process.pid, 'SIGKILL'); await new Promise(() => {});"),
      "EXIT",
      /SIGKILL/,
    ],
    ["rejects unseen", fn("Promise.reject(new Error('unseen')); return 1;"), "THROWN", /unseen/],
    [
      "throws in a timer",
      fn("setTimeout(() => { throw new Error('timer'); }); await new Promise(() => {});"),
      "THROWN",
      /timer/,
    ],
    ["returns a Map", fn("return { a: [new Map()] };"), "OUTPUT_INVALID", /\.a\[0\] is a Map/],
    ["returns a cycle", fn("const a = {}; a.a = a; return a;"), "OUTPUT_INVALID", /part of itself/],
  ])("%s", async (_, code, expected, message) => {
    const on = executor({ maxWorkers: 1 });
    expect(await run(on, code)).toMatchObject({
      ok: false,
      error: { code: expected, message: expect.stringMatching(message), retryable: true },
    });
    expect(await run(on, good)).toMatchObject({ ok: true, raw: "fine" });
  });

  it("runs out of memory", async () => {
    const on = executor({ maxWorkers: 1, execArgv: ["--max-old-space-size=32"] });
    const code = fn("const all = []; for (;;) all.push(new Array(1000).fill({}).map(() => ({ a: [1] })));");
    expect(await run(on, code)).toMatchObject({
      ok: false,
      error: { code: "EXIT", message: expect.stringMatching(/out of memory/) },
    });
    expect(await run(on, good)).toMatchObject({ ok: true });
  });

  it("names the module's own line", async () => {
    const code = "const inner = () => {\n  throw new Error('here');\n};\nexport default () => inner();";
    const result = await run(executor(), code);
    if (result.ok) throw new Error("it should have failed");
    expect(result.error.stack).toMatch(/at inner \(work-[0-9a-f]+\.mjs:2:9\)/);
    expect(result.error.stack).not.toContain("worker/main.mjs");
  });

  it("fails its schema with path and expectation", async () => {
    const result = await run(executor(), fn("return { items: [{ id: 3 }] };"), {
      schema: "row",
      schemas: { row: "z.object({ items: z.array(z.object({ id: z.string() })) })" },
    });
    expect(result).toMatchObject({
      ok: false,
      error: {
        code: "OUTPUT_INVALID",
        message: expect.stringMatching(/schema row:\n- items\[0\]\.id: .*expected string, received number/),
      },
    });
  });

  it("an endless loop ends by timeout, with everything it started", async () => {
    const on = executor({ maxWorkers: 1, graceMs: 50 });
    const code = `import { spawn } from "node:child_process";
      export default () => {
        const child = spawn("sleep", ["100"], { stdio: "ignore" });
        console.log(child.pid);
        for (;;) {}
      };`;
    await run(on, good);
    const { result, context } = start(on, code, { signal: AbortSignal.timeout(500) });
    expect(await result).toMatchObject({ ok: false, error: { code: "TIMEOUT", retryable: true } });
    const child = Number(context.events.find((event) => event.type === "task.stdout")?.data.line);
    expect(child).toBeGreaterThan(0);
    expect(await gone(child)).toBe(true);
    expect(await gone(context.pids[0]!)).toBe(true);
    expect(await run(on, good)).toMatchObject({ ok: true });
  });

  it("a cancelled task sees its signal", async () => {
    const controller = new AbortController();
    const code = fn(`
      console.log("started");
      await new Promise((resolve) => task.signal.addEventListener("abort", resolve));
      console.log("seen " + task.signal.reason.message);`);
    const { result, context } = start(executor({ graceMs: 5_000 }), code, { signal: controller.signal });
    await expect.poll(() => context.events, { timeout: 10_000 }).toHaveLength(1);
    controller.abort(new Error("enough"));
    expect(await result).toMatchObject({ ok: false, error: { code: "CANCELLED", retryable: false } });
    expect(context.events).toContainEqual({ type: "task.stdout", data: { line: "seen enough" } });
  });

  it("a project directory that does not exist is an error", async () => {
    const on = executor();
    const plan = testPlan({ modules: { work: good } });
    const file = path.join(cwd, "plain-file");
    writeFileSync(file, "");
    expect(
      await on.execute(
        { kind: "compute", module: "work", captures: [], ctx: null, schema: null },
        testContext(plan, { cwd: file }),
      ),
    ).toMatchObject({ ok: false, error: { code: "IO" } });
  });
});

describe("worker processes", () => {
  const pid = fn("return process.pid;");

  it("are used again while they are as they were", async () => {
    const on = executor({ maxWorkers: 1 });
    const first = await run(on, pid);
    expect(
      await run(on, fn("console.log('x'); await new Promise((r) => setTimeout(r, 5)); return process.pid;")),
    ).toEqual(first);
    expect(await run(on, pid)).toEqual(first);
  });

  it.each([
    ["a timer", "setInterval(() => {}, 1000);"],
    ["a server", "const net = await import('node:net'); net.createServer().listen(0);"],
    ["another directory", "process.chdir('/');"],
    ["another environment", "process.env.LEFT = '1';"],
    [
      "a child",
      "const c = await import('node:child_process'); c.spawn('sleep', ['5'], { stdio: 'ignore' });",
    ],
  ])("are replaced after %s was left behind", async (_, body) => {
    const on = executor({ maxWorkers: 1 });
    const first = await run(on, fn(`${body} return process.pid;`));
    const second = await run(on, fn("return [process.pid, process.cwd(), process.env.LEFT ?? null];"));
    if (!first.ok || !second.ok) throw new Error("both should have worked");
    expect(second.raw).toEqual([expect.any(Number), cwd, null]);
    expect((second.raw as readonly Json[])[0]).not.toBe(first.raw);
    expect(await gone(Number(first.raw))).toBe(true);
  });

  it("a late error is not blamed on the task that runs then", async () => {
    const on = executor({ maxWorkers: 1 });
    // An unreferenced timer is invisible to the check for what was left behind.
    const late = fn("setTimeout(() => { throw new Error('late'); }, 300).unref(); return process.pid;");
    const lateRejection = fn(
      "setTimeout(() => { Promise.reject(new Error('late')); }, 300).unref(); return process.pid;",
    );
    for (const code of [late, lateRejection]) {
      const first = await run(on, code);
      const second = start(on, fn("await new Promise((r) => setTimeout(r, 700)); return process.pid;"));
      expect(await second.result).toEqual(first);
      expect(second.context.events).toContainEqual({
        type: "task.stderr",
        data: { line: expect.stringContaining("already ended threw") },
      });
      expect(await run(on, pid)).not.toEqual(first);
    }
  });

  it("run side by side, no more than allowed", async () => {
    const on = executor({ maxWorkers: 2 });
    // Each of the first two ends only when the other has begun.
    const meet = (own: string, other: string) => `import { existsSync, writeFileSync } from "node:fs";
      export default async () => {
        writeFileSync("${own}", "");
        while (!existsSync("${other}")) await new Promise((resolve) => setTimeout(resolve, 5));
        return process.pid;
      };`;
    const tasks = [meet("one", "two"), meet("two", "one"), pid, pid, pid];
    const results = await Promise.all(tasks.map((code) => run(on, code)));
    const pids = new Set(results.map((result) => (result.ok ? result.raw : "failed")));
    expect(pids.size).toBe(2);
  });

  it("a waiting task can be cancelled", async () => {
    const on = executor({ maxWorkers: 1 });
    const first = run(on, fn("await new Promise((r) => setTimeout(r, 200)); return 1;"));
    expect(await run(on, pid, { signal: AbortSignal.timeout(50) })).toMatchObject({
      error: { code: "TIMEOUT" },
    });
    expect(await first).toMatchObject({ ok: true });
  });

  it("end with the executor", async () => {
    const on = executor();
    const first = await run(on, pid);
    await on.close();
    expect(first.ok && (await gone(Number(first.raw)))).toBe(true);
    expect(await run(on, pid)).toMatchObject({ ok: false, error: { code: "CANCELLED" } });
  });

  it("endProcess ends the recorded process and no other", async () => {
    const on = executor();
    const first = await run(on, pid);
    if (!first.ok) throw new Error("it should have worked");
    const own = Number(first.raw);
    const birth = birthOf(own)!;
    expect(endProcess({ pid: own, birth: `${birth}0` })).toBe(false);
    expect(birthOf(own)).toBe(birth);
    expect(endProcess({ pid: own, birth })).toBe(true);
    expect(await gone(own)).toBe(true);
    // The engine notices within a moment, and the next task gets another process.
    await sleep(60);
    expect(await run(on, pid)).toMatchObject({ ok: true });
  });
});
