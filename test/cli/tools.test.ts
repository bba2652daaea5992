/**
 * kill -9 of the engine in the middle of an agent's conversation, and a resume: the conversation goes on, no tool that ended
 * runs again, and of one that was under way the model is told, or people are asked (SEMANTICS 40, 41).
 */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { requirementsOf } from "../../plan/features.ts";
import { seal } from "../../plan/index.ts";
import type { Json, Module } from "../../plan/types.ts";
import { answer, type MessagesServer, messagesServer, type Turn, use } from "../../runtime/agents/testing.ts";
import { planOf, type TestNode } from "../plans.ts";
import { jsonLines, type Scratch, scratch, smithers, start } from "./harness.ts";

let project: Scratch;
let server: MessagesServer;
beforeAll(() => {
  project = scratch();
});
afterAll(() => project.remove());
afterEach(() => server.close());

/** Writes down that it was called; the slow one goes on for a while after that. */
const noting = (name: string, ms: number): Module => ({
  code: [
    'import { appendFileSync } from "node:fs";',
    "export default async ({ file }) => {",
    `  appendFileSync(file, "${name}\\n");`,
    `  await new Promise((done) => setTimeout(done, ${ms}));`,
    `  return "${name} is done";`,
    "};",
  ],
  captures: [],
  externals: {},
  digest: "",
  artifact: "",
});

const own = (name: string, more: { readonly [field: string]: Json } = {}): Json => ({
  tool: "tool",
  name,
  inputSchema: { zod: "z.object({ file: z.string() })" },
  module: name,
  ...more,
});

function planFile(file: string, node: object = {}): string {
  const plan = planOf(
    { ask: { kind: "task", output: "row", agent: "claude", prompt: "Go.", ...node } as TestNode },
    {
      schemas: { row: "z.object({ v: z.number() })" },
      agents: {
        claude: {
          kind: "anthropic",
          options: {
            tools: [
              own("quick"),
              own("slow"),
              own("look", { idempotent: true }),
              own("order", { sideEffect: "once" }),
              { tool: "bash" },
            ],
          },
        },
      },
      modules: {
        quick: noting("quick", 0),
        slow: noting("slow", 20_000),
        look: noting("look", 1_000),
        order: noting("order", 1_000),
      },
    },
  );
  return project.write(file, JSON.stringify(seal({ ...plan, requires: [...requirementsOf(plan).keys()] })));
}

const env = () => ({ ANTHROPIC_API_KEY: "k", ANTHROPIC_BASE_URL: server.url });
const notes = (file: string): string[] =>
  existsSync(path.join(project.dir, file))
    ? readFileSync(path.join(project.dir, file), "utf8").split("\n").slice(0, -1)
    : [];
async function until(holds: () => boolean): Promise<void> {
  for (let tries = 0; !holds(); tries++) {
    expect(tries).toBeLessThan(1_000);
    await sleep(10);
  }
}

let name = 0;
let runId = "";
let file = "";
beforeEach(() => {
  name++;
  runId = `run-${name}`;
  file = `notes-${name}.txt`;
});

/** Runs the plan, and kills the engine once `holds`. */
async function killed(turns: readonly Turn[], holds: () => boolean, node: object = {}): Promise<void> {
  server = await messagesServer(turns);
  const plan = planFile(`${runId}.json`, node);
  const { child, done } = start(["run", plan, "--run-id", runId], project.dir, env());
  await until(holds);
  child.kill("SIGKILL");
  expect((await done).signal).toBe("SIGKILL");
}

async function resumed(...options: string[]) {
  const args = ["resume", runId, "--json", ...options];
  const { stdout, stderr, code } = await smithers(args, project.dir, env());
  return { code, stderr, result: jsonLines(stdout).at(-1) };
}
const lastResult = (): Json => {
  const messages = server.requests.at(-1)?.body.messages as { content: Json }[] | undefined;
  return messages?.at(-1)?.content ?? null;
};
const replays = async () =>
  expect((await smithers(["replay", runId], project.dir)).stdout).toMatch(/identical/);

describe("an engine that is killed", () => {
  it("between two calls: the conversation goes on, and the tool that ended does not run again", async () => {
    const quiet: Turn = { fault: "silent" };
    await killed([use("quick", { file }, "t1"), quiet, answer({ v: 1 })], () => server.requests.length === 2);
    const { code, result } = await resumed();
    expect({ code, result }).toMatchObject({
      code: 0,
      // What was used before the process died was paid for as well.
      result: { status: "finished", totals: { calls: 2, toolCalls: 1, tokens: { input: 20, output: 10 } } },
    });
    expect(notes(file)).toEqual(["quick"]);
    expect(server.requests).toHaveLength(3);
    expect(server.requests[2]?.body.messages).toEqual(server.requests[1]?.body.messages);
    expect(lastResult()).toMatchObject([{ tool_use_id: "t1", content: "quick is done" }]);
    await replays();
  });

  it("counts what its calls had cost: at its limit the run makes no other", async () => {
    // 10 tokens read, 5 written, 2 of the cache: $0.021.
    const prices = { "claude-sonnet-4-5": { input: 1_000, output: 2_000, cacheRead: 500 } };
    project.write("smithers.json", JSON.stringify({ prices }));
    const quiet: Turn = { fault: "silent" };
    await killed([use("quick", { file }, "t1"), quiet, answer({ v: 1 })], () => server.requests.length === 2);
    const { code, result } = await resumed("--max-cost", "0.02");
    expect({ code, result }).toMatchObject({
      code: 3,
      result: { totals: { costUsd: 0.021, pricedCalls: 1 } },
    });
    expect(server.requests).toHaveLength(2);
    const further = await resumed("--max-cost", "1");
    expect(further).toMatchObject({ code: 0, result: { totals: { costUsd: 0.042, pricedCalls: 2 } } });
    await replays();
    project.write("smithers.json", "{}");
  });

  it("while a tool runs: its process ends, it is not repeated, and the model is told that nobody knows", async () => {
    await killed([use("slow", { file }, "t1"), answer({ v: 1 })], () => notes(file).length === 1);
    expect(await resumed()).toMatchObject({ code: 0, result: { status: "finished" } });
    expect(notes(file)).toEqual(["slow"]);
    expect(lastResult()).toMatchObject([
      { is_error: true, content: expect.stringMatching(/nobody knows whether it was done/) },
    ]);
    await replays();
  });

  it("while a command runs: it ends with the engine, and with all that it started", async () => {
    const beating = `while :; do echo beat >> ${file}; sleep 0.01; done`;
    const cmd = `sh -c '${beating}' & ${beating}`;
    await killed([use("bash", { cmd }, "t1"), answer({ v: 1 })], () => notes(file).length > 2);
    const processes = (): string[] =>
      execFileSync("ps", ["-eo", "args"], { encoding: "utf8" })
        .split("\n")
        .filter((line) => line.includes(file));
    await until(() => processes().length === 0);
    const after = notes(file).length;
    expect(await resumed()).toMatchObject({ code: 0, result: { status: "finished" } });
    expect(notes(file)).toHaveLength(after);
    expect(lastResult()).toMatchObject([{ is_error: true, content: expect.stringMatching(/nobody knows/) }]);
  });

  it("while a tool runs that may be done again: it is", async () => {
    await killed([use("look", { file }, "t1"), answer({ v: 1 })], () => notes(file).length === 1);
    expect(await resumed()).toMatchObject({ code: 0, result: { status: "finished" } });
    expect(notes(file)).toEqual(["look", "look"]);
    expect(lastResult()).toMatchObject([{ is_error: false, content: "look is done" }]);
    await replays();
  });

  it("while a tool runs that must not be done twice: people are asked, and it runs no more if they say no", async () => {
    await killed([use("order", { file }, "t1"), answer({ v: 1 })], () => notes(file).length === 1);
    const { code, stderr, result } = await resumed();
    expect({ code, result }).toMatchObject({ code: 3, result: { status: "waiting" } });
    expect(stderr + (await smithers(["inbox"], project.dir)).stdout).toContain(
      "Nobody knows whether the tool order was done",
    );
    expect((await smithers(["deny", runId, "--note", "it came"], project.dir)).code).toBe(0);
    expect(await resumed()).toMatchObject({ code: 0, result: { status: "finished" } });
    expect(notes(file)).toEqual(["order"]);
    expect(lastResult()).toMatchObject([{ is_error: true, content: expect.stringContaining("it came") }]);
    await replays();
  });

  it("with onResume fail: the task fails", async () => {
    const turns = [use("quick", { file }, "t1"), { fault: "silent" } as const];
    await killed(turns, () => server.requests.length === 2, { onResume: "fail" });
    const { code, result } = await resumed();
    expect({ code, result }).toMatchObject({ code: 1, result: { status: "failed" } });
    expect(server.requests).toHaveLength(2);
  });
});

describe("a tool that people have to agree to", () => {
  it("is shown and decided on by the commands", async () => {
    server = await messagesServer([use("quick", { file }, "t1"), answer({ v: 1 })]);
    const text = readFileSync(planFile(`${runId}.json`), "utf8");
    const { integrity: _, ...plan } = JSON.parse(text);
    plan.agents.claude.options.approval = { quick: "always" };
    const sealed = seal({ ...plan, requires: [...requirementsOf(plan).keys()] });
    project.write(`${runId}.json`, JSON.stringify(sealed));
    const run = await smithers(["run", `${runId}.json`, "--run-id", runId], project.dir, env());
    expect(run.code).toBe(3);
    expect(run.stderr).toContain(`smithers approve ${runId} ask`);
    for (const command of [["inbox"], ["why", runId], ["inspect", runId]]) {
      const { stdout } = await smithers(command, project.dir);
      expect([command[0], stdout]).toEqual([command[0], expect.stringMatching(/quick/)]);
    }
    expect(notes(file)).toEqual([]);
    expect((await smithers(["approve", runId, "--by", "ann"], project.dir)).code).toBe(0);
    expect(await resumed()).toMatchObject({ code: 0, result: { status: "finished" } });
    expect(notes(file)).toEqual(["quick"]);
    const { stdout } = await smithers(["events", runId, "--type", "tool.*"], project.dir);
    expect(stdout).toMatch(/tool\.decided[\s\S]*tool\.started[\s\S]*tool\.finished/);
  });
});

describe("an engine that is killed again and again", () => {
  it("ends as if it had not been: no call that ended is made again, one row, the same replay", async () => {
    server = await messagesServer([answer({ v: 0 })]);
    const calls = Array.from({ length: 8 }, (_, n) => ({ name: "mark", input: { n } }));
    const plan = planOf(
      { ask: { kind: "task", output: "row", agent: "claude", prompt: "Go." } as TestNode },
      {
        schemas: { row: "z.object({ v: z.number() })" },
        agents: {
          claude: {
            kind: "anthropic",
            options: {
              tools: [
                own("mark", { inputSchema: { zod: "z.object({ n: z.number() })" }, sideEffect: "once" }),
              ],
              approval: { mark: "always" },
            },
          },
        },
        modules: {
          mark: {
            ...noting("", 0),
            code: [
              'import { appendFileSync } from "node:fs";',
              "export default async ({ n }) => {",
              `  appendFileSync(${JSON.stringify(file)}, n + "\\n");`,
              "  await new Promise((done) => setTimeout(done, 40));",
              "};",
            ],
          },
        },
      },
    );
    project.write(
      `${runId}.json`,
      JSON.stringify(seal({ ...plan, requires: [...requirementsOf(plan).keys()] })),
    );
    // A call of unknown outcome is asked about once more: never twice, whatever was said to the first question.
    const script = {
      answers: [{ node: "ask", tools: calls, reply: { v: 1 } }],
      approvals: [{ node: "ask", approved: true }],
    };
    project.write(`${runId}.script.json`, JSON.stringify(script));
    const given = ["--script", `${runId}.script.json`];
    let code: number | null = null;
    let lives = 0;
    for (let begun = false; code !== 0; lives++) {
      expect(lives).toBeLessThan(60);
      const args = begun
        ? ["resume", runId, ...given]
        : ["run", `${runId}.json`, "--run-id", runId, ...given];
      const { child, done } = start(args, project.dir);
      // From its first word on, which says that it has the run.
      child.stderr?.once("data", () => setTimeout(() => child.kill("SIGKILL"), Math.random() * 700));
      ({ code } = await done);
      begun = existsSync(path.join(project.dir, ".smithers/runs", runId, "store/store.db"));
    }
    const { stdout } = await smithers(["events", runId, "--json", "--type", "tool.*"], project.dir);
    const told = jsonLines(stdout);
    const ended = told.filter(({ type }) => type === "tool.finished");
    // Each ended once, and was begun once for each time that somebody agreed.
    expect(ended.map(({ data }) => (data as { ok: boolean }).ok)).toEqual(calls.map(() => true));
    const agreed = told.filter(({ type }) => type === "tool.decided").length;
    const began = told.filter(({ type }) => type === "tool.started").length;
    expect(began).toBe(agreed);
    expect(notes(file).length).toBeLessThanOrEqual(began);
    expect([...new Set(notes(file))].map(Number)).toEqual(calls.map(({ input }) => input.n));
    await replays();
  }, 240_000);
});
